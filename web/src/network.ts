/** A network of ONNX Runtime, as one function of numbers. */

import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url"
import * as ort from "onnxruntime-web/wasm"

ort.env.wasm.wasmPaths = { wasm: new URL(wasm, self.location.href).href }
ort.env.wasm.numThreads = 1
ort.env.logLevel = "fatal"

export class Network {
  readonly #session: ort.InferenceSession

  private constructor(session: ort.InferenceSession) {
    this.#session = session
  }

  /** @param file the bytes of an ONNX file. */
  static async load(file: Uint8Array): Promise<Network> {
    return new Network(await ort.InferenceSession.create(file, { executionProviders: ["wasm"] }))
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
    const answer = await this.#session.run({ [input]: new ort.Tensor("uint8", data, shape) }, outputs)
    return Object.fromEntries(outputs.map((name) => [name, answer[name].data])) as Record<
      Output,
      Float32Array
    >
  }
}
