/** Cut a face out of an image the way the networks were taught to see one; as ferlite.faces.crop. */
import { clamp, roundHalfEven } from "../numbers.js"
import { gray, type Pixels, pad, reduce, transform } from "../pixels.js"
import type { Box } from "./detection.js"

/** A face is sampled from an image in which it is about so many times as large as the crop. */
const SPARE = 2

/**
 * The square around a box: left edge, top edge and side, in whole pixels.
 *
 * It may reach outside the image, but never lies wholly outside, and is never empty or more than
 * twice as large as the image.
 */
export function square(box: Box, width: number, height: number): [left: number, top: number, side: number] {
  const [x, y, w, h] = box
  let side = Math.max(Math.abs(w), Math.abs(h))
  let centreX = x + w / 2
  let centreY = y + h / 2
  if (![centreX, centreY, side].every(Number.isFinite)) {
    centreX = width / 2
    centreY = height / 2
    side = Math.max(width, height)
  }
  const whole = Math.max(1, roundHalfEven(Math.min(side, 2 * Math.max(width, height))))
  const left = Math.floor(centreX - whole / 2 + 0.5)
  const top = Math.floor(centreY - whole / 2 + 0.5)
  // One pixel at least must be the image's own, also for a box in its last corner.
  return [clamp(left, 1 - whole, width - 1), clamp(top, 1 - whole, height - 1), whole]
}

/**
 * The square around a box, upright, in gray and at a network's input size.
 *
 * What lies outside the image is filled with its nearest edge pixel, because a black border would
 * be an edge that no training face has.
 *
 * @param size height and width of the result.
 * @param angle by how many degrees the head is tilted, clockwise as seen.
 */
export function crop(image: Pixels, box: Box, size: number, angle: number): Uint8Array {
  const [left, top, side] = square(box, image.width, image.height)
  const turn = Number.isFinite(angle) ? (angle * Math.PI) / 180 : 0
  const cos = Math.cos(turn)
  const sin = Math.sin(turn)
  // The part of the image that the turned square reaches, at about `SPARE` sizes.
  const middleX = left + side / 2
  const middleY = top + side / 2
  const reach = (side / 2) * (Math.abs(cos) + Math.abs(sin))
  const [x0, x1] = within(middleX - reach, middleX + reach, image.width)
  const [y0, y1] = within(middleY - reach, middleY + reach, image.height)
  const by = Math.max(1, roundHalfEven(side / (SPARE * size)))
  const [above, below, before, behind] = [
    y0 - (middleY - reach),
    middleY + reach - y1,
    x0 - (middleX - reach),
    middleX + reach - x1,
  ].map((beyond) => Math.max(0, Math.ceil(beyond / by)))
  const seen = pad(reduce(gray(image, x0, y0, x1, y1), by), above, below, before, behind)
  // Sampled at a multiple of the crop's size and averaged: every pixel of the face counts.
  const times = Math.max(1, Math.ceil(side / by / size))
  const sampled = size * times
  const step = side / by / sampled
  const startX = (middleX - x0) / by + before - (cos * step * sampled - sin * step * sampled) / 2
  const startY = (middleY - y0) / by + above - (sin * step * sampled + cos * step * sampled) / 2
  const face = transform(seen, sampled, sampled, [
    cos * step,
    -sin * step,
    startX,
    sin * step,
    cos * step,
    startY,
  ])
  return reduce(face, times).data as Uint8Array
}

/** The whole pixels of an image between two places, at least one. */
function within(low: number, high: number, length: number): [number, number] {
  const start = Math.min(Math.max(0, Math.floor(low)), length - 1)
  return [start, Math.max(start + 1, Math.min(length, Math.ceil(high)))]
}
