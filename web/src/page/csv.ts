/** Tables with the columns of `ferlite predict --csv` and `ferlite video --csv`. */

import { EMOTIONS, type Face } from "../index.js"

type Value = string | number | null

const BOX = ["x", "y", "w", "h", "detection_score", "emotion", "confidence"]
export const IMAGE_COLUMNS: readonly string[] = ["image", ...BOX, ...EMOTIONS, "error"]
export const VIDEO_COLUMNS: readonly string[] = [
  ...["frame", "time", "person", "track_id"],
  ...BOX,
  ...EMOTIONS,
  ...EMOTIONS.map((name) => `raw_${name}`),
]

/** A line of a table, with its end. */
export function line(values: readonly Value[]): string {
  return `${values.map(quoted).join(",")}\n`
}

/** The lines of an image: one for each face; without faces, or when it could not be read, one. */
export function imageLines(name: string, faces: readonly Face[], error: string | null): string {
  if (faces.length > 0) return faces.map((face) => line([name, ...values(face), ""])).join("")
  return line([name, ...Array<null>(IMAGE_COLUMNS.length - 2).fill(null), error])
}

/** The lines of a frame of a video: one for each face; one without faces has a line, too. */
export function frameLines(frame: number, time: number, faces: readonly Face[]): string {
  const key = [frame, rounded(time)]
  if (faces.length === 0) {
    return line([...key, ...Array<null>(VIDEO_COLUMNS.length - 2).fill(null)])
  }
  return faces
    .map((face) => {
      const raw = EMOTIONS.map((name) => (face.raw ? rounded(face.raw[name]) : null))
      return line([...key, face.person ?? face.track_id, face.track_id, ...values(face), ...raw])
    })
    .join("")
}

function values({ box, detection_score, emotion, confidence, probabilities }: Face): Value[] {
  return [
    ...box,
    rounded(detection_score),
    emotion,
    rounded(confidence),
    ...EMOTIONS.map((name) => rounded(probabilities[name])),
  ]
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

function quoted(value: Value): string {
  const text = String(value ?? "")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
