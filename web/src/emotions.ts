/** The seven emotions in their canonical order, which is FER2013's own numbering. */
export const EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"] as const

export type Emotion = (typeof EMOTIONS)[number]

/** The probability of each emotion; they sum to 1. */
export type Probabilities = Record<Emotion, number>
