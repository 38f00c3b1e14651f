import { EmotionRecognizer } from "../index.js"

await EmotionRecognizer.load()
