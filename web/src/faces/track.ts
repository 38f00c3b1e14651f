/** Follow faces from frame to frame; as ferlite.faces.track, which says how. */
import { FerliteError } from "../errors.js"
import type { Pixels } from "../pixels.js"
import { type Look, likeness } from "./appearance.js"
import { Cuts } from "./cuts.js"
import { type Box, type Detection, hasPlace, iou } from "./detection.js"

/** A detection belongs to a track if they overlap by this much (intersection over union). */
const OVERLAP = 0.3
/** A track ends when this many detections in a row have not seen it... */
const MISSES = 3
/** ...and it has not been seen for so many seconds. */
const PATIENCE = 0.5
/** In seconds: a video with few frames a second is searched this often at least. */
const LONGEST_GAP = 0.5
/** In seconds: how a face looks is noted this often. */
const LOOK_AGAIN = 0.25
/** A face that overlaps its expected box by less may be another one in its place. */
const SURE_OVERLAP = 0.6
/** A face that may be another one is the same if it looks as much alike as this. */
const STILL_ALIKE = 0.5

export type Detect = (image: Pixels) => Promise<Detection[]>
export type Describe = (image: Pixels, box: Box, angle: number) => Look

/** A face in a frame, and which track it continues. */
export interface Tracked extends Detection {
  trackId: number
  /** How it looks, where this was noted in this very frame. */
  look: Look | undefined
}

class Track {
  trackId: number | undefined // until it is confirmed
  face: Detection
  seen: number // when
  look: Look
  looked: number // when
  misses = 0
  velocity = [0, 0] // of its middle, in pixels a second

  constructor(trackId: number | undefined, face: Detection, seconds: number, look: Look) {
    this.trackId = trackId
    this.face = face
    this.seen = seconds
    this.look = look
    this.looked = seconds
  }

  /** Where it is by now, if it moves on as before. */
  box(seconds: number): Box {
    const [x, y, w, h] = this.face.box
    const passed = Math.min(Math.max(0, seconds - this.seen), PATIENCE)
    const moved: Box = [x + this.velocity[0] * passed, y + this.velocity[1] * passed, w, h]
    return hasPlace(moved) ? moved : this.face.box
  }

  /** Take note of its next detection. */
  goOn(face: Detection, seconds: number): void {
    const passed = seconds - this.seen
    if (passed > 0) {
      const [now, before] = [face.box, this.face.box]
      // Detections tremble; half of the old movement evens that out.
      this.velocity = this.velocity.map((old, axis) => {
        const moved = now[axis] + now[axis + 2] / 2 - before[axis] - before[axis + 2] / 2
        return (old + moved / passed) / 2
      })
    }
    this.face = face
    this.seen = seconds
    this.misses = 0
  }
}

/** Finds and follows the faces of a video's frames, one frame after the other. */
export class Tracks {
  readonly #detect: Detect
  readonly #describe: Describe
  readonly #every: number
  readonly #cuts = new Cuts()
  #tracks: Track[] = []
  #nextId = 1
  #framesSince = 0
  #detectedAt = -Infinity
  #fresh = true // nothing has been searched since the shot began

  constructor(detect: Detect, describe: Describe, every: number) {
    if (!(every >= 1)) throw new FerliteError(`every must be at least 1 frame, not ${every}`)
    this.#detect = detect
    this.#describe = describe
    this.#every = every
  }

  /** The numbers of the tracks that have not ended, also of those not seen in this frame. */
  get alive(): Set<number> {
    return new Set(this.#tracks.flatMap(({ trackId }) => trackId ?? []))
  }

  /** The faces of the next frame, in the order of their numbers. */
  async next(image: Pixels, seconds: number): Promise<Tracked[]> {
    const change = this.#cuts.next(image)
    if (change === "cut") {
      this.#tracks = []
      this.#fresh = true
    }
    this.#framesSince++
    const isSearched =
      this.#fresh ||
      change === "doubtful" ||
      this.#framesSince >= this.#every ||
      Math.abs(seconds - this.#detectedAt) >= LONGEST_GAP ||
      this.#tracks.some(({ trackId }) => trackId === undefined)
    const faces = isSearched
      ? await this.#search(image, seconds, change === "doubtful")
      : this.#tracks.flatMap((track) => {
          if (track.trackId === undefined || track.misses > 0) return []
          return { ...track.face, box: track.box(seconds), trackId: track.trackId, look: undefined }
        })
    return faces.sort((a, b) => a.trackId - b.trackId)
  }

  /** Give detections to tracks, begin and end tracks. */
  async #search(image: Pixels, seconds: number, isDoubtful: boolean): Promise<Tracked[]> {
    const found = (await this.#detect(image)).filter(({ box }) => hasPlace(box))
    const looks = new Map<number, Look>() // by the number of the detection
    const look = (d: number): Look => {
      let seen = looks.get(d)
      if (seen === undefined) {
        seen = this.#describe(image, found[d].box, found[d].angle)
        looks.set(d, seen)
      }
      return seen
    }
    const pairs = match(
      this.#tracks.map((track) => track.box(seconds)),
      found.map(({ box }) => box),
    )
    for (const [t, d] of pairs) {
      const track = this.#tracks[t]
      const isUnsure = isDoubtful || iou(track.box(seconds), found[d].box) < SURE_OVERLAP
      if (isUnsure && likeness(look(d), track.look) < STILL_ALIKE) pairs.delete(t)
    }
    const isAtOnce = this.#fresh || isDoubtful
    this.#fresh = false
    this.#framesSince = 0
    this.#detectedAt = seconds

    const ofTrack = new Map<number, number>() // detections by the number of the track
    const kept: Track[] = []
    this.#tracks.forEach((track, t) => {
      const d = pairs.get(t)
      if (d !== undefined) {
        track.goOn(found[d], seconds)
        const isNew = track.trackId === undefined
        track.trackId ??= this.#nextId++
        if (isNew || looks.has(d) || seconds - track.looked >= LOOK_AGAIN) {
          track.look = look(d)
          track.looked = seconds
        }
        ofTrack.set(track.trackId, d)
        kept.push(track)
      } else if (track.trackId !== undefined && !isDoubtful) {
        track.misses++
        if (track.misses < MISSES || seconds - track.seen < PATIENCE) kept.push(track)
      }
    })
    const taken = new Set(pairs.values())
    found.forEach((face, d) => {
      if (taken.has(d)) return
      const trackId = isAtOnce ? this.#nextId++ : undefined
      kept.push(new Track(trackId, face, seconds, look(d)))
      if (trackId !== undefined) ofTrack.set(trackId, d)
    })
    this.#tracks = kept
    return [...ofTrack].map(([trackId, d]) => ({ ...found[d], trackId, look: looks.get(d) }))
  }
}

/** Pair boxes that overlap, the best pair first, each box at most once: detections by tracks. */
function match(tracks: Box[], detections: Box[]): Map<number, number> {
  const overlaps = tracks
    .flatMap((track, t) => detections.map((box, d) => ({ overlap: iou(track, box), t, d })))
    .filter(({ overlap }) => overlap >= OVERLAP)
    .sort((a, b) => b.overlap - a.overlap)
  const pairs = new Map<number, number>()
  const taken = new Set<number>()
  for (const { t, d } of overlaps) {
    if (pairs.has(t) || taken.has(d)) continue
    pairs.set(t, d)
    taken.add(d)
  }
  return new Map([...pairs].sort(([a], [b]) => a - b))
}
