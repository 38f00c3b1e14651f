/** What the build adds to the page: its policy, the measured numbers, the service worker, and files
 * compressed beforehand. */

import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"
import type { Plugin } from "vite"

/** Nothing leaves the device. A server should send it, too, with `frame-ancestors 'none'`. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "worker-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ")

const WORKER = "service_worker.js"
const COMPRESSED = /\.(br|gz)$/
/** What does not get smaller, or is not worth it. */
const INCOMPRESSIBLE = /\.(jpg|png)$/
const SMALLEST = 1024
/** Bytes, of which one is compressed less well. */
const LARGE = 20_000_000
/** The large files take a minute and seldom change. */
const CACHE = fileURLToPath(new URL("../.cache/compressed", import.meta.url))

/** The page's part of the build. `SITE_URL` in the environment is where the docs are. */
export function page(): Plugin[] {
  let folder = ""
  return [
    {
      name: "ferlite-page",
      config: () => ({
        define: { MEASURED: JSON.stringify(measured()), DOCS: JSON.stringify(docs()) },
      }),
    },
    {
      name: "ferlite-page-build",
      apply: "build",
      configResolved(config) {
        folder = config.build.outDir
      },
      buildStart() {
        this.emitFile({ type: "chunk", id: "src/page/service_worker.ts", fileName: WORKER })
      },
      transformIndexHtml: () => [
        {
          tag: "meta",
          attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
          injectTo: "head-prepend",
        },
      ],
      closeBundle: {
        order: "post",
        sequential: true,
        async handler() {
          prepareWorker(folder)
          await compress(folder)
        },
      },
    },
  ]
}

/** The default model on labelled photos, as the benchmark wrote it. */
function measured(): unknown {
  const file = new URL("../../results/benchmarks/photos.json", import.meta.url)
  const report = JSON.parse(readFileSync(file, "utf8"))
  const { accuracy, recall } = report.models[report.default.model][report.default.labels]
  return { accuracy, recall, photos: report.photos, counts: report.per_emotion }
}

function docs(): string {
  const site = process.env.SITE_URL
  return site ? new URL("explanation/how-good.html", site).href : ""
}

/** Tell the service worker which files there are. */
function prepareWorker(folder: string): void {
  const files: Record<string, string> = {}
  for (const path of listed(folder)) {
    const name = relative(folder, path).split(sep).join("/")
    if (name === WORKER || COMPRESSED.test(name) || name.endsWith(".map")) continue
    files[name] = createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16)
  }
  const worker = join(folder, WORKER)
  const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16)
  const source = `const VERSION="${version}",FILES=${JSON.stringify(files)};\n`
  writeFileSync(worker, source + readFileSync(worker, "utf8"))
}

/** Lay a `.br` and a `.gz` beside each file that gets smaller. */
async function compress(folder: string): Promise<void> {
  const squeezes = [
    [".br", (content: Buffer) => promisify(brotliCompress)(content, { params: brotli(content) })],
    [".gz", (content: Buffer) => promisify(gzip)(content, { level: 9 })],
  ] as const
  mkdirSync(CACHE, { recursive: true })
  const worth = listed(folder).filter(
    (path) => !COMPRESSED.test(path) && !INCOMPRESSIBLE.test(path) && statSync(path).size >= SMALLEST,
  )
  await Promise.all(
    worth.flatMap((path) => {
      const content = readFileSync(path)
      const digest = createHash("sha256").update(content).digest("hex")
      return squeezes.map(async ([end, squeeze]) => {
        const kept = join(CACHE, digest + end)
        if (!existsSync(kept)) {
          writeFileSync(`${kept}.part`, await squeeze(content))
          renameSync(`${kept}.part`, kept)
        }
        if (statSync(kept).size < 0.97 * content.length) copyFileSync(kept, path + end)
      })
    }),
  )
}

/** The best takes a second for each half a megabyte: too long for what few pages load. */
const brotli = (content: Buffer) => ({
  [constants.BROTLI_PARAM_QUALITY]: content.length > LARGE ? 9 : constants.BROTLI_MAX_QUALITY,
  [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
})

function listed(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
