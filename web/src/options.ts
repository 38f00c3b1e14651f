/**
 * A model that comes with ferlite; `ferlite models list` says how good and how large each is. Of those of
 * float32 there is only "ferlite_s", for WebGPU: int8 files are a third as large, quicker on WebAssembly, and
 * as good.
 */
export type Model = "ferlite_m" | "ferlite_s_int8" | "ferlite_xs_int8" | "ferlite_s"
/** The label source: what an answer is meant to agree with. "photos" is the right one for photos. */
export type Labels = "photos" | "ferplus" | "fer2013"
/** What computes: WebAssembly, with threads where the page is isolated, or the graphics processor. */
export type Backend = "wasm" | "webgpu"

export interface Options {
  /** Address of the folder with the model files; by default `models/` beside the library's own file. */
  models?: string
  /** By default "ferlite_s_int8", which is quick; "ferlite_m" is right more often, and slower and larger. */
  model?: Model
  /** By default "photos". */
  labels?: Labels
  /**
   * By default "wasm". "webgpu" loads a larger ONNX Runtime, and fails where the browser has no WebGPU; "auto"
   * takes WebAssembly there. Networks of int8 are computed by WebAssembly with either.
   */
  backend?: Backend | "auto"
  /** What scores less is no face, in (0, 1); by default 0.5 for a face that fills the image, else 0.7. */
  minScore?: number
  /** Height in pixels of the smallest face to find; by default 40, and more in very large images. */
  minSize?: number
  /** Told how many bytes of all have been loaded, several times until `load` is done. */
  onProgress?: (loaded: number, total: number) => void
}

export interface TrackerOptions {
  /** Faces are searched every so many frames; in between, they move on as they did. By default 1. */
  every?: number
  /** Half-life of the probabilities' exponential smoothing, in seconds; 0 for none. By default 0.3. */
  halfLife?: number
  /** "auto" gives people who come back after a cut or an absence their number again; "off" does not. */
  people?: "auto" | "off"
}
