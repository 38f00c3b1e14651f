/// <reference lib="webworker" />
/** Answers with the files of the page from a cache, so that it works without a network.
 *
 * What every visit needs is kept from the first one on; the large files (models, WebAssembly) and those
 * for WebGPU once they have been used. A new version takes over what has not changed.
 */

export {}

declare const self: ServiceWorkerGlobalScope
/** The files of this version by path, each with a hash of what is in it; the build knows. */
declare const FILES: Record<string, string>
declare const VERSION: string

const LATER = /^webgpu\/|\.(wasm|onnx)$/
const PREFIX = `ferlite ${self.registration.scope} `
const NAME = PREFIX + VERSION
/** Where a cache says which hashes its files have. */
const HASHES = new URL("./?hashes", self.registration.scope).href

self.addEventListener("install", (event) => event.waitUntil(install()))
self.addEventListener("activate", (event) => event.waitUntil(activate()))
self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting()
})
self.addEventListener("fetch", (event) => {
  const path = known(event.request.url)
  if (event.request.method === "GET" && path !== null) event.respondWith(answer(path, event.request))
})

/** The path of one of the files, or null for anything else. */
function known(url: string): string | null {
  if (!url.startsWith(self.registration.scope)) return null
  const path = new URL(url).pathname.slice(new URL(self.registration.scope).pathname.length)
  const name = path === "" ? "index.html" : path
  return name in FILES ? name : null
}

const address = (path: string): string => new URL(path, self.registration.scope).href

async function install(): Promise<void> {
  const cache = await caches.open(NAME)
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX) || name === NAME) continue
    const old = await caches.open(name)
    const hashes = (await (await old.match(HASHES))?.json()) as typeof FILES | undefined
    for (const [path, hash] of Object.entries(FILES)) {
      const kept = hashes?.[path] === hash ? await old.match(address(path)) : undefined
      if (kept !== undefined) await cache.put(address(path), kept)
    }
  }
  await cache.put(HASHES, Response.json(FILES))
  for (const path of Object.keys(FILES)) {
    if (LATER.test(path) || (await cache.match(address(path))) !== undefined) continue
    await cache.add(new Request(address(path), { cache: "no-cache" })) // asks whether it is new
  }
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name)
  }
  await self.clients.claim()
}

async function answer(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME)
  const found = await cache.match(address(path))
  if (found !== undefined) return isolated(found)
  const fetched = await fetch(request)
  if (fetched.ok) await cache.put(address(path), fetched.clone())
  return isolated(fetched)
}

/** The same, with the headers that WebAssembly needs for threads; few static hosts send them. */
function isolated(response: Response): Response {
  const headers = new Headers(response.headers)
  headers.set("Cross-Origin-Opener-Policy", "same-origin")
  headers.set("Cross-Origin-Embedder-Policy", "require-corp")
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers })
}
