/** A network of ONNX Runtime, as one function of numbers. */
import type { InferenceSession } from "onnxruntime-web/wasm"
import type { Backend } from "./options.js"
import type { Ort } from "./runtime.js"

export class Network {
  readonly #ort: Ort
  readonly #session: InferenceSession

  private constructor(ort: Ort, session: InferenceSession) {
    this.#ort = ort
    this.#session = session
  }

  /** @param file the bytes of an ONNX file. */
  static async load(file: Uint8Array, ort: Ort, backend: Backend): Promise<Network> {
    const options = { executionProviders: [backend], enableMemPattern: false } // one pattern for each size of image
    return new Network(ort, await ort.InferenceSession.create(file, options))
  }

  /** The shape of the input, with names where it is free. */
  get shape(): readonly (number | string)[] {
    const [input] = this.#session.inputMetadata
    return input.isTensor ? input.shape : []
  }

  async run<Output extends string>(
    input: string,
    data: Uint8Array,
    shape: number[],
    outputs: Output[],
  ): Promise<Record<Output, Float32Array>> {
    const answer = await this.#session.run({ [input]: new this.#ort.Tensor("uint8", data, shape) }, outputs)
    return Object.fromEntries(outputs.map((name) => [name, answer[name].data])) as Record<
      Output,
      Float32Array
    >
  }
}
