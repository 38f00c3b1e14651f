/**
 * How a face looks, in a few numbers: enough to know it again within one video; as
 * ferlite.faces.appearance. It is no face recognition.
 */
import { unzipSync } from "fflate"
import type { Pixels } from "../pixels.js"
import { crop } from "./crop.js"
import type { Box } from "./detection.js"

/** Faces are looked at in so many pixels a side. */
const SIZE = 48
const CELL = 6
const CELLS = SIZE / CELL
const BINS = 8
/** No direction counts for more than this in its neighbourhood, so that one edge is not all. */
const CLIP = 0.3
/** Neighbourhoods with less energy than this have no directions, only noise. */
const NOISE = 1e-3

/** How a face looks: a vector of length 1. The scalar product of two is their likeness, in [-1, 1]. */
export type Look = Float32Array

export class Appearance {
  readonly #mean: Float32Array
  readonly #projection: Float32Array

  /** @param npz the bytes of ferlite's appearance.npz. */
  constructor(npz: Uint8Array) {
    const files = unzipSync(npz)
    this.#mean = float16(files["mean_F.npy"])
    this.#projection = float16(files["projection_FD.npy"])
  }

  /** How the face in a box of an RGBA image looks. */
  describe(image: Pixels, box: Box, angle: number): Look {
    const seen = gradients(crop(image, box, SIZE, angle))
    const look = new Float32Array(this.#projection.length / seen.length)
    for (let f = 0; f < seen.length; f++) {
      const value = seen[f] - this.#mean[f]
      for (let d = 0; d < look.length; d++) look[d] += value * this.#projection[f * look.length + d]
    }
    const length = Math.max(Math.sqrt(likeness(look, look)), 1e-9)
    return look.map((value) => value / length)
  }
}

/** The scalar product of two vectors. */
export function likeness(a: Look, b: Look): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0)
}

/** Histograms of oriented gradients of a gray face of 48 × 48. */
function gradients(face: Uint8Array): Float32Array {
  const roots = Float32Array.from(face, Math.sqrt)
  const histogram = new Float64Array(CELLS ** 2 * BINS)
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const at = y * SIZE + x
      const right = x > 0 && x < SIZE - 1 ? roots[at + 1] - roots[at - 1] : 0
      const down = y > 0 && y < SIZE - 1 ? roots[at + SIZE] - roots[at - SIZE] : 0
      const strength = Math.hypot(right, down)
      const turn = ((Math.atan2(down, right) / (2 * Math.PI) + 1) % 1) * BINS
      const low = Math.floor(turn)
      const cell = (Math.floor(y / CELL) * CELLS + Math.floor(x / CELL)) * BINS
      histogram[cell + (low % BINS)] += strength * (1 - (turn - low))
      histogram[cell + ((low + 1) % BINS)] += strength * (turn - low)
    }
  }
  const energy = Float64Array.from({ length: CELLS ** 2 }, (_, cell) =>
    histogram.subarray(cell * BINS, (cell + 1) * BINS).reduce((sum, value) => sum + value ** 2, 0),
  )
  const inside = (i: number) => Math.min(Math.max(i, 0), CELLS - 1)
  return Float32Array.from(histogram, (value, i) => {
    const [row, column] = [Math.floor(i / BINS / CELLS), Math.floor(i / BINS) % CELLS]
    let around = NOISE
    for (const y of [row - 1, row, row + 1]) {
      for (const x of [column - 1, column, column + 1]) around += energy[inside(y) * CELLS + inside(x)]
    }
    return Math.min(value / Math.sqrt(around), CLIP)
  })
}

/** The numbers of a .npy file of half precision. */
function float16(npy: Uint8Array): Float32Array {
  const view = new DataView(npy.buffer, npy.byteOffset, npy.byteLength)
  const start = 10 + view.getUint16(8, true)
  return Float32Array.from({ length: (npy.length - start) / 2 }, (_, i) => {
    const bits = view.getUint16(start + 2 * i, true)
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
    return bits & 0x8000 ? -size : size
  })
}
