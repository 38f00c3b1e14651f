/** ONNX Runtime's build with WebGPU, too: twice as large, so it is only loaded where it is asked for. */
export { default as loader } from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url"
export { default as binary } from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url"
export * as ort from "onnxruntime-web/webgpu"
