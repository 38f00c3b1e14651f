/** A face that a detector found. */

/** x, y, width and height in pixels. */
export type Box = readonly [number, number, number, number]
export type Point = readonly [number, number]

export interface Detection {
  /** In pixels of the image; parts may lie outside it. */
  box: Box
  /** How sure the detector is, in [0, 1]. */
  score: number
  /** By how many degrees the head is tilted, clockwise as seen. */
  angle: number
}

/** Whether a box has a place: a detector can answer strange pixels with NaN or infinity. */
export function hasPlace(box: Box): boolean {
  return box.every(Number.isFinite)
}

/** Intersection over union of two boxes, in [0, 1]; 0 for boxes without area or end. */
export function iou(a: Box, b: Box): number {
  if (!hasPlace(a) || !hasPlace(b)) return 0
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  const union = a[2] * a[3] + b[2] * b[3] - shared
  return union > 0 && union < Infinity ? Math.min(1, shared / union) : 0
}
