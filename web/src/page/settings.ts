/** The choices in the settings. They are in the address, behind the #, which no server sees. */

import type { Backend, Labels, Model } from "../index.js"
import { make, the } from "./dom.js"

export interface Choice {
  model: Model
  labels: Labels
  /** Only where the address names one. */
  backend?: Backend | "auto"
}

const MODELS: Record<Model, string> = {
  ferlite_m: "ferlite_m: right most often",
  ferlite_s_int8: "ferlite_s_int8: faster",
  ferlite_xs_int8: "ferlite_xs_int8: smallest",
  ferlite_s: "ferlite_s: for WebGPU",
}
const LABELS: Record<Labels, [name: string, about: string]> = {
  photos: ["photos", "As people would name what a photo shows. The right one for most."],
  ferplus: ["FER+", "The votes of ten people for each face; seldom fear, disgust or sad."],
  fer2013: ["FER2013", "The labels of that dataset, to compare with papers."],
}

/** What the address asks for; "camera" alone in it opens the camera. A backend is only chosen there. */
export function asked(): { choice: Choice; camera: boolean } {
  const hash = new URLSearchParams(location.hash.slice(1))
  const [model, labels, backend] = ["model", "labels", "backend"].map((name) => hash.get(name) ?? "")
  return {
    choice: {
      model: model in MODELS ? (model as Model) : "ferlite_m",
      labels: labels in LABELS ? (labels as Labels) : "photos",
      ...(backend !== "" && { backend: backend as Backend | "auto" }),
    },
    camera: hash.has("camera"),
  }
}

/** Fill the settings; `changed` is told of every new choice, and answers whether it can be had. */
export function prepare(choice: Choice, changed: (choice: Choice) => Promise<boolean>): void {
  const [model, labels] = [the<HTMLSelectElement>("model"), the<HTMLSelectElement>("labels")]
  for (const [value, textContent] of Object.entries(MODELS)) {
    if (value === "ferlite_s" && choice.backend === undefined && choice.model !== value) continue
    model.append(make("option", { value, textContent }))
  }
  for (const [value, [textContent]] of Object.entries(LABELS)) {
    labels.append(make("option", { value, textContent }))
  }
  ;[model.value, labels.value] = [choice.model, choice.labels]
  const explain = () => {
    the("labels-about").textContent = LABELS[labels.value as Labels][1]
  }
  let had = choice
  const change = async () => {
    explain()
    const next = { ...had, model: model.value as Model, labels: labels.value as Labels }
    if (await changed(next)) {
      had = next
      history.replaceState(null, "", `#${new URLSearchParams({ ...next })}`)
    } else {
      ;[model.value, labels.value] = [had.model, had.labels]
      explain()
    }
  }
  model.addEventListener("change", change)
  labels.addEventListener("change", change)
  explain()
}
