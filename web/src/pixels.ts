/**
 * Images made smaller, sampled and turned to gray exactly as Pillow does it, to the last bit.
 *
 * A canvas scales in another way in each browser, and what a network answers depends on that. The
 * functions are named after Pillow's, and so is their arithmetic: whole numbers of 8 bits, with
 * weights in fixed point.
 */
import { clamp } from "./numbers.js"

/** uint8, row by row: RGBA, of which A is not looked at, or gray. */
export interface Pixels {
  data: Uint8Array | Uint8ClampedArray
  width: number
  height: number
  channels: 1 | 4
}

export function pixels(width: number, height: number, channels: 1 | 4): Pixels {
  return { data: new Uint8Array(width * height * channels), width, height, channels }
}

/** ITU-R 601-2 luma of a part of an RGBA image. */
export function gray(image: Pixels, left = 0, top = 0, right = image.width, bottom = image.height): Pixels {
  const { data, width } = image
  const answer = pixels(right - left, bottom - top, 1)
  let at = 0
  for (let y = top; y < bottom; y++) {
    const end = 4 * (y * width + right)
    for (let from = 4 * (y * width + left); from < end; from += 4) {
      answer.data[at++] = (data[from] * 19595 + data[from + 1] * 38470 + data[from + 2] * 7471 + 0x8000) >> 16
    }
  }
  return answer
}

/** Writes columns of a row of an RGBA image as RGB. */
export function writeRgb(
  image: Pixels,
  row: number,
  left: number,
  right: number,
  into: Uint8Array,
  at: number,
): void {
  const { data, width } = image
  let to = at
  for (let from = 4 * (row * width + left); from < 4 * (row * width + right); from += 4) {
    into[to++] = data[from]
    into[to++] = data[from + 1]
    into[to++] = data[from + 2]
  }
}

/** A part of an RGBA image, which may reach outside; black there. */
export function cut(image: Pixels, left: number, top: number, right: number, bottom: number): Pixels {
  const answer = pixels(right - left, bottom - top, 4)
  const from = clamp(left, 0, image.width)
  const to = clamp(right, 0, image.width)
  if (from >= to) return answer
  for (let y = Math.max(top, 0); y < Math.min(bottom, image.height); y++) {
    const row = image.data.subarray(4 * (y * image.width + from), 4 * (y * image.width + to))
    answer.data.set(row, 4 * ((y - top) * answer.width + from - left))
  }
  return answer
}

/** The image with its edge pixels repeated around it. */
export function pad(image: Pixels, above: number, below: number, before: number, behind: number): Pixels {
  const { width, height, channels } = image
  const answer = pixels(width + before + behind, height + above + below, channels)
  for (let y = 0, at = 0; y < answer.height; y++) {
    const row = clamp(y - above, 0, height - 1) * width
    for (let x = 0; x < answer.width; x++) {
      const from = (row + clamp(x - before, 0, width - 1)) * channels
      for (let c = 0; c < channels; c++) answer.data[at++] = image.data[from + c]
    }
  }
  return answer
}

/** `Image.reduce`: each pixel is the mean of so many of each row and column, fewer at the end. */
export function reduce(image: Pixels, byX: number, byY = byX): Pixels {
  if (byX === 1 && byY === 1) return image
  const { data, width, height, channels } = image
  const answer = pixels(Math.ceil(width / byX), Math.ceil(height / byY), channels)
  const out = answer.data
  const stride = width * channels
  for (let y = 0, at = 0; y < answer.height; y++) {
    const rows = Math.min(byY, height - y * byY)
    for (let x = 0; x < answer.width; x++, at += channels) {
      const columns = Math.min(byX, width - x * byX)
      const count = rows * columns
      const multiplier = Math.floor(2 ** 24 / count)
      const begin = y * byY * stride + x * byX * channels
      let red = count >> 1
      let green = red
      let blue = red
      for (let row = begin; row < begin + rows * stride; row += stride) {
        const end = row + columns * channels
        if (channels === 1) for (let i = row; i < end; i++) red += data[i]
        else {
          for (let i = row; i < end; i += 4) {
            red += data[i]
            green += data[i + 1]
            blue += data[i + 2]
          }
        }
      }
      out[at] = (red * multiplier) >>> 24
      if (channels === 4) {
        out[at + 1] = (green * multiplier) >>> 24
        out[at + 2] = (blue * multiplier) >>> 24
      }
    }
  }
  return answer
}

/** `Image.resize` with the bilinear filter and `reducing_gap=2.0`. */
export function resize(image: Pixels, width: number, height: number): Pixels {
  if (width === image.width && height === image.height) return image
  const byX = Math.trunc(image.width / width / 2) || 1
  const byY = Math.trunc(image.height / height / 2) || 1
  const reduced = reduce(image, byX, byY)
  const across = spans(reduced.width, Math.fround(image.width / byX), width)
  const down = spans(reduced.height, Math.fround(image.height / byY), height)
  const lessRows = reduced.height - height
  const columnsFirst = lessRows > 0 && lessRows > 2 * (reduced.width - width)
  if (columnsFirst) return resampleRows(resampleColumns(reduced, down, height), across, width)
  return resampleColumns(resampleRows(reduced, across, width), down, height)
}

