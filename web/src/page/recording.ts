/** What was read of a video or a camera: the table, who was seen when, and what they showed. */

import { EMOTIONS, type Emotion, type Face } from "../index.js"
import { frameLines, line, VIDEO_COLUMNS } from "./csv.js"
import { make } from "./dom.js"
import { portrait, type Source } from "./faces.js"

/** In seconds: a frame counts for no longer than this, as in `ferlite video`. */
const LONGEST_STILL = 2
/** So many lines are kept as text; those before are given to the browser, which may keep them on disk. */
const LINES = 2000

/** What someone showed at a time: the seven probabilities in the order of `EMOTIONS`. */
export interface Moment {
  time: number
  shares: Float32Array
  /** Whether they were seen in the frame before, too. */
  linked: boolean
}

/** One person, and what they showed. */
export class Person {
  readonly moments: Moment[] = []
  readonly portrait = make("canvas", { width: 80, height: 80 })
  seconds = 0
  private readonly shown = new Map<Emotion, number>()
  private area = 0
  private latest: Emotion | null = null

  constructor(readonly number: number) {
    this.portrait.setAttribute("aria-hidden", "true")
  }

  see(time: number, face: Face, source: Source, linked: boolean): void {
    const shares = Float32Array.from(EMOTIONS, (emotion) => face.probabilities[emotion])
    this.moments.push({ time, shares, linked })
    this.latest = face.emotion
    const area = face.box[2] * face.box[3]
    if (area > 1.2 * this.area) {
      portrait(this.portrait, source, face)
      this.area = area
    }
  }

  last(seconds: number, emotion: Emotion): void {
    this.seconds += seconds
    this.shown.set(emotion, (this.shown.get(emotion) ?? 0) + seconds)
  }

  /** The emotion that was the strongest for longest, and for which share of the time. */
  get mostly(): [Emotion, number] | null {
    const [most] = [...this.shown].sort((a, b) => b[1] - a[1])
    if (most !== undefined && this.seconds > 0) return [most[0], most[1] / this.seconds]
    return this.latest && [this.latest, 1] // seen in one frame
  }
}

/** The person that a face belongs to. */
export const number = (face: Face): number => face.person ?? face.track_id ?? 0

export class Recording {
  readonly people = new Map<number, Person>()
  frames = 0
  /** Times and faces of all frames, where they may be shown again. */
  private readonly seen: { time: number; faces: readonly Face[] }[] = []
  private readonly parts: Blob[] = []
  private lines: string[] = [line(VIDEO_COLUMNS)]
  private before: { time: number; faces: readonly Face[] } | null = null

  /**
   * @param keeps whether frames are kept to be shown again; a camera's are not.
   * @param window in seconds: what people showed before is forgotten, but for the table.
   */
  constructor(
    private readonly keeps: boolean,
    private readonly window = Infinity,
  ) {}

  /** Take note of the next frame. */
  add(time: number, faces: readonly Face[], source: Source): void {
    this.lines.push(frameLines(this.frames++, time, faces))
    if (this.lines.length > LINES) this.parts.push(new Blob(this.lines.splice(0)))
    if (this.before !== null) {
      const seconds = Math.min(time - this.before.time, LONGEST_STILL)
      for (const face of this.before.faces) {
        this.people.get(number(face))?.last(seconds, face.emotion)
      }
    }
    for (const face of faces) {
      let person = this.people.get(number(face))
      if (person === undefined) {
        person = new Person(number(face))
        this.people.set(person.number, person)
      }
      const { before } = this
      const linked = before?.faces.some((each) => number(each) === person?.number)
      person.see(time, face, source, linked === true && time - before!.time < LONGEST_STILL)
    }
    if (this.window < Infinity) {
      for (const { moments, number } of this.people.values()) {
        const old = moments.findIndex((moment) => moment.time > time - this.window)
        if (old < 0) this.people.delete(number)
        else moments.splice(0, old)
      }
    }
    this.before = { time, faces }
    if (this.keeps) this.seen.push(this.before)
  }

  /** When the last frame was, or -1. */
  get end(): number {
    return this.before?.time ?? -1
  }

  /** The faces of the frame that is shown at a time; null where nothing was read. */
  at(time: number): readonly Face[] | null {
    let [low, high] = [0, this.seen.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.seen[middle]!.time <= time + 1e-3) low = middle + 1
      else high = middle
    }
    const frame = this.seen[low - 1]
    return frame !== undefined && time - frame.time < LONGEST_STILL ? frame.faces : null
  }

  csv(): Blob {
    return new Blob([...this.parts, ...this.lines], { type: "text/csv" })
  }
}
