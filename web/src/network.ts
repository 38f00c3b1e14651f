/** A network of ONNX Runtime, as one function of numbers. */

import runtime from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url"
import binary from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url"
import * as ort from "onnxruntime-web/wasm"

/** More threads than these make such small networks no faster. */
const MOST_THREADS = 4

ort.env.wasm.wasmPaths = {
  mjs: new URL(runtime, self.location.href).href,
  wasm: new URL(binary, self.location.href).href,
}
// Browsers give threads only to pages that nothing of other origins can get into.
ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1
ort.env.logLevel = "fatal"

export class Network {
  readonly #session: ort.InferenceSession

  private constructor(session: ort.InferenceSession) {
    this.#session = session
  }

  /** @param file the bytes of an ONNX file. */
  static async load(file: Uint8Array): Promise<Network> {
    const options = { executionProviders: ["wasm"], enableMemPattern: false } // one pattern for each size of image
    return new Network(await ort.InferenceSession.create(file, options))
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
