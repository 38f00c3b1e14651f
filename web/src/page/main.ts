/** The page: what is opened is shown, read and offered as a table. */

import { EmotionRecognizer } from "../index.js"
import { announce } from "./announce.js"
import { openedCamera } from "./camera.js"
import { download, the } from "./dom.js"
import { Faces } from "./faces.js"
import * as limits from "./limits.js"
import { Moving, openedVideo } from "./moving.js"
import { register } from "./offline.js"
import { Photos } from "./photos.js"
import * as settings from "./settings.js"
import * as stage from "./stage.js"
import { badCamera, badModel, badVideo, percent } from "./words.js"

const BACKENDS = { wasm: "WebAssembly", webgpu: "WebGPU" }
const EXAMPLE = new URL("../../../examples/astronaut.jpg", import.meta.url).href

const faces = new Faces()
let view: Photos | Moving | null = null
let camera: MediaStreamTrack | null = null
let recognizer: Promise<EmotionRecognizer> | undefined
const registered = register(() => view === null)

function state(text: string): void {
  the("state").textContent = text
}

/**
 * Load a recognizer in place of the one before; what is open is read again.
 *
 * If it cannot be had, that is said, the one before stays, and the answer is false.
 */
async function load(choice: settings.Choice): Promise<boolean> {
  const before = recognizer
  const bar = the<HTMLProgressElement>("loading")
  state("Loading the model")
  bar.hidden = false
  bar.removeAttribute("value")
  const onProgress = (loaded: number, total: number) => {
    bar.value = loaded / total
    state(`Loading the model, ${percent(loaded / total)}`)
  }
  recognizer = registered.then(() => EmotionRecognizer.load({ ...choice, onProgress }))
  try {
    const { backend } = await recognizer
    if (view !== null) void read(view)
    before?.then((old) => old.dispose()).catch(() => {}) // it had failed
    if (view === null) state("Ready")
    the("runs-on").textContent = `Computed on this device, with ${BACKENDS[backend]}.`
    return true
  } catch (error) {
    state("")
    if (before !== undefined) recognizer = before
    stage.fail(badModel(error))
    return false
  } finally {
    bar.hidden = true
  }
}

/** One choice after the other. */
let loading: Promise<unknown> = Promise.resolve()
function choose(choice: settings.Choice): Promise<boolean> {
  const chosen = loading.then(() => load(choice))
  loading = chosen
  return chosen
}

/** Show something new in place of what was open. */
function open(next: Photos | Moving, mode: string): void {
  document.body.dataset.mode = mode
  the("welcome").hidden = true
  the("panel").hidden = false
  the<HTMLButtonElement>("download").disabled = true
  view = next
  void read(next)
}

async function read(what: Photos | Moving): Promise<void> {
  try {
    await what.read(recognizer!)
  } catch (error) {
    if (view === what) stage.fail(badModel(error))
  }
}

function close(): void {
  view?.close()
  view = null
  faces.clear()
  stage.forgive()
  stage.hint("")
  stopCamera()
}

function ready(): void {
  the<HTMLButtonElement>("download").disabled = false
}

function openPhotos(files: readonly File[]): void {
  close()
  open(new Photos(files, faces, state, ready), "photos")
}

async function openVideo(file: File): Promise<void> {
  stage.forgive()
  const video = await openedVideo(file)
  if (video === null) {
    stage.fail(badVideo(file.name))
    return
  }
  close()
  open(new Moving(video, file.name, false, faces, state, ready), "video")
}

async function openCamera(): Promise<void> {
  if (camera !== null) {
    stopCamera()
    return
  }
  stage.forgive()
  try {
    const { video, track, mirrored } = await openedCamera()
    close()
    camera = track
    track.addEventListener("ended", () => {
      if (camera !== track) return
      stopCamera()
      stage.fail("The camera is gone; connect it, then press Camera.")
    })
    open(new Moving(video, null, mirrored, faces, state, ready), "camera")
    the("open-camera").ariaPressed = "true"
    the("open-camera").lastChild!.textContent = "Stop camera"
    announce("The camera is on")
  } catch (error) {
    stage.fail(badCamera(error))
  }
}

function stopCamera(): void {
  if (camera === null) return
  camera.stop()
  camera = null
  if (view instanceof Moving) view.stop()
  the("open-camera").ariaPressed = "false"
  the("open-camera").lastChild!.textContent = "Camera"
}

/** Open files as what they are: a video alone, or else all as photos. */
function openFiles(files: readonly File[]): void {
  const [first] = files
  if (first === undefined) return
  const video = files.find(({ type }) => type.startsWith("video/"))
  if (video !== undefined) void openVideo(video)
  else openPhotos(files)
}

async function openExample(): Promise<void> {
  try {
    const image = await (await fetch(EXAMPLE)).blob()
    openPhotos([new File([image], "astronaut.jpg", { type: image.type })])
  } catch {
    stage.fail("The example could not be loaded; open a photo of your own.")
  }
}

/** Let an input for files open what is chosen, and buttons open the input. */
function chooses(input: HTMLInputElement, ...buttons: string[]): void {
  for (const id of buttons) the(id).addEventListener("click", () => input.click())
  input.addEventListener("change", () => {
    openFiles([...(input.files ?? [])])
    input.value = ""
  })
}

chooses(the("photos"), "open-photos", "choose-photos")
chooses(the("video"), "open-video", "choose-video")
for (const id of ["open-camera", "choose-camera"]) {
  the(id).addEventListener("click", () => void openCamera())
}
the("device").addEventListener("change", () => {
  stopCamera()
  void openCamera()
})
the("example").addEventListener("click", () => void openExample())
the("download").addEventListener("click", () => {
  if (view !== null) download(view.csv(), view.table)
})
document.addEventListener("dragover", (event) => {
  event.preventDefault()
  document.body.classList.add("dropping")
})
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("dropping")
})
document.addEventListener("drop", (event) => {
  event.preventDefault()
  document.body.classList.remove("dropping")
  openFiles([...(event.dataTransfer?.files ?? [])])
})
document.addEventListener("paste", (event) => openFiles([...(event.clipboardData?.files ?? [])]))

const { choice, camera: wanted } = settings.asked()
limits.prepare()
settings.prepare(choice, choose)
void choose(choice)
if (wanted) void openCamera()
