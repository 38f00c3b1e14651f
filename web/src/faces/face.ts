import type { Emotion, Probabilities } from "../emotions.js"

/** One face in one image and what it shows: what `ferlite predict --json` prints. */
export interface Face {
  /** x, y, width and height in pixels of the upright image; parts may lie outside it. */
  box: [x: number, y: number, width: number, height: number]
  /** How sure the detector is that this is a face, in [0, 1]. */
  detection_score: number
  /** The most probable emotion. */
  emotion: Emotion
  /** Its probability, in [0, 1]. */
  confidence: number
  probabilities: Probabilities
  /** The same number for the same face through a video; null in a single image. */
  track_id: number | null
  /** In a video: the number of the person, the same when they come back after an absence or a cut. */
  person?: number
  /** In a video: the probabilities of this frame alone, before smoothing. */
  raw?: Probabilities
}
