/** A video or a camera: frames are read as they are shown, as many as this device can. */

import type { EmotionRecognizer, Face, Tracker } from "../index.js"
import { announce, mention } from "./announce.js"
import { make, the } from "./dom.js"
import type { Faces } from "./faces.js"
import { Recording } from "./recording.js"
import * as stage from "./stage.js"
import { Timeline } from "./timeline.js"
import { badModel, clock, told } from "./words.js"

/** In seconds: so much of a camera's time is drawn. */
const WINDOW = 60
/** Milliseconds between two drawings of what a camera has seen. */
const DRAW_EVERY = 250

export class Moving {
  readonly table: string
  private readonly timeline: Timeline
  private recording: Recording
  private recognizer: EmotionRecognizer | null = null
  private tracker: Tracker | null = null
  private began = performance.now()
  private drawn = 0
  private closed = false
  private stopped = false
  private reading = false
  private readonly reads: number[] = []

  /**
   * @param video plays already, or can.
   * @param name of the file; null for a camera.
   */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly name: string | null,
    private readonly mirrored: boolean,
    private readonly faces: Faces,
    private readonly state: (text: string) => void,
    private readonly ready: () => void,
  ) {
    this.table = name === null ? "camera.csv" : `${name.replace(/\.[^.]*$/, "")}.csv`
    this.recording = this.fresh()
    stage.show(video, mirrored)
    document.body.classList.add("moving")
    the("people").hidden = false
    the("span").textContent = name === null ? "The last minute" : "Over time"
    this.timeline = new Timeline(name === null ? null : (share) => this.seek(share))
    video.addEventListener("ended", this.ended)
    video.addEventListener("pause", this.paused)
  }

  /** Begin to read, or begin anew with another recognizer. */
  async read(loading: Promise<EmotionRecognizer>): Promise<void> {
    const recognizer = await loading
    if (this.closed || this.stopped) return
    const first = this.recognizer === null
    this.recognizer = recognizer
    this.restart()
    this.state("Reading")
    if (!first) return
    // The first frame is read before it plays, so that what takes long at the beginning is not missed.
    if (this.name === null) this.next()
    else await this.frame(this.video.currentTime)
    if (!this.closed && this.name !== null) await this.video.play().catch(() => {}) // they press play
  }

  csv(): Blob {
    return this.recording.csv()
  }

  /** Read no more, and keep what was read. */
  stop(): void {
    this.stopped = true
    this.state(`${clock(Math.max(0, this.recording.end))} read`)
    this.draw()
  }

  close(): void {
    this.closed = true
    this.video.pause()
    this.video.removeEventListener("ended", this.ended)
    this.video.removeEventListener("pause", this.paused)
    if (this.video.src) URL.revokeObjectURL(this.video.src)
    this.video.removeAttribute("src")
    this.timeline.close()
    the("people").hidden = true
    document.body.classList.remove("moving")
  }

  private next(): void {
    this.video.requestVideoFrameCallback((now, { mediaTime }) => {
      void this.frame(this.name === null ? (now - this.began) / 1000 : mediaTime)
    })
  }

  private async frame(time: number): Promise<void> {
    if (this.closed || this.stopped) return
    let shown: readonly Face[] | null = null
    if (time <= this.recording.end) {
      shown = this.recording.at(time)
      if (shown === null) this.restart() // a part that was skipped before: read from here
    }
    if (shown === null) {
      const { recording } = this
      this.reading = true
      try {
        shown = await this.tracker!.update(this.video, time)
      } catch (error) {
        // Another recognizer may have taken over meanwhile.
        if (recording === this.recording) stage.fail(badModel(error))
        else if (!this.closed) this.next()
        return
      } finally {
        this.reading = false
      }
      if (this.closed || this.stopped) return
      if (recording === this.recording) {
        recording.add(time, shown, this.video)
        if (this.video.paused) this.paused()
        else this.measure()
        this.ready()
      }
    }
    this.faces.show(shown, this.video, true, this.mirrored)
    mention(told(shown))
    const now = performance.now()
    if (this.name !== null || now - this.drawn > DRAW_EVERY) {
      this.drawn = now
      this.draw()
    }
    this.next()
  }

  private draw(): void {
    const end = Math.max(0, this.recording.end)
    if (this.name === null) {
      this.timeline.draw(this.recording, end - WINDOW, end, null)
    } else {
      this.timeline.draw(this.recording, 0, this.length(end), this.video.currentTime)
    }
  }

  /** The length of the video; of one that does not know it, more than was seen of it. */
  private length(end: number): number {
    const { duration } = this.video
    return Number.isFinite(duration) && duration > 0 ? duration : 2 ** Math.ceil(Math.log2(end + 8))
  }

  private seek(share: number): void {
    this.video.currentTime = share * this.length(Math.max(0, this.recording.end))
  }

  private measure(): void {
    const now = performance.now()
    this.reads.push(now)
    while (now - this.reads[0]! > 2000) this.reads.shift()
    const rate = (1000 * (this.reads.length - 1)) / (now - this.reads[0]!)
    if (this.reads.length > 4) this.state(`Reading ${Math.round(rate)} frames a second`)
  }

  private fresh(): Recording {
    return new Recording(this.name !== null, this.name === null ? WINDOW : Infinity)
  }

  private restart(): void {
    this.tracker = this.recognizer!.tracker()
    this.recording = this.fresh()
    this.timeline.clear()
    this.began = performance.now()
  }

  private readonly paused = (): void => {
    if (this.name !== null && !this.reading) this.state(`${this.recording.frames} frames read`)
  }

  private readonly ended = (): void => {
    const people = [...this.recording.people.values()].map(({ number, mostly }) =>
      mostly === null ? `person ${number}` : `person ${number} mostly ${mostly[0]}`,
    )
    announce(`The video has ended: ${people.join(", ") || "no face found"}`)
  }
}

/** A video element of a file, ready to play; null if the browser cannot. */
export async function openedVideo(file: File): Promise<HTMLVideoElement | null> {
  const video = make("video", { controls: true, playsInline: true, preload: "auto" })
  video.setAttribute("aria-label", file.name)
  const loaded = new Promise<boolean>((resolve) => {
    video.addEventListener("loadeddata", () => resolve(video.videoWidth > 0), { once: true })
    video.addEventListener("error", () => resolve(false), { once: true })
  })
  video.src = URL.createObjectURL(file)
  if (await loaded) return video
  URL.revokeObjectURL(video.src)
  return null
}
