/** Let the page work without a network after its first load. */

/** In milliseconds: so long the page waits for its service worker at the first visit. */
const PATIENCE = 4000

/**
 * Register the service worker, which a build makes, and wait until it sees what the page loads, so that
 * it keeps all of it. A newer one takes over as long as nothing is open.
 */
export async function register(untouched: () => boolean): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return
  const { serviceWorker } = navigator
  const had = serviceWorker.controller !== null
  const controlled = new Promise<void>((resolve) => {
    if (had) resolve()
    else setTimeout(resolve, PATIENCE)
    serviceWorker.addEventListener("controllerchange", () => {
      if (had && untouched()) location.reload()
      resolve()
    })
  })
  try {
    const registration = await serviceWorker.register("./service_worker.js")
    const offer = () => {
      if (untouched()) registration.waiting?.postMessage("take over")
    }
    offer()
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", offer)
    })
    await controlled
  } catch {
    // A browser that does not allow it, such as a private window, needs the network.
  }
}
