/** Where the image, video or camera is shown, as large as it can be. */

import { icon, make, style, the } from "./dom.js"
import { type Source, size } from "./faces.js"

/** A small image is enlarged at most so many times. */
const ENLARGED = 4

/** Show something that knows its size; what was shown before goes. */
export function show(source: Source, mirrored = false): void {
  const [width, height] = size(source)
  const frame = the("frame")
  style(the("stage"), { ratio: width / height, most: `${width * ENLARGED}px` })
  frame.classList.toggle("mirrored", mirrored)
  frame.replaceChildren(source)
  frame.hidden = false
}

/** Take away what is shown. */
export function clear(): void {
  the("frame").replaceChildren()
  the("frame").hidden = true
  hint("")
}

/** A few words over the image; none with an empty text. */
export function hint(text: string): void {
  the("hint").textContent = text
  the("hint").hidden = text === ""
}

/** Say one sentence about what went wrong; it stays until it is closed or something else is opened. */
export function fail(sentence: string): void {
  const close = make("button", { type: "button", className: "plain", ariaLabel: "Close" })
  close.append(icon("close"))
  close.addEventListener("click", forgive)
  the("error").replaceChildren(icon("warning"), make("p", { textContent: sentence }), close)
}

/** Take the sentence away. */
export function forgive(): void {
  the("error").replaceChildren()
}
