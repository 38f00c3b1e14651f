/** The model files: fetched once, and only used if they are the very ones of this version. */
import models from "virtual:models"
import { FerliteError } from "./errors.js"

/** Fetches a file of each of these names, all at the same time. */
export async function fetchModels(
  base: string,
  names: string[],
  onProgress: (loaded: number, total: number) => void,
): Promise<Uint8Array[]> {
  const unknown = names.find((name) => !Object.hasOwn(models, name))
  if (unknown) throw new FerliteError(`there is no model "${unknown}"`)
  const total = names.reduce((sum, name) => sum + models[name].bytes, 0)
  let loaded = 0
  return Promise.all(
    names.map((name) =>
      fetchModel(base, name, (bytes) => {
        loaded += bytes
        onProgress(loaded, total)
      }),
    ),
  )
}

async function fetchModel(base: string, name: string, onBytes: (count: number) => void): Promise<Uint8Array> {
  const { file, bytes, sha256 } = models[name]
  // Named after its content, so that a browser never takes an older file for this one.
  const address = new URL(`${file}?${sha256.slice(0, 8)}`, base)
  const content = new Uint8Array(bytes)
  let at = 0
  try {
    const response = await fetch(address)
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`)
    const reader = response.body.getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length <= bytes) content.set(part.value, at)
      at += part.value.length
      onBytes(part.value.length)
    }
  } catch (error) {
    throw new FerliteError(`the model file ${address.href} cannot be fetched (${(error as Error).message})`)
  }
  if (at !== bytes || !(await isTheOne(content, sha256))) {
    throw new FerliteError(`the model file ${address.href} is not the one of this version; copy it again`)
  }
  return content
}

/** Pages without HTTPS have no digests; there, nothing else that is loaded can be trusted either. */
async function isTheOne(content: Uint8Array<ArrayBuffer>, sha256: string): Promise<boolean> {
  if (!globalThis.crypto?.subtle) return true
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === sha256
}
