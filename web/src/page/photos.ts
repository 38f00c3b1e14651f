/** Photos that were opened: read one after another, one of them shown. */

import type { EmotionRecognizer, Face } from "../index.js"
import { announce } from "./announce.js"
import { IMAGE_COLUMNS, imageLines, line } from "./csv.js"
import { icon, make, the } from "./dom.js"
import type { Faces } from "./faces.js"
import * as stage from "./stage.js"
import { badImage, count, told } from "./words.js"

interface Photo {
  name: string
  url: string
  button: HTMLButtonElement
  faces: readonly Face[] | null
  error: string | null
}

export class Photos {
  readonly table = "faces.csv"
  private readonly photos: Photo[]
  private at = 0
  private milliseconds = 0
  private closed = false
  private runs = 0

  constructor(
    files: readonly File[],
    private readonly faces: Faces,
    private readonly state: (text: string) => void,
    private readonly ready: () => void,
  ) {
    this.photos = files.map((file) => ({
      name: file.name,
      url: URL.createObjectURL(file),
      button: make("button", { type: "button", ariaLabel: file.name }),
      faces: null,
      error: null,
    }))
    the("strip").replaceChildren(...this.photos.map(({ button }) => button))
    the("strip").hidden = files.length < 2
    this.photos.forEach(({ button, url }, index) => {
      button.append(make("img", { src: url, alt: "", loading: "lazy" }))
      button.addEventListener("click", () => void this.show(index))
    })
    this.files = files
  }

  private readonly files: readonly File[]

  /** Read all that has not been read; the first one that can be read is shown at once. */
  async read(recognizer: Promise<EmotionRecognizer>): Promise<void> {
    const run = ++this.runs
    for (const photo of this.photos) Object.assign(photo, { faces: null, error: null })
    await this.show(this.at)
    for (const [index, photo] of this.photos.entries()) {
      const image = await opened(photo.url)
      if (image === null) {
        photo.error = badImage(this.files[index]!)
      } else {
        const reader = await recognizer
        if (this.closed || run !== this.runs) return
        this.state(this.photos.length > 1 ? `Reading ${index + 1} of ${this.photos.length}` : "Reading")
        const began = performance.now()
        const faces = await reader.recognize(image).catch((error: unknown) => {
          if (run === this.runs) throw error // otherwise another recognizer has taken over
          return null
        })
        if (faces === null || run !== this.runs) return
        photo.faces = faces
        this.milliseconds = performance.now() - began
      }
      if (this.closed) return
      this.badge(photo)
      if (index === this.at) await this.show(index)
    }
    this.summarize()
    this.ready()
  }

  csv(): Blob {
    const lines = this.photos.map(({ name, faces, error }) => imageLines(name, faces ?? [], error))
    return new Blob([line(IMAGE_COLUMNS), ...lines], { type: "text/csv" })
  }

  close(): void {
    this.closed = true
    for (const { url } of this.photos) URL.revokeObjectURL(url)
    the("strip").replaceChildren()
    the("strip").hidden = true
  }

  private async show(index: number): Promise<void> {
    this.at = index
    const photo = this.photos[index]!
    for (const { button } of this.photos) button.removeAttribute("aria-current")
    photo.button.setAttribute("aria-current", "true")
    stage.forgive()
    const image = await opened(photo.url)
    if (this.closed || this.at !== index) return
    this.faces.clear()
    if (image === null) {
      stage.clear()
      stage.fail(badImage(this.files[index]!))
      return
    }
    image.alt = photo.faces === null ? photo.name : `${photo.name}, ${told(photo.faces)}`
    stage.show(image)
    stage.hint(photo.faces?.length === 0 ? "No face found: it may be small, dark or turned away." : "")
    if (photo.faces !== null) this.faces.show(photo.faces, image, false)
  }

  private badge({ button, name, faces, error }: Photo): void {
    button.ariaLabel = error ?? `${name}, ${faces!.length} ${faces!.length === 1 ? "face" : "faces"}`
    button.classList.toggle("broken", error !== null)
    if (error !== null) button.replaceChildren(icon("warning"))
    else button.append(make("span", { textContent: String(faces!.length) }))
  }

  private summarize(): void {
    const read = this.photos.filter(({ faces }) => faces !== null)
    const all = read.flatMap(({ faces }) => faces!)
    const broken = this.photos.length - read.length
    if (this.photos.length === 1) {
      this.state(broken ? "" : `${count(all.length)} in ${Math.round(this.milliseconds)} ms`)
      if (!broken) announce(`${this.photos[0]!.name}: ${told(all)}`)
    } else {
      const failed = broken ? `, ${broken} could not be read` : ""
      this.state(`${count(all.length)} in ${read.length} photos${failed}`)
      announce(`${read.length} photos read, ${told(all)}${failed}`)
    }
  }
}

async function opened(url: string): Promise<HTMLImageElement | null> {
  const image = make("img", { src: url })
  try {
    await image.decode()
  } catch {
    return null
  }
  return image.naturalWidth > 0 && image.naturalHeight > 0 ? image : null
}
