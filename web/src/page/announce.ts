/** Words for those who hear the page: not too many of them. */

import { the } from "./dom.js"

/** Milliseconds between two announcements of what moves. */
const EVERY = 6000

let said = ""
let last = -Infinity

/** Say something at once. */
export function announce(text: string): void {
  said = text
  last = performance.now()
  the("announcer").replaceChildren(text)
}

/** Say what has changed, if it has, and not right after the last words. */
export function mention(text: string): void {
  if (text !== said && performance.now() - last > EVERY) announce(text)
}
