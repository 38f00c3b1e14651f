/**
 * Reads photos with ferlite's browser library, human.js and face-api.js in one Chromium, each in a page
 * of its own and all on the main thread's clock. `benchmarks/web.py` starts it, and says what with.
 *
 * Takes JSON on standard input: the folders `dist`, `peers` and `photos`; `names` of the photos;
 * `systems` to run; `rounds`: in each, every system reads every photo once, a photo at a time in turns.
 */
import { text } from "node:stream/consumers"
import { launch, serve } from "../web/tests/browser.mjs"

const job = JSON.parse(await text(process.stdin))
// No system gets threads: the pages are not isolated.
const { server, origin } = await serve({ dist: job.dist, peers: job.peers, photos: job.photos }, {})
const browser = await launch()
try {
  const pages = {}
  const answer = { chromium: browser.version(), systems: {} }
  for (const [name, options] of Object.entries(job.systems)) {
    const context = await browser.newContext()
    const page = await context.newPage()
    const requests = new Set()
    context.on("request", (request) => requests.add(new URL(request.url()).pathname))
    await page.goto(`${origin}/blank`)
    const load = await page.evaluate(prepare, { system: name, options, first: job.names[0] })
    pages[name] = page
    const files = [...requests].filter((path) => !/^\/(blank|photos|favicon)/.test(path))
    answer.systems[name] = { ...load, files, milliseconds: [], found: [] }
  }
  for (let round = 0; round < job.rounds; round++) {
    for (const photo of job.names) {
      for (const [name, page] of Object.entries(pages)) {
        const { milliseconds, found } = await page.evaluate((name) => globalThis.read(name), photo)
        answer.systems[name].milliseconds.push(milliseconds)
        if (round === 0) answer.systems[name].found.push(found)
      }
    }
  }
  console.log(JSON.stringify(answer))
} finally {
  await browser.close()
  server.close()
}

/** Runs in a page: loads a system, reads a photo for the first time, and leaves `read` behind. */
async function prepare({ system, options, first }) {
  const SYSTEMS = {
    async ferlite({ model }) {
      const { EmotionRecognizer } = await import("/dist/ferlite-web.js")
      const recognizer = await EmotionRecognizer.load({ model })
      return async (image) => (await recognizer.recognize(image)).map(({ box, emotion }) => ({ box, emotion }))
    },
    async human({ mesh }) {
      const { Human } = await import("/peers/@vladmandic/human/dist/human.esm.js")
      const off = { enabled: false }
      const face = {
        enabled: true,
        mesh: { enabled: mesh },
        iris: off,
        description: off,
        attention: off,
        antispoof: off,
        liveness: off,
        emotion: { enabled: true },
      }
      const human = new Human({
        backend: "wasm",
        wasmPath: "/peers/@tensorflow/tfjs-backend-wasm/dist/",
        modelBasePath: "/peers/@vladmandic/human/models/",
        cacheSensitivity: 0, // each photo is read anew
        face,
        body: off,
        hand: off,
        object: off,
        gesture: off,
        segmentation: off,
      })
      await human.load()
      if (human.tf.getBackend() !== "wasm") throw new Error(human.tf.getBackend())
      return async (image) =>
        (await human.detect(image)).face.map(({ box, emotion }) => ({ box, emotion: emotion?.[0]?.emotion }))
    },
    async face_api({ border }) {
      const faceapi = await import("/peers/@vladmandic/face-api/dist/face-api.esm.js")
      faceapi.tf.setWasmPaths("/peers/@tensorflow/tfjs-backend-wasm/dist/")
      await faceapi.tf.setBackend("wasm")
      await faceapi.tf.ready()
      if (faceapi.tf.getBackend() !== "wasm") throw new Error(faceapi.tf.getBackend())
      const models = "/peers/@vladmandic/face-api/model/"
      await faceapi.nets.tinyFaceDetector.loadFromUri(models)
      await faceapi.nets.faceExpressionNet.loadFromUri(models)
      const options = new faceapi.TinyFaceDetectorOptions()
      /** On gray, with half its size on each side: its detectors see no face that fills an image. */
      function bordered(image) {
        const canvas = document.createElement("canvas")
        canvas.width = 2 * image.width
        canvas.height = 2 * image.height
        const context = canvas.getContext("2d")
        context.fillStyle = "gray"
        context.fillRect(0, 0, canvas.width, canvas.height)
        context.drawImage(image, image.width / 2, image.height / 2)
        return canvas
      }
      const seen = border ? bordered : (image) => image
      return async (image) =>
        (await faceapi.detectAllFaces(seen(image), options).withFaceExpressions()).map(({ detection, expressions }) => ({
          box: [detection.box.x, detection.box.y, detection.box.width, detection.box.height],
          emotion: expressions.asSortedArray()[0].expression,
        }))
    },
  }
  const began = performance.now()
  const find = await SYSTEMS[options.kind](options)
  const loaded = performance.now()
  globalThis.read = async (name) => {
    const image = new Image()
    image.src = `/photos/${name}`
    await image.decode()
    const begin = performance.now()
    const found = await find(image)
    return { milliseconds: performance.now() - begin, found }
  }
  await globalThis.read(first)
  return { system, load_ms: loaded - began, first_photo_ms: performance.now() - loaded }
}
