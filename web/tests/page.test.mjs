/**
 * The page in a real browser, served as `ferlite webcam --browser` serves it. tests/web/test_page.py
 * makes the media, starts the server and runs this with `node --test`; the tables that are downloaded
 * here are read there.
 *
 * PAGE is the address, MEDIA the folder with the media, DIST the one of the page, TABLES where tables go.
 */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { launch, serve } from "./browser.mjs"

const { PAGE, MEDIA, DIST, TABLES } = process.env
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const FAST = `${PAGE}#model=ferlite_xs_int8`
const PATIENCE = 180_000
const media = (name) => join(MEDIA, name)

let browser
/** What was asked for, of all pages together. */
const requests = []
const faults = []

before(async () => {
  browser = await launch([
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${media("camera.mjpeg")}`,
    "--autoplay-policy=no-user-gesture-required",
  ])
})
after(() => browser?.close())

/** A page of a new visitor. */
async function opened(address = FAST, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  context.on("request", (request) => requests.push(request.url()))
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE)
  page.on("pageerror", (error) => faults.push(`${error}`))
  await page.goto(address)
  return page
}

const ready = (page) => page.waitForSelector("#loading", { state: "hidden" })
const state = (page, text) =>
  page.waitForFunction((text) => new RegExp(text).test(document.getElementById("state").textContent), text)

/** No serious fault of accessibility in light and in dark, and nothing wider than a phone. */
async function accessible(page) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    await page.evaluate(AXE)
    const { violations } = await page.evaluate("axe.run()")
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    assert.deepEqual(
      serious.map(({ id, nodes }) => [id, colorScheme, nodes.map(({ html }) => html)]),
      [],
    )
  }
  const size = page.viewportSize()
  await page.setViewportSize({ width: 360, height: 740 })
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
  await page.setViewportSize(size)
}

/** The rows of the table that the page offers, as objects; it is kept for Python to read, too. */
async function table(page, name, kept = name) {
  const waiting = page.waitForEvent("download")
  await page.click("#download")
  const file = await waiting
  await file.saveAs(join(TABLES, kept))
  assert.equal(file.suggestedFilename(), name)
  const [header, ...rows] = readFileSync(join(TABLES, kept), "utf8").trim().split("\n")
  const columns = header.split(",")
  return rows.map((row) => Object.fromEntries(row.split(",").map((value, i) => [columns[i], value])))
}

/** What the cards say: who, which emotion, its percentage, and those of the bars that are open. */
const cards = (page) =>
  page.$$eval(".face", (items) =>
    items.map((item) => ({
      who: item.querySelector("small").textContent,
      emotion: item.querySelector("strong").textContent,
      confidence: item.querySelector(".confidence").textContent,
      bars: Object.fromEntries(
        [...item.querySelectorAll(".bars li")].map((bar) => [
          bar.firstChild.textContent,
          bar.lastChild.textContent,
        ]),
      ),
    })),
  )

/** A card says what a row of the table says. */
function same(card, row) {
  const percent = (value) => `${Math.round(100 * value)}%`
  assert.equal(card.emotion, row.emotion)
  assert.equal(card.confidence, percent(row.confidence))
  for (const [emotion, shown] of Object.entries(card.bars)) assert.equal(shown, percent(row[emotion]))
}

test("photos: shown, read, told in words, and downloaded", async () => {
  const page = await opened(PAGE)
  await ready(page)
  await accessible(page)
  await page.click("#example")
  await state(page, "1 face in")
  const [card] = await cards(page)
  assert.equal(card.emotion, "happy")
  assert.equal(Object.keys(card.bars).length, 7)
  assert.match(await page.textContent("#announcer"), /astronaut.jpg: 1 face: happy, \d+%/)
  same(card, (await table(page, "faces.csv"))[0])
  await accessible(page)

  await page.setInputFiles("#photos", ["two, of one.jpg", "none.png", "broken.jpg", "notes.txt"].map(media))
  await state(page, "2 faces in 2 photos, 2 could not be read")
  const labels = await page.$$eval("#strip button", (all) => all.map((each) => each.ariaLabel))
  assert.deepEqual(labels, [
    "two, of one.jpg, 2 faces",
    "none.png, 0 faces",
    "broken.jpg: is damaged, or of a kind that this browser cannot open.",
    "notes.txt: is no image or video.",
  ])
  await page.click("#strip button:nth-child(3)")
  assert.equal(await page.textContent("#error p"), labels[2])
  await accessible(page)
  await page.click("#strip button:nth-child(2)")
  await page.waitForSelector("#hint")
  assert.match(await page.textContent("#hint"), /No face found/)
  assert.equal(await page.textContent("#error"), "")
  await page.click("#strip button:nth-child(1)")
  await page.waitForSelector(".face:nth-child(2)")
  assert.equal(await page.$$eval("#boxes .box", (boxes) => boxes.length), 2)
  await table(page, "faces.csv", "photos.csv")
  await page.context().close()
})

test("the settings load another model, and read again", async () => {
  const page = await opened()
  await ready(page)
  await page.click("#example")
  await state(page, "1 face in")
  const before = await table(page, "faces.csv")
  await page.click("#open-settings")
  await accessible(page)
  await page.selectOption("#labels", "ferplus")
  await page.keyboard.press("Escape")
  await state(page, "1 face in")
  assert.notDeepEqual(await table(page, "faces.csv"), before)
  assert.equal(new URL(page.url()).hash, "#model=ferlite_xs_int8&labels=ferplus")
  await page.context().close()
})

test("the address asks for WebGPU, which this browser does not have", async () => {
  const page = await opened(`${FAST}&backend=auto`)
  await ready(page)
  assert.match(await page.textContent("#runs-on"), /WebAssembly/)
  await page.context().close()
  const other = await opened(`${FAST}&backend=webgpu`)
  await other.waitForSelector("#error p")
  assert.match(await other.textContent("#error p"), /this browser has no WebGPU/)
  await other.context().close()
})

test("a video: people, their time lines, and what was read is shown again", async () => {
  const page = await opened()
  await ready(page)
  await page.setInputFiles("#video", media("odd.avi"))
  await page.waitForSelector("#error p")
  assert.match(await page.textContent("#error p"), /^odd.avi: this browser cannot play it/)
  assert.equal(await page.isVisible("#welcome"), true)

  await page.setInputFiles("#video", media("video.mp4"))
  await page.waitForFunction(() => document.querySelector("video")?.ended)
  await state(page, "frames read")
  await page.waitForFunction(() =>
    /The video has ended/.test(document.getElementById("announcer").textContent),
  )
  assert.equal(await page.textContent("#error"), "")
  assert.match(await page.textContent("#rows"), /Person 1mostly \w+, \d+%/)
  assert.ok(await page.$eval("#rows div canvas", inked), "the time line is drawn")
  await accessible(page)
  const rows = await table(page, "video.csv")
  const shown = await cards(page)
  assert.equal(shown[0].who, `Person ${rows.at(-1).person}`)
  same(shown[0], rows.at(-1))
  const read = new Set(rows.map(({ frame }) => frame)).size
  assert.equal(await page.textContent("#state"), `${read} frames read`)

  // Going back shows what was read, and reads nothing anew.
  await page.$eval("video", (video) => {
    video.currentTime = 0
  })
  await page.waitForFunction(() => !document.querySelector("video").seeking)
  await page.waitForTimeout(300)
  assert.equal((await table(page, "video.csv")).length, rows.length)
  await page.context().close()
})

/** Whether something was drawn on a canvas. */
function inked(canvas) {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  return data.some((value) => value > 0)
}

test("the camera: opened by the address, stopped by its button, and refused in one sentence", async () => {
  const context = { permissions: ["camera"] }
  const page = await opened(`${PAGE}#camera&model=ferlite_xs_int8`, context)
  await page.waitForFunction(() => document.querySelectorAll("#rows li").length > 0)
  await page.waitForSelector(".face")
  assert.equal(await page.getAttribute("#open-camera", "aria-pressed"), "true")
  await accessible(page)
  await page.click("#open-camera")
  await state(page, "read$")
  assert.equal(await page.$eval("video", (video) => video.srcObject.active), false)
  const rows = await table(page, "camera.csv")
  assert.ok(rows.some(({ person }) => person === "1"))

  await page.context().clearPermissions()
  await page.click("#open-camera")
  await page.waitForSelector("#error p")
  assert.match(await page.textContent("#error p"), /^The camera was not allowed/)
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError"))
  })
  await page.click("#open-camera")
  await page.waitForFunction(() =>
    /^No camera was found/.test(document.querySelector("#error p")?.textContent),
  )
  await accessible(page)
  await page.context().close()
})

