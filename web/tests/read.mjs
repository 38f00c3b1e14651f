/**
 * Reads images with the built library in a real browser; tests/web/test_library.py compares what it
 * prints with what Python reads in the same files.
 *
 * Takes JSON on standard input: `folder` with the images; `images`, their names, which `model` reads;
 * for the default model `frames`, names of a video's frames, and `times`, in seconds; `camera`, a video for a camera that shows it; and
 * `wrong`, options that make no sense.
 */
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { ISOLATED, launch, POLICY, serve } from "./browser.mjs"

const job = JSON.parse(await text(process.stdin))
const { server, origin } = await serve(
  { dist: fileURLToPath(new URL("../dist", import.meta.url)), images: job.folder },
  { "Content-Security-Policy": POLICY, ...(job.threads && ISOLATED) },
)
const browser = await launch(
  job.camera
    ? [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-video-capture=${job.camera}`,
      ]
    : [],
)
try {
  const page = await browser.newPage()
  const requests = []
  const problems = []
  page.context().on("request", (request) => requests.push(request.url()))
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
  page.on("pageerror", (error) => problems.push(`${error}`))
  await page.goto(`${origin}/blank`)
  const answer = await page.evaluate(readAll, job)
  console.log(JSON.stringify({ origin, requests, problems, ...answer }))
} finally {
  await browser.close()
  server.close()
}

/** Runs in the page. */
async function readAll({ images, model, frames, times, camera, wrong }) {
  const { EmotionRecognizer } = await import("/dist/ferlite-web.js")
  const progress = []
  const accurate = await EmotionRecognizer.load({
    model,
    onProgress: (loaded, total) => progress.push([loaded, total]),
  })
  const image = async (name) => {
    const element = new Image()
    element.src = `/images/${name}`
    await element.decode()
    return element
  }
  const faces = []
  for (const name of images) {
    faces.push(await accurate.recognize(await image(name)))
  }
  accurate.dispose()
  const after = await accurate.recognize(new ImageData(1, 1)).catch((error) => error.message)
  const recognizer = await EmotionRecognizer.load()
  const tracker = recognizer.tracker()
  const tracked = []
  for (const [i, name] of frames.entries()) tracked.push(await tracker.update(await image(name), times[i]))
  const seen = []
  if (camera) {
    const video = document.createElement("video")
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true })
    await video.play()
    const live = recognizer.tracker()
    for (let i = 0; i < 10; i++) {
      seen.push(await live.update(video, video.currentTime))
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    for (const track of video.srcObject.getTracks()) track.stop()
  }
  recognizer.dispose()
  const said = []
  for (const options of wrong) {
    await EmotionRecognizer.load(options).catch((error) => said.push(error.message))
  }
  return {
    backend: recognizer.backend,
    faces,
    tracked,
    seen,
    progress: progress.at(-1),
    after,
    wrong: said,
  }
}
