/**
 * Find faces with BlazeFace, the built-in detector; as ferlite.faces.blazeface, whose names and
 * numbers these are, and which says why they are so.
 */
import { FerliteError } from "../errors.js"
import type { Network } from "../network.js"
import { largestFirst, roundHalfEven } from "../numbers.js"
import { cut, type Pixels, resize, writeRgb } from "../pixels.js"
import { type Box, type Detection, hasPlace, type Point } from "./detection.js"
import type { PNet, Suspected } from "./pnet.js"

/** A face that fills the image is one from this score on... */
const FILLING_SCORE = 0.5
/** ...and any other face from this one on, in the mean of the closer looks. */
const MIN_SCORE = 0.7
/** Faces of this many pixels are found where nothing else is asked for... */
const MIN_SIZE = 40
/** ...and larger ones in images with a longer side than this, so that it takes no longer. */
const LARGEST = 2400
/** An image is first searched at this longer side: faces that fill it are seen best so. */
const WHOLE = 80
/** Black pixels around what is searched. */
const BORDER = 24
/** A face of so many pixels, of those that are searched, is at least suspected. */
const SEEN = 28
/** Beside a face of this part of the longer side there is no room for a smaller one to look for. */
const FILLS = 0.6
/** From this score on, a place is looked at again, closer. */
const SUSPECTED = 0.3
/** From this score on, a place counts for the mean that a face's box is. */
const BLENDED = 0.2
/** Of so many places at most, the likeliest. */
const MOST = 150
/** So many are looked at in one run. */
const AT_ONCE = 32
/** A place is looked at with so much around it, over the suspected face's size, at so many pixels a side. */
const LOOKS = [
  [1.5, 64],
  [2, 128],
]
/** A look that scores less than what is enough by more than this ends the matter. */
const SPREAD = 0.2
/** Boxes that overlap by more than this (intersection over union) are of the same face... */
const OVERLAP = 0.3
/** ...and so is a box of which more than this lies inside another one. */
const INSIDE = 0.6
/** Side of the box that is given, over the network's own... */
const SCALE = 1.18
/** ...and by how much of that it lies higher, towards the hair. */
const HIGHER = 0.1
/** Cells of the two grids in pixels, and how many faces a cell may be asked for. */
const GRIDS = [
  [8, 2],
  [16, 6],
]

/** Score; x, y, width and height; six points: right eye, left eye, nose, mouth and the ears. */
type Place = number[]
const COLUMNS = 17

export class BlazeFace {
  readonly #network: Network
  readonly #suspect: PNet
  readonly #minScore: number | undefined
  readonly #minSize: number | undefined

  /** @throws FerliteError an argument makes no sense. */
  constructor(network: Network, suspect: PNet, minScore?: number, minSize?: number) {
    if (minScore !== undefined && !(minScore > 0 && minScore < 1)) {
      throw new FerliteError(`minScore must be between 0 and 1, not ${minScore}`)
    }
    if (minSize !== undefined && !(minSize >= 1 && minSize < Infinity)) {
      throw new FerliteError(`minSize must be at least 1 pixel, not ${minSize}`)
    }
    this.#network = network
    this.#suspect = suspect
    this.#minScore = minScore
    this.#minSize = minSize
  }