test("all of it with the keyboard alone", async () => {
  const page = await opened()
  await ready(page)
  const focused = (selector) => page.evaluate((s) => document.activeElement?.matches(s), selector)
  async function go(selector, key = "Tab") {
    for (let i = 0; i < 25 && !(await focused(selector)); i++) await page.keyboard.press(key)
    assert.ok(await focused(selector), `${selector} is reached with ${key}`)
  }
  await go("#open-limits")
  await page.keyboard.press("Enter")
  assert.ok(await page.isVisible("#limits"))
  await accessible(page)
  await page.keyboard.press("Escape")
  assert.ok(await focused("#open-limits"))
  await go("#open-settings")
  await page.keyboard.press("Enter")
  await go("#model")
  await page.keyboard.press("Escape")
  assert.ok(!(await page.isVisible("#settings")))
  for (const name of ["#choose-photos", "#choose-video", "#choose-camera", "#example"]) await go(name)
  await page.keyboard.press("Enter")
  await state(page, "1 face in")
  for (const name of ["#open-photos", "#open-video", "#open-camera"]) await go(name, "Shift+Tab")
  await go("#download")
  const waiting = page.waitForEvent("download")
  await page.keyboard.press("Enter")
  await waiting
  await go(".face button")
  await page.keyboard.press("Enter")
  assert.ok(await page.isVisible(".box.chosen"))
  const choosing = page.waitForEvent("filechooser")
  await go("#open-photos", "Shift+Tab")
  await page.keyboard.press("Space")
  await (await choosing).setFiles(media("two, of one.jpg"))
  await state(page, "2 faces in")
  await go(".face:first-child button")
  await page.keyboard.press("ArrowDown")
  assert.ok(await focused(".face:nth-child(2) button"))
  await page.context().close()
})