/** For each pixel of the result, where its part of the image begins and the weights there. */
interface Spans {
  /** How many weights are kept for each. */
  size: number
  begin: Int32Array
  count: Int32Array
  /** Fixed point, `PRECISION` bits. */
  weights: Int32Array
}

const PRECISION = 22
const HALF = 1 << (PRECISION - 1)

/** Undefined where nothing changes. `length` is how much of the pixels is meant; it may be less. */
function spans(pixelCount: number, length: number, size: number): Spans | undefined {
  if (length === size && pixelCount === size) return undefined
  const scale = length / size
  const support = Math.max(scale, 1)
  const most = Math.ceil(support) * 2 + 1
  const begin = new Int32Array(size)
  const count = new Int32Array(size)
  const weights = new Int32Array(size * most)
  const exact = new Float64Array(most)
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * scale
    const first = Math.max(0, Math.trunc(centre - support + 0.5))
    const n = Math.min(pixelCount, Math.trunc(centre + support + 0.5)) - first
    let sum = 0
    for (let k = 0; k < n; k++) {
      const distance = Math.abs((k + first - centre + 0.5) * (1 / support))
      exact[k] = distance < 1 ? 1 - distance : 0
      sum += exact[k]
    }
    for (let k = 0; k < n; k++) {
      weights[i * most + k] = Math.trunc(0.5 + (sum === 0 ? exact[k] : exact[k] / sum) * 2 ** PRECISION)
    }
    begin[i] = first
    count[i] = n
  }
  return { size: most, begin, count, weights }
}

function resampleRows(image: Pixels, spans: Spans | undefined, width: number): Pixels {
  if (spans === undefined) return image
  const { size, begin, count, weights } = spans
  const { data, channels } = image
  const answer = pixels(width, image.height, channels)
  const out = answer.data
  for (let y = 0, at = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      let from = (y * image.width + begin[x]) * channels
      let red = HALF
      let green = HALF
      let blue = HALF
      for (let k = x * size; k < x * size + count[x]; k++, from += channels) {
        const weight = weights[k]
        red += data[from] * weight
        if (channels === 4) {
          green += data[from + 1] * weight
          blue += data[from + 2] * weight
        }
      }
      out[at] = Math.min(red >> PRECISION, 255)
      if (channels === 4) {
        out[at + 1] = Math.min(green >> PRECISION, 255)
        out[at + 2] = Math.min(blue >> PRECISION, 255)
      }
    }
  }
  return answer
}

function resampleColumns(image: Pixels, spans: Spans | undefined, height: number): Pixels {
  if (spans === undefined) return image
  const { size, begin, count, weights } = spans
  const { data, channels, width } = image
  const answer = pixels(width, height, channels)
  const out = answer.data
  const stride = width * channels
  const sums = new Int32Array(stride)
  for (let y = 0; y < height; y++) {
    sums.fill(HALF)
    for (let k = 0; k < count[y]; k++) {
      const weight = weights[y * size + k]
      const row = (begin[y] + k) * stride
      for (let i = 0; i < stride; i++) sums[i] += data[row + i] * weight
    }
    for (let i = 0; i < stride; i++) out[y * stride + i] = Math.min(sums[i] >> PRECISION, 255)
  }
  return answer
}

/** a, b, c, d, e and f: pixel (x, y) of the result is sampled at (ax + by + c, dx + ey + f). */
export type Affine = readonly [number, number, number, number, number, number]

/** `Image.transform` of a gray image by an affine transform, bilinear; black outside. */
export function transform(image: Pixels, width: number, height: number, affine: Affine): Pixels {
  const { data, width: columns, height: rows } = image
  const [a, b, c, d, e, f] = affine
  const answer = pixels(width, height, 1)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const fromX = a * (x + 0.5) + b * (y + 0.5) + c
      const fromY = d * (x + 0.5) + e * (y + 0.5) + f
      if (fromX < 0 || fromX >= columns || fromY < 0 || fromY >= rows) continue
      const left = Math.floor(fromX - 0.5)
      const top = Math.floor(fromY - 0.5)
      const past = fromX - 0.5 - left
      const below = fromY - 0.5 - top
      const x0 = Math.max(left, 0)
      const x1 = Math.min(left + 1, columns - 1)
      const row0 = Math.max(top, 0) * columns
      const row1 = Math.min(top + 1, rows - 1) * columns
      const upper = data[row0 + x0] + (data[row0 + x1] - data[row0 + x0]) * past
      const lower = data[row1 + x0] + (data[row1 + x1] - data[row1 + x0]) * past
      answer.data[at] = Math.trunc(upper + (lower - upper) * below)
    }
  }
  return answer
}
