/** Where one shot of a video ends and another begins; as ferlite.faces.cuts. */
import { clamp } from "../numbers.js"
import type { Pixels } from "../pixels.js"

/** Frames are compared at this size. */
const HEIGHT = 36
const WIDTH = 64
/** A small pixel is the mean of so many pixels a side. */
const SAMPLES = 4
/** A frame is compared in squares of so many small pixels a side... */
const BLOCK = 8
/** ...that lie so many apart. */
const STEP = 6
/** So many small pixels may something move from one frame to the next: a tenth of the width. */
const REACH = 6
/** Squares whose correlation is at least this show the same. */
const ALIKE = 0.7
/** Standard deviation, of 255, under which a square shows nothing. */
const TEXTURE = 2
/** Above this, a square counts no more for showing more. */
const MOST_TEXTURE = 20
/** A cut: this part of the frame is unlike the one before, and so much more than usual... */
const CUT = [0.3, 0.2]
/** ...and what may be one, if the faces are others too. */
const DOUBT = [0.1, 0.08]
/** ...or if pixels change by so much, of 255, and so many times as much as usual. */
const MOVED = [15, 3]
/** How much of what is usual is kept from frame to frame. */
const USUAL = 0.8
/** By so much, of 255, a frame is brighter at least when a flash goes off. */
const FLASH = 25

/** A frame of 36 × 64 gray pixels. */
type Small = Float32Array
/** "cut" if a new shot begins; "doubtful" if it may, and faces should be looked at. */
export type Change = "none" | "doubtful" | "cut"

/** Says of each frame of a video whether a new shot begins with it. */
export class Cuts {
  #last: Small | undefined
  #flash: Small | undefined
  #usual = 0
  #usualMoved = 0

  next(image: Pixels): Change {
    const now = small(image)
    const [last, flash] = [this.#last, this.#flash]
    this.#flash = undefined
    if (last === undefined) {
      this.#last = now
      return "none"
    }
    if (deviation(now) < TEXTURE) return "doubtful"
    const changed = unlikeness(last, now)
    const moved = now.reduce((sum, value, i) => sum + Math.abs(value - last[i]), 0) / now.length
    const [cut, doubt] = [CUT, DOUBT].map(([least, more]) => Math.max(least, this.#usual + more))
    const isDoubtful = changed > doubt
    const isCut = changed > cut || (isDoubtful && moved > Math.max(MOVED[0], MOVED[1] * this.#usualMoved))
    if (isCut && flash === undefined && mean(now) > mean(last) + FLASH) {
      this.#flash = now
      return "doubtful"
    }
    this.#last = now
    if (isCut) {
      this.#usual = 0
      this.#usualMoved = 0
      // If it was no flash, the faces since are new already.
      return flash !== undefined && unlikeness(flash, now) < CUT[0] ? "none" : "cut"
    }
    this.#usual = USUAL * this.#usual + (1 - USUAL) * changed
    this.#usualMoved = USUAL * this.#usualMoved + (1 - USUAL) * moved
    return isDoubtful ? "doubtful" : "none"
  }
}

/** The frame in gray; each pixel is the mean of 4 × 4 spread over its part. */
function small({ data, width, height }: Pixels): Small {
  const answer = new Float32Array(HEIGHT * WIDTH)
  for (let y = 0; y < HEIGHT * SAMPLES; y++) {
    const row = Math.trunc(((y + 0.5) * height) / (HEIGHT * SAMPLES))
    for (let x = 0; x < WIDTH * SAMPLES; x++) {
      const at = 4 * (row * width + Math.trunc(((x + 0.5) * width) / (WIDTH * SAMPLES)))
      answer[Math.trunc(y / SAMPLES) * WIDTH + Math.trunc(x / SAMPLES)] +=
        data[at] + data[at + 1] + data[at + 2]
    }
  }
  return answer.map((sum) => sum / (3 * SAMPLES ** 2))
}

/** Which part of what two small frames show has no like in the other, in [0, 1]. */
function unlikeness(before: Small, after: Small): number {
  return Math.min(missing(before, after), missing(after, before))
}

/** Which part of the squares of one frame, by texture, has no like nearby in the other. */
function missing(here: Small, there: Small): number {
  let total = 0
  let unlike = 0
  for (let top = 0; top <= HEIGHT - BLOCK; top += STEP) {
    for (let left = 0; left <= WIDTH - BLOCK; left += STEP) {
      const { square, texture } = squareAt(here, top, left)
      const weight = clamp(texture - TEXTURE, 0, MOST_TEXTURE)
      total += weight
      if (weight > 0 && !isAlike(square, there, top, left)) unlike += weight
    }
  }
  return total === 0 ? 0 : unlike / total
}

function isAlike(square: Float32Array, there: Small, top: number, left: number): boolean {
  // Where nothing moved, which is the rule, one look is enough.
  if (dot(square, squareAt(there, top, left).square) >= ALIKE) return true
  for (let y = Math.max(0, top - REACH); y <= Math.min(top + REACH, HEIGHT - BLOCK); y++) {
    for (let x = Math.max(0, left - REACH); x <= Math.min(left + REACH, WIDTH - BLOCK); x++) {
      if (dot(square, squareAt(there, y, x).square) >= ALIKE) return true
    }
  }
  return false
}

/** A square of mean 0 and length 1, and its standard deviation. */
function squareAt(frame: Small, top: number, left: number): { square: Float32Array; texture: number } {
  const square = new Float32Array(BLOCK ** 2)
  for (let y = 0; y < BLOCK; y++) {
    const start = (top + y) * WIDTH + left
    square.set(frame.subarray(start, start + BLOCK), y * BLOCK)
  }
  const middle = mean(square)
  const length = Math.sqrt(square.reduce((sum, value) => sum + (value - middle) ** 2, 0))
  return { square: square.map((value) => (value - middle) / Math.max(length, 1e-3)), texture: length / BLOCK }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

function mean(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}

function deviation(values: Float32Array): number {
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length)
}
