/** The worker: answers the library's calls one after the other, in their order. */
import { FerliteError } from "./errors.js"
import type { Answer, Call } from "./protocol.js"
import { read } from "./read.js"
import { Recognizer, type Tracking } from "./recognizer.js"

let recognizer: Recognizer | undefined
const trackers = new Map<number, Tracking>()
let last: Promise<void> = Promise.resolve()

self.onmessage = ({ data }: MessageEvent<Call & { call: number }>) => {
  last = last.then(async () => {
    try {
      say({ call: data.call, value: await done(data) })
    } catch (error) {
      say({ call: data.call, error: error instanceof FerliteError ? error.message : `${error}` })
    }
  })
}

async function done(call: Call): Promise<unknown> {
  switch (call.to) {
    case "load":
      recognizer = await Recognizer.load(call.options, (loaded, total) => say({ loaded, total }))
      return recognizer.backend
    case "recognize":
      return recognizer?.recognize(read(call.image))
    case "begin":
      if (recognizer) trackers.set(call.tracker, recognizer.track(call.options))
      return
    case "update":
      return trackers.get(call.tracker)?.update(read(call.image), call.seconds)
    case "forget":
      trackers.delete(call.tracker)
  }
}

function say(answer: Answer): void {
  self.postMessage(answer)
}
