/** ONNX Runtime, in the build for what shall compute. */
import loader from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url"
import binary from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url"
import * as ort from "onnxruntime-web/wasm"
import { FerliteError } from "./errors.js"
import type { Backend } from "./options.js"

/** More threads than these make such small networks no faster. */
const MOST_THREADS = 4

export type Ort = typeof ort

export interface Runtime {
  ort: Ort
  backend: Backend
}

/** @throws FerliteError there is no such backend, or "webgpu" is asked for and cannot be had. */
export async function start(asked: Backend | "auto" = "wasm"): Promise<Runtime> {
  switch (asked) {
    case "wasm":
      return { ort: prepared({ ort, loader, binary }), backend: asked }
    case "webgpu":
      if ((await adapter()) === null) {
        throw new FerliteError(
          'this browser has no WebGPU; with the backend "auto" WebAssembly takes its place',
        )
      }
      return { ort: prepared(await withWebGPU()), backend: asked }
    case "auto": {
      const found = await adapter()
      // One that is no more than a program is slower than WebAssembly.
      if (found === null || found.info.isFallbackAdapter) return start("wasm")
      return start("webgpu").catch(() => start("wasm"))
    }
    default:
      throw new FerliteError(`backend must be wasm, webgpu or auto, not "${asked}"`)
  }
}

/** What WebGPU would compute with; old browsers know nothing of it. */
async function adapter(): Promise<GPUAdapter | null> {
  return (await navigator.gpu?.requestAdapter().catch(() => null)) ?? null
}

async function withWebGPU(): Promise<Build> {
  try {
    return await import("./webgpu.js")
  } catch {
    throw new FerliteError("the files for WebGPU could not be loaded; is the folder webgpu/ beside assets/?")
  }
}

interface Build {
  ort: Ort
  loader: string
  binary: string
}

function prepared({ ort, loader, binary }: Build): Ort {
  ort.env.wasm.wasmPaths = {
    mjs: new URL(loader, self.location.href).href,
    wasm: new URL(binary, self.location.href).href,
  }
  // Browsers give threads only to pages that nothing of other origins can get into.
  ort.env.wasm.numThreads = self.crossOriginIsolated
    ? Math.min(MOST_THREADS, navigator.hardwareConcurrency)
    : 1
  ort.env.logLevel = "fatal"
  return ort
}