  /** The faces of an RGBA image, the surest first. */
  async detect(image: Pixels): Promise<Detection[]> {
    const enough = this.#minScore ?? MIN_SCORE
    const enoughFilling = this.#minScore ?? FILLING_SCORE
    const longest = Math.max(image.width, image.height)
    const found = await this.#searchWhole(image, WHOLE / longest)
    let sure = found.filter((place) => place[0] >= enoughFilling && place[3] >= FILLS * longest)
    if (sure.length === 0) {
      // One that fills the image has been seen as closely as can be.
      const seen = found.filter(([score]) => score >= SUSPECTED)
      sure = await this.#lookCloser(image, seen, enough)
      const smallest = this.#minSize ?? MIN_SIZE * Math.max(1, longest / LARGEST)
      const suspected = await this.#suspect.find(image, smallest, (longest * SEEN) / WHOLE)
      const places = apart(suspected.map(withoutPoints), 1)
        .slice(0, MOST)
        .filter((place) => !isOf(place, sure))
      sure = [...sure, ...(await this.#lookCloser(image, places, enough))]
    }
    const smallest = this.#minSize ?? 0
    return apart(sure)
      .map(detection)
      .filter((face) => hasPlace(face.box) && face.box[3] >= smallest)
  }

  /** The likely places of an image that is searched `scale` times as large. */
  async #searchWhole(image: Pixels, scale: number): Promise<Place[]> {
    const [width, height] = [image.width, image.height].map((side) =>
      Math.max(1, roundHalfEven(side * scale)),
    )
    const small = resize(image, width, height)
    const [rows, columns] = [height, width].map((side) => side + 2 * BORDER + ((16 - (side % 16)) % 16))
    const canvas = new Uint8Array(rows * columns * 3)
    for (let y = 0; y < height; y++) {
      writeRgb(small, y, 0, width, canvas, 3 * ((y + BORDER) * columns + BORDER))
    }
    const [found] = await this.#search(canvas, 1, rows, columns)
    return found.map((place) => moved(place, 1 / scale, -BORDER, -BORDER))
  }

  /** What is seen where a face was suspected: the mean of the looks, where all see one. */
  async #lookCloser(image: Pixels, places: Place[], enough: number): Promise<Place[]> {
    let looked = places.map((place) => ({ place, looks: [] as Place[] }))
    for (const [around, side] of LOOKS) {
      const seen = await this.#look(
        image,
        looked.map(({ place }) => place),
        around,
        side,
      )
      looked = looked
        .map(({ place, looks }, i) => ({ place, looks: [...looks, seen[i]] }))
        .filter((_, i) => seen[i][0] >= Math.max(enough - SPREAD, SUSPECTED))
    }
    return looked
      .map(({ looks }) =>
        looks[0].map((_, c) => looks.reduce((sum, look) => sum + look[c], 0) / looks.length),
      )
      .filter((place) => place[0] >= enough)
  }

  /** What is seen at each place, in an image of its own; score 0 where there is nothing. */
  async #look(image: Pixels, places: Place[], around: number, close: number): Promise<Place[]> {
    const answer: Place[] = []
    for (let start = 0; start < places.length; start += AT_ONCE) {
      const some = places.slice(start, start + AT_ONCE)
      const views = new Uint8Array(some.length * close * close * 3)
      const squares = some.map(([, x, y, w, h], i) => {
        const side = Math.max(1, roundHalfEven(around * Math.max(w, h)))
        const left = roundHalfEven(x + w / 2 - side / 2)
        const top = roundHalfEven(y + h / 2 - side / 2)
        const view = resize(cut(image, left, top, left + side, top + side), close, close)
        for (let row = 0; row < close; row++) {
          writeRgb(view, row, 0, close, views, 3 * (i * close + row) * close)
        }
        return { scale: side / close, left, top }
      })
      const seen = await this.#search(views, some.length, close, close)
      squares.forEach(({ scale, left, top }, i) => {
        const same = seen[i]
          .map((place) => moved(place, scale, left / scale, top / scale))
          .find((place) => overlap(place, some[i]) >= OVERLAP)
        answer.push(same ?? new Array<number>(COLUMNS).fill(0))
      })
    }
    return answer
  }

  /** For each image its likely places, in its own pixels. */
  async #search(images: Uint8Array, count: number, rows: number, columns: number): Promise<Place[][]> {
    const { boxes, scores } = await this.#network.run(
      "images",
      images,
      [count, rows, columns, 3],
      ["boxes", "scores"],
    )
    const anchors = scores.length / count
    return Array.from({ length: count }, (_, i) => {
      const places: Place[] = []
      let anchor = i * anchors
      for (const [cell, faces] of GRIDS) {
        const across = Math.floor(columns / cell)
        for (let c = 0; c < across * Math.floor(rows / cell); c++) {
          for (let f = 0; f < faces; f++, anchor++) {
            if (!(scores[anchor] >= BLENDED)) continue
            const centre = [((c % across) + 0.5) * cell, (Math.floor(c / across) + 0.5) * cell]
            const place: Place = [scores[anchor]]
            for (let k = 0; k < 16; k++) {
              const number = boxes[anchor * 16 + k]
              place.push(k === 2 || k === 3 ? number : number + centre[k % 2])
            }
            place[1] -= place[3] / 2
            place[2] -= place[4] / 2
            places.push(place)
          }
        }
      }
      return blended(largestFirst(places.map(([score]) => score)).map((at) => places[at]))
    })
  }
}

