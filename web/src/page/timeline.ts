/** A row for each person: at each moment their probabilities are stacked and fill the row. */

import { EMOTIONS } from "../index.js"
import { make, style, the } from "./dom.js"
import type { Person, Recording } from "./recording.js"
import { percent } from "./words.js"

/** Those who are seen longest are drawn. */
const MOST_PEOPLE = 8

interface Row {
  item: HTMLLIElement
  words: HTMLElement
  canvas: HTMLCanvasElement
  drawn: number
  scale: string
}

export class Timeline {
  private readonly rows = new Map<number, Row>()
  private readonly resized = new ResizeObserver(() => this.again())
  private colors: string[] = []

  constructor(private readonly seek: ((share: number) => void) | null) {
    the("legend").replaceChildren(
      ...EMOTIONS.map((emotion) => {
        const item = make("li", { textContent: emotion })
        style(item, { color: `var(--${emotion})` })
        return item
      }),
    )
    the("rows").replaceChildren()
    this.dark.addEventListener("change", this.again)
    this.resized.observe(the("rows"))
    this.again()
  }

  private readonly dark = matchMedia("(prefers-color-scheme: dark)")

  /** Draw what is new between two times; `now` is where the video is. */
  draw(recording: Recording, begin: number, end: number, now: number | null): void {
    const longest = [...recording.people.values()].sort((a, b) => b.seconds - a.seconds)
    const shown = longest.slice(0, MOST_PEOPLE).sort((a, b) => a.number - b.number)
    for (const [number, { item }] of this.rows) {
      if (shown.some((person) => person.number === number)) continue
      item.remove()
      this.rows.delete(number)
    }
    for (const person of shown) this.person(person, begin, end)
    the("people").classList.toggle("played", now !== null)
    if (now !== null) style(the("rows"), { now: Math.max(0, (now - begin) / (end - begin)) })
  }

  /** Begin anew. */
  clear(): void {
    this.rows.clear()
    the("rows").replaceChildren()
  }

  close(): void {
    this.resized.disconnect()
    this.dark.removeEventListener("change", this.again)
    this.clear()
  }

  /** Everything has to be drawn again: the size or the colours have changed. */
  private readonly again = (): void => {
    const look = getComputedStyle(document.documentElement)
    this.colors = EMOTIONS.map((emotion) => look.getPropertyValue(`--${emotion}`).trim())
    for (const row of this.rows.values()) row.scale = ""
  }

  private person(person: Person, begin: number, end: number): void {
    const row = this.rows.get(person.number) ?? this.add(person)
    const mostly = person.mostly
    const text = mostly === null ? "" : `mostly ${mostly[0]}, ${percent(mostly[1])}`
    if (row.words.textContent !== text) row.words.textContent = text
    const scale = `${begin} ${end}`
    if (row.scale !== scale) {
      const density = Math.min(2, devicePixelRatio)
      row.canvas.width = Math.round(row.canvas.clientWidth * density)
      row.canvas.height = Math.round(row.canvas.clientHeight * density)
      row.scale = scale
      row.drawn = 0
    }
    const context = row.canvas.getContext("2d")!
    const { width, height } = row.canvas
    const x = (time: number) => ((time - begin) / (end - begin)) * width
    const { moments } = person
    for (; row.drawn < moments.length; row.drawn++) {
      const { time, shares, linked } = moments[row.drawn]!
      const before = moments[row.drawn - 1]
      // What is shown lasts until the next frame, which is not known yet: fill from the last one.
      const left = linked && before !== undefined ? Math.floor(x(before.time)) : Math.floor(x(time))
      const wide = Math.max(1, Math.ceil(x(time)) - left)
      let bottom = height
      shares.forEach((share, index) => {
        const high = share * height
        context.fillStyle = this.colors[index]!
        context.fillRect(left, bottom - high, wide, high + 0.5)
        bottom -= high
      })
    }
  }

  private add(person: Person): Row {
    const words = make("small")
    const canvas = make("canvas")
    canvas.setAttribute("aria-hidden", "true")
    const line = make("div", {}, canvas)
    const item = make("li", {}, person.portrait, make("p", {}, `Person ${person.number}`, words), line)
    if (this.seek !== null) {
      line.addEventListener("click", (event) => {
        this.seek!(event.offsetX / line.clientWidth)
      })
    }
    const after = [...this.rows].filter(([number]) => number > person.number)
    const next = after.sort((a, b) => a[0] - b[0])[0]
    the("rows").insertBefore(item, next?.[1].item ?? null)
    const row = { item, words, canvas, drawn: 0, scale: "" }
    this.rows.set(person.number, row)
    return row
  }
}
