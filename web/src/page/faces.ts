/** The faces of an image or a frame: boxes over it, and a card with the seven bars beside it. */

import { EMOTIONS, type Emotion, type Face } from "../index.js"
import { make, style, the } from "./dom.js"
import { count, percent } from "./words.js"

/** What faces are cut out of. */
export type Source = HTMLImageElement | HTMLVideoElement

/** Of more faces than this, the bars of the chosen one alone are open at first. */
const OPEN = 6
/** Boxes that are shown narrower than this, in pixels, have no label of their own. */
const NARROW = 64
const PORTRAIT = 96
/** Milliseconds between two portraits of a face that moves. */
const PORTRAIT_EVERY = 400

/** The bars of the emotions; `set` moves them. */
export class Bars {
  readonly list = make("ul", { className: "bars" })
  private readonly rows = new Map<Emotion, [HTMLLIElement, HTMLElement, HTMLElement]>()

  constructor() {
    for (const emotion of EMOTIONS) {
      const [bar, number] = [make("i"), make("span")]
      const row = make("li", {}, make("span", { textContent: emotion }), bar, number)
      bar.setAttribute("aria-hidden", "true")
      style(bar, { color: `var(--${emotion})`, p: 0 })
      this.rows.set(emotion, [row, bar, number])
      this.list.append(row)
    }
  }

  set(
    probabilities: Record<Emotion, number>,
    strongest?: Emotion,
    suffix: (emotion: Emotion) => string = () => "",
  ): void {
    for (const [emotion, [row, bar, number]] of this.rows) {
      row.classList.toggle("strongest", emotion === strongest)
      style(bar, { p: probabilities[emotion].toFixed(4) })
      number.textContent = percent(probabilities[emotion]) + suffix(emotion)
    }
  }
}

class Card {
  readonly item = make("li", { className: "face" })
  readonly box = make("div", { className: "box" })
  readonly button = make("button", { type: "button" })
  readonly bars = new Bars()
  private readonly portrait = make("canvas", { width: PORTRAIT, height: PORTRAIT })
  private readonly who = make("small")
  private readonly emotion = make("strong")
  private readonly confidence = make("span", { className: "confidence" })
  private readonly label = make("span")
  private drawn = -Infinity

  constructor() {
    this.portrait.setAttribute("aria-hidden", "true")
    this.button.append(this.portrait, make("span", {}, this.who, this.emotion), this.confidence)
    this.item.append(this.button, this.bars.list)
    this.box.append(this.label)
  }

  show(face: Face, who: string, source: Source, moves: boolean): void {
    const shown = percent(face.confidence)
    this.who.textContent = who
    this.emotion.textContent = face.emotion
    this.confidence.textContent = shown
    this.label.textContent = `${face.emotion} ${shown}`
    style(this.emotion, { color: `var(--${face.emotion})` })
    style(this.label, { color: `var(--${face.emotion})` })
    this.bars.set(face.probabilities, face.emotion)
    const now = performance.now()
    if (!moves || now - this.drawn > PORTRAIT_EVERY) {
      portrait(this.portrait, source, face)
      this.drawn = now
    }
  }
}

/** Draw a face with some of what is around it. */
export function portrait(canvas: HTMLCanvasElement, source: Source, { box }: Face): void {
  const [left, top, width, height] = box
  const side = 1.35 * Math.max(width, height)
  const [x, y] = [left + (width - side) / 2, top + (height - side) / 2]
  const context = canvas.getContext("2d")!
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.drawImage(source, x, y, side, side, 0, 0, canvas.width, canvas.height)
}

export class Faces {
  private readonly list = the("faces")
  private readonly boxes = make("div", { id: "boxes" })
  private cards: Card[] = []
  private chosen = -1

  constructor() {
    this.boxes.setAttribute("aria-hidden", "true") // the cards say the same
    this.list.addEventListener("keydown", (event) => this.step(event))
  }

  /** Show the faces of a source; `moves` says that more of them follow soon. */
  show(faces: readonly Face[], source: Source, moves: boolean, mirrored = false): void {
    const [width, height] = size(source)
    if (this.boxes.parentElement !== the("frame")) the("frame").append(this.boxes)
    const shown = this.boxes.clientWidth / width
    while (this.cards.length < faces.length) this.add()
    for (const card of this.cards.splice(faces.length)) {
      card.item.remove()
      card.box.remove()
    }
    if (!moves || this.chosen >= faces.length) this.chosen = -1
    faces.forEach((face, index) => {
      const { item, box, button, bars } = this.cards[index]!
      const [left, y, w, h] = face.box
      const x = mirrored ? width - left - w : left
      style(box, { x: x / width, y: y / height, w: w / width, h: h / height })
      box.classList.toggle("small", faces.length > 1 && w * shown < NARROW)
      box.classList.toggle("high", y * shown < 30)
      box.classList.toggle("right", x > 0.75 * width)
      const number = face.person ?? face.track_id
      const who = number === null ? `Face ${index + 1}` : `Person ${number}`
      this.cards[index]!.show(face, who, source, moves)
      const open = faces.length <= OPEN || index === this.chosen
      bars.list.hidden = !open
      button.setAttribute("aria-expanded", String(open))
      item.classList.toggle("chosen", index === this.chosen)
      box.classList.toggle("chosen", index === this.chosen)
    })
    const text = count(faces.length)
    if (the("count").textContent !== text) the("count").textContent = text
  }

  clear(): void {
    for (const { item, box } of this.cards.splice(0)) {
      item.remove()
      box.remove()
    }
    this.chosen = -1
    the("count").textContent = "Faces"
  }

  private add(): void {
    const card = new Card()
    this.cards.push(card)
    this.list.append(card.item)
    this.boxes.append(card.box)
    const choose = () => {
      const index = this.cards.indexOf(card)
      this.choose(index === this.chosen ? -1 : index)
    }
    card.button.addEventListener("click", choose)
    card.box.addEventListener("click", () => {
      choose()
      card.item.scrollIntoView({ block: "nearest", behavior: "smooth" })
    })
    for (const [name, on] of [
      ["pointerenter", true],
      ["pointerleave", false],
    ] as const) {
      card.item.addEventListener(name, () => card.box.classList.toggle("hovered", on))
    }
  }

  private choose(index: number): void {
    this.chosen = index
    const few = this.cards.length <= OPEN
    this.cards.forEach(({ item, box, button, bars }, at) => {
      item.classList.toggle("chosen", at === index)
      box.classList.toggle("chosen", at === index)
      bars.list.hidden = !few && at !== index
      button.setAttribute("aria-expanded", String(few || at === index))
    })
  }

  /** Arrows go from face to face. */
  private step(event: KeyboardEvent): void {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
    if (by === undefined) return
    const at = this.cards.findIndex(({ button }) => button === document.activeElement)
    const next = this.cards[at < 0 ? 0 : at + by]
    if (next === undefined) return
    event.preventDefault()
    next.button.focus()
  }
}

/** Width and height of a source in pixels of its own. */
export function size(source: Source): [number, number] {
  return source instanceof HTMLVideoElement
    ? [source.videoWidth, source.videoHeight]
    : [source.naturalWidth, source.naturalHeight]
}
