/** The library: find the faces of an image, canvas, video or camera, and read their emotions. */
import { FerliteError } from "./errors.js"
import type { Face } from "./faces/face.js"
import type { Backend, Options, TrackerOptions } from "./options.js"
import type { Answer, Call, Sent } from "./protocol.js"

export { EMOTIONS, type Emotion, type Probabilities } from "./emotions.js"
export { FerliteError } from "./errors.js"
export type { Face } from "./faces/face.js"
export type { Backend, Labels, Model, Options, TrackerOptions } from "./options.js"

/** What faces are read from. A video gives the frame that it shows. */
export type Source =
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | HTMLVideoElement
  | VideoFrame
  | ImageData

/**
 * Reads the emotions in images. Load one and keep it.
 *
 * The work is done in a worker, so a page stays responsive. Images are read one after the other, in
 * the order of the calls.
 *
 * ```ts
 * const recognizer = await EmotionRecognizer.load()
 * const faces = await recognizer.recognize(document.querySelector("img")!)
 * ```
 */
export class EmotionRecognizer {
  readonly #worker: Remote
  /** What computes. */
  readonly backend: Backend

  private constructor(worker: Remote, backend: Backend) {
    this.#worker = worker
    this.backend = backend
  }

  /**
   * Fetches the model files, checks them, and starts the worker.
   *
   * @throws FerliteError a file is missing or damaged, or an option makes no sense.
   */
  static async load(options: Options = {}): Promise<EmotionRecognizer> {
    const { onProgress, ...others } = options
    const worker = new Remote(onProgress)
    try {
      // The build puts this file into a folder beside that of the models.
      const models = options.models
        ? new URL(options.models, document.baseURI)
        : new URL("../models/", import.meta.url)
      const backend = await worker.call<Backend>({ to: "load", options: { ...others, models: models.href } })
      return new EmotionRecognizer(worker, backend)
    } catch (error) {
      worker.end()
      throw error
    }
  }

  /**
   * Reads every face of an image, largest first; an empty list where none is found.
   *
   * @throws FerliteError the source has no pixels, or none that this page may read.
   */
  async recognize(source: Source): Promise<Face[]> {
    const image = await sent(source)
    return this.#worker.call({ to: "recognize", image }, [transferred(image)])
  }

  /** Begins to read a video or camera whose frames you will give one by one. */
  tracker(options: TrackerOptions = {}): Tracker {
    return new Tracker(this.#worker, options)
  }

  /** Ends the worker and frees its memory; what was asked before and is not answered yet fails. */
  dispose(): void {
    this.#worker.end()
  }
}

/** One video or camera on its way through a recognizer; `EmotionRecognizer.tracker` makes one. */
export class Tracker {
  readonly #worker: Remote
  readonly #id: number
  readonly #begun: Promise<void>

  /** @internal */
  constructor(worker: Remote, options: TrackerOptions) {
    this.#worker = worker
    this.#id = worker.newId()
    this.#begun = worker.call({ to: "begin", tracker: this.#id, options })
    this.#begun.catch(() => {}) // told at the first update
  }

  /**
   * Reads the faces of the next frame, in the order of their `track_id`.
   *
   * @param seconds the frame's time from any beginning; it must not run backwards.
   * @throws FerliteError as `recognize`, or the time makes no sense.
   */
  async update(source: Source, seconds: number): Promise<Face[]> {
    const image = await sent(source)
    await this.#begun
    return this.#worker.call({ to: "update", tracker: this.#id, image, seconds }, [transferred(image)])
  }

  /** Forgets the video. */
  dispose(): void {
    this.#worker.call({ to: "forget", tracker: this.#id }).catch(() => {})
  }
}

/** The worker, seen from here: a call is a message there and another one back. */
class Remote {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (why: Error) => void }>()
  #calls = 0
  #ids = 0
  #ended: string | undefined

  constructor(onProgress?: (loaded: number, total: number) => void) {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ("loaded" in data) {
        onProgress?.(data.loaded, data.total)
        return
      }
      const waits = this.#waiting.get(data.call)
      this.#waiting.delete(data.call)
      if ("error" in data) waits?.reject(new FerliteError(data.error))
      else waits?.resolve(data.value as never)
    }
    this.#worker.onerror = (event) =>
      this.end(`the worker failed: ${event.message ?? "its file cannot be loaded"}`)
  }

  newId(): number {
    return ++this.#ids
  }

  call<T>(call: Call, transfer: Transferable[] = []): Promise<T> {
    if (this.#ended) return Promise.reject(new FerliteError(this.#ended))
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(++this.#calls, { resolve, reject })
      this.#worker.postMessage({ ...call, call: this.#calls }, transfer)
    })
  }

  end(why = "the recognizer was disposed of; load another one"): void {
    this.#ended ??= why
    this.#worker.terminate()
    for (const { reject } of this.#waiting.values()) reject(new FerliteError(why))
    this.#waiting.clear()
  }
}

/** The pixels of a source in a form that can be handed to the worker; the source stays as it is. */
async function sent(source: Source): Promise<Sent> {
  if (source instanceof ImageData) {
    return { data: source.data.slice(), width: source.width, height: source.height }
  }
  if (typeof VideoFrame !== "undefined" && source instanceof VideoFrame) return source.clone()
  try {
    // As in Python, a photo's colour profile is not applied.
    return await createImageBitmap(source, { colorSpaceConversion: "none" })
  } catch (error) {
    throw new FerliteError(`the image cannot be read; wait until it has loaded (${(error as Error).message})`)
  }
}

function transferred(image: Sent): Transferable {
  return "data" in image ? image.data.buffer : image
}
