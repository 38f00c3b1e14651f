/**
 * Take the picture of the page in docs/how-to/browser.md anew, after `make web`:
 *
 *     node docs/images/page.mjs
 */
import { fileURLToPath } from "node:url"
import { launch, serve } from "../../web/tests/browser.mjs"

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const { server, origin } = await serve({ dist: path("../../web/dist") }, {})
const browser = await launch([])
const page = await browser.newPage({ viewport: { width: 1100, height: 640 } })
await page.goto(`${origin}/dist/index.html`)
await page.waitForSelector("#loading", { state: "hidden" })
await page.click("#example")
await page.waitForSelector(".face")
await page.screenshot({ path: path("page.jpg"), quality: 85, type: "jpeg" })
await browser.close()
server.close()