test("nothing can be sent anywhere", async () => {
  let asked = 0
  const elsewhere = createServer((_, response) => {
    asked++
    response.writeHead(200, { "Access-Control-Allow-Origin": "*" }).end()
  })
  await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve))
  const address = `http://127.0.0.1:${elsewhere.address().port}/`
  const page = await opened()
  const directives = await page.evaluate(async (address) => {
    const blocked = new Set()
    document.addEventListener("securitypolicyviolation", (event) => blocked.add(event.effectiveDirective))
    await fetch(address, { method: "POST", body: "a face" }).catch(() => {})
    navigator.sendBeacon(address, "a face")
    new Image().src = `${address}?a=face`
    try {
      new WebSocket(address.replace("http", "ws"))
    } catch {}
    const form = Object.assign(document.createElement("form"), { action: address, method: "post" })
    document.body.append(form)
    form.submit()
    await new Promise((resolve) => setTimeout(resolve, 500))
    return [...blocked].sort()
  }, address)
  assert.deepEqual(directives, ["connect-src", "form-action", "img-src"])
  assert.equal(asked, 0)
  elsewhere.close()
  await page.context().close()
})

test("it works offline after the first load", async () => {
  const page = await opened()
  await ready(page)
  await page.context().setOffline(true)
  await page.reload()
  await ready(page)
  await page.click("#example")
  await state(page, "1 face in")
  await page.click("#open-settings")
  await page.selectOption("#model", "ferlite_s_int8")
  await page.waitForSelector("#error p")
  assert.match(await page.textContent("#error p"), /^The model is not on this device yet/)
  await page.waitForFunction(() => document.getElementById("model").value === "ferlite_xs_int8")
  await page.setInputFiles("#photos", media("two, of one.jpg"))
  await state(page, "2 faces in")
  const kept = await page.evaluate(async () => {
    const [name] = await caches.keys()
    return (await (await caches.open(name)).keys()).map(({ url }) => url)
  })
  assert.ok(kept.some((url) => url.endsWith(".wasm")))
  assert.ok(!kept.some((url) => url.includes("/webgpu/")))
  await page.context().close()
})

test("a new version takes over at once, and fetches only what has changed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "page-"))
  cpSync(DIST, folder, { recursive: true, filter: (path) => !/\.(br|gz)$/.test(path) })
  const { server, origin } = await serve({ page: folder }, {})
  const page = await opened(`${origin}/page/index.html#model=ferlite_xs_int8`)
  await ready(page)
  const hash = (name) =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex")
      .slice(0, 16)
  const old = hash("index.html")
  const html = readFileSync(join(folder, "index.html"), "utf8")
  writeFileSync(join(folder, "index.html"), html.replace("<title>", "<title>new "))
  const worker = readFileSync(join(folder, "service_worker.js"), "utf8")
  writeFileSync(
    join(folder, "service_worker.js"),
    worker.replace(old, hash("index.html")).replace(/VERSION="\w+"/, 'VERSION="new"'),
  )
  const from = requests.length
  await page.reload()
  await page.waitForFunction(() => document.title.startsWith("new"))
  await ready(page)
  const names = await page.evaluate(async () => await caches.keys())
  assert.deepEqual(
    names.map((name) => name.split(" ").at(-1)),
    ["new"],
  )
  const fetched = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name))
  assert.ok(fetched.length > 0 && requests.length > from)
  server.closeAllConnections()
  server.close()
  await page.context().close()
})

test("every request was to the page's own server, and nothing failed unseen", () => {
  const outside = requests.filter(
    (url) => !/^(blob:)?http:\/\/127\.0\.0\.1:\d+\//.test(url) && !url.startsWith("data:"),
  )
  assert.deepEqual(outside, [])
  assert.ok(requests.some((url) => url.includes("/models/ferlite_m.onnx")))
  assert.ok(!requests.some((url) => url.includes("/webgpu/"))) // nobody asked for it
  assert.deepEqual(faults, [])
})
