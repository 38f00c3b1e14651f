/** Debian's Chromium, and a server of folders for it that knows what was asked for. */
import { createReadStream, existsSync } from "node:fs"
import { createServer } from "node:http"
import { extname, join, normalize } from "node:path"
import { chromium } from "playwright-core"

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".svg": "image/svg+xml",
}

/** What a page of ferlite needs, and nothing more. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; " +
  "img-src 'self' blob:; media-src 'self' blob:"

/** With these, a page may use threads. */
export const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
}

/**
 * Serves folders by the first part of a path; `/blank` is an empty page.
 *
 * @param {Record<string, string>} folders
 * @param {Record<string, string>} headers
 */
export async function serve(folders, headers = { "Content-Security-Policy": POLICY }) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost")
    const [, first, ...rest] = normalize(decodeURIComponent(pathname)).split("/")
    if (first === "blank") {
      response
        .writeHead(200, { "Content-Type": "text/html", ...headers })
        .end("<!doctype html><title>blank</title>")
      return
    }
    if (first === "favicon.ico") {
      response.writeHead(204).end()
      return
    }
    const path = folders[first] && join(folders[first], ...rest)
    if (!path || !existsSync(path)) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
      ...headers,
    })
    createReadStream(path).pipe(response)
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  return { server, origin: `http://127.0.0.1:${server.address().port}` }
}

/** Starts a headless Chromium that asks nobody for anything on its own. */
export function launch(flags = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...flags,
    ],
  })
}
