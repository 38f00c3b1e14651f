/** What the library and its worker say to each other. */
import type { Options, TrackerOptions } from "./options.js"

/** Pixels on their way to the worker; RGBA where they are bare. */
export type Sent = ImageBitmap | VideoFrame | { data: Uint8ClampedArray; width: number; height: number }

export type Loading = Omit<Options, "onProgress"> & { models: string }

export type Call =
  | { to: "load"; options: Loading }
  | { to: "recognize"; image: Sent }
  | { to: "begin"; tracker: number; options: TrackerOptions }
  | { to: "update"; tracker: number; image: Sent; seconds: number }
  | { to: "forget"; tracker: number }

export type Answer =
  | { loaded: number; total: number }
  | { call: number; value: unknown }
  | { call: number; error: string }
