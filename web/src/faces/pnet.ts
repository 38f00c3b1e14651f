/** Suspect small faces with P-Net, the first network of MTCNN; as ferlite.faces.pnet. */
import type { Network } from "../network.js"
import { roundHalfEven } from "../numbers.js"
import { type Pixels, resize, writeRgb } from "../pixels.js"

/** Height and width, in pixels, of what the network judges at once... */
const WINDOW = 12
/** ...and how far it is from one window to the next. */
const STRIDE = 2
/** A face of so many pixels is surely suspected. */
const SEEN = 13.5
/** Larger images are searched in tiles of so many pixels a side; also here, so that of equal scores the same come first. */
const TILE = 128
/** From one size at which an image is searched to the next. */
const STEP = 1.5
/** From this score on, a window may hold a face. */
const SUSPECTED = 0.7

/** Score; x, y, width and height. */
export type Suspected = [number, number, number, number, number]

export class PNet {
  readonly #network: Network

  constructor(network: Network) {
    this.#network = network
  }

  /** Where faces of an RGBA image may be, in no order, and several places for each face. */
  async find(image: Pixels, smallest: number, largest: number): Promise<Suspected[]> {
    const found: Suspected[][] = []
    let now = image
    for (let size = smallest; size < largest; size *= STEP) {
      const scale = SEEN / size
      const [width, height] = [image.width, image.height].map((side) => roundHalfEven(side * scale))
      if (Math.min(width, height) < WINDOW) break
      // From the size before, which is cheaper than from the whole image.
      now = resize(now, width, height)
      found.push(await this.#search(now, scale))
    }
    return found.flat()
  }

  /** What is suspected at one size: the same for tiles as for the whole, with every window. */
  async #search(image: Pixels, scale: number): Promise<Suspected[]> {
    const found: Suspected[] = []
    for (let top = 0; top <= image.height - WINDOW; top += TILE - WINDOW + STRIDE) {
      for (let left = 0; left <= image.width - WINDOW; left += TILE - WINDOW + STRIDE) {
        for (const [score, x, y, w, h] of await this.#searchTile(image, left, top)) {
          found.push([score, (x + left) / scale, (y + top) / scale, w / scale, h / scale])
        }
      }
    }
    return found
  }

  async #searchTile(image: Pixels, left: number, top: number): Promise<Suspected[]> {
    const width = Math.min(TILE, image.width - left)
    const height = Math.min(TILE, image.height - top)
    const tile = new Uint8Array(height * width * 3)
    for (let y = 0; y < height; y++) writeRgb(image, top + y, left, left + width, tile, 3 * y * width)
    const { scores, moves } = await this.#network.run(
      "images",
      tile,
      [1, height, width, 3],
      ["scores", "moves"],
    )
    const columns = Math.ceil((width - WINDOW + 1) / STRIDE)
    const found: Suspected[] = []
    scores.forEach((score, at) => {
      if (!(score >= SUSPECTED)) return
      const [l, t, r, b] = [0, 1, 2, 3].map((move) => moves[move * scores.length + at])
      const x = STRIDE * (at % columns) + WINDOW * l
      const y = STRIDE * Math.floor(at / columns) + WINDOW * t
      found.push([score, x, y, WINDOW * (1 + r - l), WINDOW * (1 + b - t)])
    })
    return found
  }
}