/** A place of which only score and box are known. */
function withoutPoints(place: Suspected): Place {
  return [...place, ...new Array<number>(COLUMNS - place.length).fill(0)]
}

/** A place counted from another corner, and then in other pixels. */
function moved(place: Place, scale: number, left: number, top: number): Place {
  return place.map((number, c) => {
    if (c === 0) return number
    if (c === 3 || c === 4) return number * scale
    return (number + (c % 2 === 1 ? left : top)) * scale
  })
}

/** One place for each face: the mean of those that overlap, by their scores; surest come first. */
function blended(places: Place[]): Place[] {
  const faces: Place[] = []
  for (let rest = places; rest.length > 0; ) {
    const [first] = rest
    const same = rest.filter((place, i) => i === 0 || overlap(place, first) >= OVERLAP)
    const weight = same.reduce((sum, place) => sum + place[0], 0)
    const face = first.map((_, c) => same.reduce((sum, place) => sum + place[c] * place[0], 0) / weight)
    face[0] = first[0]
    faces.push(face)
    rest = rest.filter((place) => !same.includes(place))
  }
  return faces
}

/** The surest of places that are of the same face, surest first. */
function apart(places: Place[], inside = INSIDE): Place[] {
  const kept: Place[] = []
  for (const at of largestFirst(places.map(([score]) => score))) {
    if (!isOf(places[at], kept, inside)) kept.push(places[at])
  }
  return kept
}

/** Whether a place is of one of the faces: it overlaps it, or one is in the other. */
function isOf(place: Place, faces: Place[], inside = INSIDE): boolean {
  return faces.some((face) => {
    const both = shared(place, face)
    const [one, other] = [area(place), area(face)]
    return both >= OVERLAP * (one + other - both) || both >= inside * Math.min(one, other)
  })
}

function overlap(place: Place, other: Place): number {
  const both = shared(place, other)
  return both / (area(place) + area(other) - both) || 0
}

function shared([, x, y, w, h]: Place, [, otherX, otherY, otherW, otherH]: Place): number {
  const width = Math.min(x + w, otherX + otherW) - Math.max(x, otherX)
  const height = Math.min(y + h, otherY + otherH) - Math.max(y, otherY)
  return Math.max(width, 0) * Math.max(height, 0)
}

function area([, , , w, h]: Place): number {
  return Math.max(w, 0) * Math.max(h, 0)
}

function detection([score, x, y, w, h, ...points]: Place): Detection {
  const angle = tilt([points[0], points[1]], [points[2], points[3]], [points[6], points[7]])
  const turned = (angle * Math.PI) / 180
  const centreX = x + w / 2 + HIGHER * h * Math.sin(turned)
  const centreY = y + h / 2 - HIGHER * h * Math.cos(turned)
  const side = SCALE * Math.max(w, h)
  const box: Box = [centreX - side / 2, centreY - side / 2, side, side]
  return { box, score: Math.min(score, 1), angle }
}

/** By how many degrees a face is tilted, clockwise as seen, in [-180, 180]. */
function tilt(rightEye: Point, leftEye: Point, mouth: Point): number {
  const downX = mouth[0] - (rightEye[0] + leftEye[0]) / 2
  const downY = mouth[1] - (rightEye[1] + leftEye[1]) / 2
  const turn = Math.atan2(leftEye[1] - rightEye[1] - downX, leftEye[0] - rightEye[0] + downY)
  return (turn * 180) / Math.PI
}
