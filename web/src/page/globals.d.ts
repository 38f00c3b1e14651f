/** What the build puts in. */

/** Of the default model on labelled photos: results/benchmarks/photos.json. */
declare const MEASURED: {
  accuracy: number
  photos: number
  recall: Record<import("../index.js").Emotion, number>
  counts: Record<import("../index.js").Emotion, number>
}
/** Where the docs' page about limits is, or nothing. */
declare const DOCS: string
