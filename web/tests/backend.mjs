/**
 * Reads images with one backend after the other in a real browser; tests/web/test_backend.py compares what
 * it prints with what Python reads.
 *
 * Takes JSON on standard input: `folder` with the images; `images`, their names; `flags` for the browser; and
 * `loads`, the options of a recognizer each.
 */
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { launch, serve } from "./browser.mjs"

const job = JSON.parse(await text(process.stdin))
const { server, origin } = await serve({
  dist: fileURLToPath(new URL("../dist", import.meta.url)),
  images: job.folder,
})
const browser = await launch(job.flags)
try {
  const page = await browser.newPage()
  let requests = []
  const problems = []
  page.context().on("request", (request) => requests.push(new URL(request.url()).pathname))
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
  page.on("pageerror", (error) => problems.push(`${error}`))
  await page.goto(`${origin}/blank`)
  const adapter = await page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()))
  const answers = []
  for (const options of job.loads) {
    requests = []
    const answer = await page.evaluate(readAll, { images: job.images, options })
    answers.push({ ...answer, requests })
  }
  console.log(JSON.stringify({ adapter, problems, answers }))
} finally {
  await browser.close()
  server.close()
}

/** Runs in the page. */
async function readAll({ images, options }) {
  const { EmotionRecognizer } = await import("/dist/ferlite-web.js")
  try {
    const recognizer = await EmotionRecognizer.load(options)
    const faces = []
    for (const name of images) {
      const element = new Image()
      element.src = `/images/${name}`
      await element.decode()
      faces.push(await recognizer.recognize(element))
    }
    recognizer.dispose()
    return { backend: recognizer.backend, faces }
  } catch (error) {
    return { error: error.message }
  }
}
