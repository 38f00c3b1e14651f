/** Find the faces of an image, cut them out, and read them: what the worker does. */
import { Classifier } from "./classify/classifier.js"
import { EMOTIONS, type Emotion, type Probabilities } from "./emotions.js"
import { FerliteError } from "./errors.js"
import { Appearance } from "./faces/appearance.js"
import { BlazeFace } from "./faces/blazeface.js"
import { crop } from "./faces/crop.js"
import type { Detection } from "./faces/detection.js"
import type { Face } from "./faces/face.js"
import { People } from "./faces/people.js"
import { PNet } from "./faces/pnet.js"
import { Smoother } from "./faces/smooth.js"
import { Tracks } from "./faces/track.js"
import { fetchModels } from "./files.js"
import { Network } from "./network.js"
import { largestFirst, roundHalfEven } from "./numbers.js"
import type { Backend, Model, TrackerOptions } from "./options.js"
import type { Pixels } from "./pixels.js"
import type { Loading } from "./protocol.js"
import { start } from "./runtime.js"

/** Those whose operators WebGPU has; there are none for int8. */
const FLOAT32: Model[] = ["ferlite_s"]

export class Recognizer {
  readonly #detector: BlazeFace
  readonly #classifier: Classifier
  readonly #appearance: Appearance
  readonly backend: Backend

  private constructor(detector: BlazeFace, classifier: Classifier, appearance: Appearance, backend: Backend) {
    this.#detector = detector
    this.#classifier = classifier
    this.#appearance = appearance
    this.backend = backend
  }

  static async load(
    { models, model = "ferlite_s_int8", labels, backend: asked, minScore, minSize }: Loading,
    onProgress: (loaded: number, total: number) => void,
  ): Promise<Recognizer> {
    const { ort, backend } = await start(asked)
    const files = await fetchModels(models, ["blazeface", "pnet", model, "appearance"], onProgress)
    const suspect = new PNet(await Network.load(files[1], ort, backend))
    const detector = new BlazeFace(await Network.load(files[0], ort, backend), suspect, minScore, minSize)
    const reader = await Network.load(files[2], ort, FLOAT32.includes(model) ? backend : "wasm")
    return new Recognizer(detector, new Classifier(reader, labels), new Appearance(files[3]), backend)
  }

  /** The faces of an image, largest first. */
  async recognize(image: Pixels): Promise<Face[]> {
    const found = await this.#detect(image)
    const shown = await this.#classify(image, found)
    return found.map((face, i) => answer(face, shown[i], null))
  }

  /** Begin to read a video or camera. */
  track(options: TrackerOptions): Tracking {
    return new Tracking(
      (image) => this.#detect(image),
      (image, faces) => this.#classify(image, faces),
      this.#appearance,
      options,
    )
  }

  async #detect(image: Pixels): Promise<Detection[]> {
    const found = await this.#detector.detect(image)
    return largestFirst(found.map(({ box }) => box[2] * box[3])).map((at) => found[at])
  }

  /** The probabilities of each face, in the order of `EMOTIONS`. */
  async #classify(image: Pixels, faces: Detection[]): Promise<number[][]> {
    if (faces.length === 0) return []
    return this.#classifier.classify(
      faces.map(({ box, angle }) => crop(image, box, this.#classifier.size, angle)),
    )
  }
}

/** One video or camera on its way through a recognizer, frame by frame; as ferlite.stream. */
export class Tracking {
  readonly #tracks: Tracks
  readonly #classify: (image: Pixels, faces: Detection[]) => Promise<number[][]>
  readonly #smoother: Smoother
  readonly #people: People | undefined
  #seconds = -Infinity

  constructor(
    detect: (image: Pixels) => Promise<Detection[]>,
    classify: (image: Pixels, faces: Detection[]) => Promise<number[][]>,
    appearance: Appearance,
    { every = 1, halfLife = 0.3, people = "auto" }: TrackerOptions,
  ) {
    if (people !== "auto" && people !== "off") {
      throw new FerliteError(`people must be auto or off, not "${people}"`)
    }
    this.#tracks = new Tracks(detect, (image, box, angle) => appearance.describe(image, box, angle), every)
    this.#classify = classify
    this.#smoother = new Smoother(halfLife)
    this.#people = people === "auto" ? new People() : undefined
  }

  /** The faces of the next frame, in the order of their `track_id`. */
  async update(image: Pixels, seconds: number): Promise<Face[]> {
    if (!Number.isFinite(seconds)) {
      throw new FerliteError(`the time of a frame must be a number of seconds, not ${seconds}`)
    }
    if (seconds < this.#seconds) {
      throw new FerliteError(`the times of frames must not run backwards: ${seconds} after ${this.#seconds}`)
    }
    this.#seconds = seconds
    const found = await this.#tracks.next(image, seconds)
    const people = this.#people?.next(seconds, found, this.#tracks.alive)
    const shown = await this.#classify(image, found)
    return found.map((face, i) => ({
      ...answer(face, this.#smoother.smooth(face.trackId, seconds, shown[i]), face.trackId),
      ...(people && { person: people[i] }),
      raw: named(shown[i]),
    }))
  }
}

function answer({ box, score }: Detection, shown: number[], trackId: number | null): Face {
  const [best] = largestFirst(shown)
  const [x, y, w, h] = box.map(roundHalfEven)
  return {
    box: [x, y, w, h],
    detection_score: score,
    emotion: EMOTIONS[best],
    confidence: shown[best],
    probabilities: named(shown),
    track_id: trackId,
  }
}

function named(shown: number[]): Probabilities {
  const pairs = EMOTIONS.map((emotion, i) => [emotion, shown[i]] satisfies [Emotion, number])
  return Object.fromEntries(pairs) as Probabilities
}
