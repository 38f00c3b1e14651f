/** What the page says: what was found, and what went wrong, in one sentence each. */

import type { Face } from "../index.js"

export const percent = (share: number): string => `${Math.round(share * 100)}%`

export function count(faces: number): string {
  return faces === 0 ? "No face found" : faces === 1 ? "1 face" : `${faces} faces`
}

/** A time in a video as people write it: 1:15, or 1:01:15. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const pad = (number: number) => String(number).padStart(2, "0")
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`
}

/** What faces show, for those who hear it: each of a few, or how many of each of a crowd. */
export function told(faces: readonly Face[]): string {
  if (faces.length === 0) return "no face found"
  if (faces.length === 1) return `1 face: ${faces[0]!.emotion}, ${percent(faces[0]!.confidence)}`
  const each = new Map<string, number>()
  for (const { emotion } of faces) each.set(emotion, (each.get(emotion) ?? 0) + 1)
  const most = [...each].sort((a, b) => b[1] - a[1]).map(([name, number]) => `${number} ${name}`)
  return `${faces.length} faces: ${most.join(", ")}`
}

/** Why an image cannot be read. */
export function badImage(file: File): string {
  if (/\.hei[cf]$/i.test(file.name) || /hei[cf]/.test(file.type)) {
    return `${file.name}: this browser cannot open HEIC; Safari can, and so can “ferlite predict”.`
  }
  if (file.size === 0) return `${file.name}: the file is empty.`
  const image = file.type.startsWith("image/") || /\.(jpe?g|png|webp|gif|avif|bmp)$/i.test(file.name)
  return image
    ? `${file.name}: is damaged, or of a kind that this browser cannot open.`
    : `${file.name}: is no image or video.`
}

/** Why a video cannot be played. */
export function badVideo(name: string): string {
  return (
    `${name}: this browser cannot play it; most play MP4 with H.264 and WebM, ` +
    "and “ferlite video” reads the rest."
  )
}

/** Why there is no camera. */
export function badCamera(error: unknown): string {
  if (!window.isSecureContext) {
    return "Browsers give their camera to pages from https:// or from this computer alone."
  }
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "The camera was not allowed; allow it for this page beside the address, then try again."
    case "NotFoundError":
    case "OverconstrainedError":
      return "No camera was found; connect one, then try again."
    case "NotReadableError":
    case "AbortError":
      return "The camera is in use by another program; close it there, then try again."
    default:
      return "The camera cannot be used in this browser."
  }
}

/** Why the recognizer cannot be loaded. */
export function badModel(error: unknown): string {
  const why = error instanceof Error ? error.message.replace(/\.$/, "") : String(error)
  return why.includes("cannot be fetched")
    ? "The model is not on this device yet and cannot be fetched; try again when you are online."
    : `The model could not be loaded (${why}); reload the page to try again.`
}
