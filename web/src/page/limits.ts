/** How far to trust it: a dialog with the numbers that were measured. */

import { make, the } from "./dom.js"
import { Bars } from "./faces.js"
import { percent } from "./words.js"

const POINTS = [
  "It names the expression that most people would see. It is no mind reader: it knows nothing of " +
    "what anyone feels, thinks or will do.",
  "It often misses fear, disgust and sadness, and takes them for neutral.",
  "Faces in profile, and small, dark, blurred or covered ones, are missed or misread.",
  "Nobody has measured how well it works by age, sex, skin colour or culture.",
  "It must not be used to decide about people. At work and in education, the law of the European " +
    "Union prohibits it.",
]

/** Fill the dialog, and let the button open it. */
export function prepare(): void {
  const dialog = the<HTMLDialogElement>("limits")
  const { accuracy, photos, recall, counts } = MEASURED
  const bars = new Bars()
  bars.set(recall, undefined, (emotion) => ` of ${counts[emotion]}`)
  bars.list.ariaLabel = "How many photos of each emotion are recognised"
  const title = make("h2", { id: "limits-title", textContent: "How far to trust it", tabIndex: -1 })
  title.autofocus = true // or the dialog would open at its end, where its button is
  const close = make("button", { className: "primary", textContent: "Close" })
  dialog.append(
    title,
    make("p", {
      textContent:
        `Of ${photos.toLocaleString("en")} labelled photos of people in public life it read ` +
        `${percent(accuracy)} right. How many of each emotion it recognised:`,
    }),
    bars.list,
    make("ul", {}, ...POINTS.map((textContent) => make("li", { textContent }))),
    make("p", {
      textContent:
        "Images, videos and the camera are read on this device. Nothing is sent or kept; the " +
        "browser itself blocks this page from talking to anyone but where it came from.",
    }),
  )
  if (DOCS) {
    const link = make("a", { href: DOCS, textContent: "How good is it, and when not to trust it" })
    dialog.append(make("p", {}, "More in the documentation: ", link, "."))
  }
  dialog.append(make("form", { method: "dialog" }, close))
  the("open-limits").addEventListener("click", () => dialog.showModal())
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close() // beside it
  })
}
