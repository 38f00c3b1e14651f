/** Run an emotion network on faces that are already cut out; as ferlite.classify.classifier. */
import { EMOTIONS } from "../emotions.js"
import { FerliteError } from "../errors.js"
import type { Network } from "../network.js"
import type { Labels } from "../options.js"

/** How the outputs of a model file are called. */
const OUTPUTS: Record<Labels, string> = { fer2013: "probabilities", ferplus: "voted", photos: "photos" }

export class Classifier {
  readonly #network: Network
  readonly #output: string
  /** Height and width of the gray faces it takes. */
  readonly size: number

  /** @throws FerliteError there is no such label source. */
  constructor(network: Network, labels: Labels = "photos") {
    if (!(labels in OUTPUTS)) {
      throw new FerliteError(`labels must be one of ${Object.keys(OUTPUTS).join(", ")}, not "${labels}"`)
    }
    this.#network = network
    this.#output = OUTPUTS[labels]
    this.size = Number(network.shape[2])
  }

  /** For each face its probabilities in the order of `EMOTIONS`; they sum to 1. */
  async classify(faces: Uint8Array[]): Promise<number[][]> {
    const pixels = this.size ** 2
    const batch = new Uint8Array(faces.length * pixels)
    for (const [i, face] of faces.entries()) batch.set(face, i * pixels)
    const shape = [faces.length, 1, this.size, this.size]
    const { [this.#output]: found } = await this.#network.run("faces", batch, shape, [this.#output])
    return faces.map((_, i) => {
      const row = Array.from(found.subarray(i * EMOTIONS.length, (i + 1) * EMOTIONS.length))
      const sum = row.reduce((a, b) => a + b) // softmax in float32 sums to 1 only to seven digits
      return row.map((p) => p / sum)
    })
  }
}
