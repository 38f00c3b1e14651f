/** Smooth what a face shows over time, so that labels do not flicker; as ferlite.faces.smooth. */
import { FerliteError } from "../errors.js"

/** After this many half-lives without a sign of a face, what it showed before weighs under 0.1%. */
const FORGET = 10

/** An exponential average of the probabilities of each face, by half-life. */
export class Smoother {
  readonly #halfLife: number
  readonly #past = new Map<number, { seconds: number; shown: number[] }>()

  /** @param halfLife in seconds; 0 leaves everything as it is. */
  constructor(halfLife: number) {
    if (!(halfLife >= 0 && halfLife < Infinity)) {
      throw new FerliteError(`halfLife must be 0 or more seconds, not ${halfLife}`)
    }
    this.#halfLife = halfLife
  }

  /** What a face shows at a time, in the light of what it showed before. */
  smooth(trackId: number, seconds: number, probabilities: number[]): number[] {
    if (this.#halfLife === 0) return probabilities
    const past = this.#past.get(trackId) ?? { seconds, shown: probabilities }
    const kept = 0.5 ** (Math.max(0, seconds - past.seconds) / this.#halfLife)
    const shown = probabilities.map((p, i) => kept * past.shown[i] + (1 - kept) * p)
    this.#past.delete(trackId) // put back at the end: so the faces stay in the order of their last frames
    this.#past.set(trackId, { seconds, shown })
    for (const [id, face] of this.#past) {
      if (face.seconds >= seconds - FORGET * this.#halfLife) break
      this.#past.delete(id)
    }
    return shown
  }
}
