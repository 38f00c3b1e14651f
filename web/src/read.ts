/** An image, canvas or frame that the worker was sent, as upright pixels with nothing transparent. */
import { FerliteError } from "./errors.js"
import type { Pixels } from "./pixels.js"
import type { Sent } from "./protocol.js"

/** So many pixels are taken at a time: some browsers have no larger canvas. */
const STRIP = 4_000_000
/** A larger image is refused, as in Python. */
const MOST_PIXELS = 100_000_000

export function read(image: Sent): Pixels {
  if ("data" in image) return onWhite(sized(image.width, image.height, image.data))
  try {
    const [width, height] =
      "codedWidth" in image ? [image.displayWidth, image.displayHeight] : [image.width, image.height]
    const pixels = sized(width, height)
    const rows = Math.min(height, Math.max(1, Math.floor(STRIP / width)))
    const canvas = new OffscreenCanvas(width, rows)
    const context = canvas.getContext("2d", { willReadFrequently: true })
    if (context === null) throw new FerliteError("this browser cannot draw in a worker")
    context.fillStyle = "white" // where the image is transparent
    for (let top = 0; top < height; top += rows) {
      context.fillRect(0, 0, width, rows)
      context.drawImage(image, 0, -top)
      const strip = context.getImageData(0, 0, width, Math.min(rows, height - top))
      if (rows === height) pixels.data = strip.data
      else pixels.data.set(strip.data, 4 * top * width)
    }
    return pixels
  } finally {
    image.close()
  }
}

function sized(width: number, height: number, data?: Uint8ClampedArray): Pixels {
  if (width * height > MOST_PIXELS) {
    throw new FerliteError(`the image is ${width}×${height}, over the limit of 100 million pixels`)
  }
  if (width * height === 0) throw new FerliteError("the image has no pixels; wait until it has loaded")
  return { data: data ?? new Uint8ClampedArray(0), width, height, channels: 4 }
}

function onWhite(image: Pixels): Pixels {
  const { data } = image
  for (let at = 3; at < data.length; at += 4) {
    const alpha = data[at]
    if (alpha === 255) continue
    for (let c = at - 3; c < at; c++) data[c] = Math.round((data[c] * alpha + 255 * (255 - alpha)) / 255)
  }
  return image
}
