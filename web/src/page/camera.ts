/** The camera of this device. */

import { make, the } from "./dom.js"

export interface Camera {
  video: HTMLVideoElement
  /** Whether it looks at the person before the screen, who knows themselves from the mirror. */
  mirrored: boolean
  track: MediaStreamTrack
}

/** Ask for a camera: the one that was chosen, or the one that looks at the person. */
export async function openedCamera(): Promise<Camera> {
  const device = the<HTMLSelectElement>("device").value
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: {
      ...(device ? { deviceId: { exact: device } } : { facingMode: "user" }),
      width: { ideal: 1280 },
      height: { ideal: 720 },
    },
  })
  const track = stream.getVideoTracks()[0]!
  const video = make("video", { srcObject: stream, muted: true, playsInline: true })
  video.setAttribute("aria-label", "Camera")
  await video.play()
  await list(track)
  return { video, track, mirrored: track.getSettings().facingMode !== "environment" }
}

/** Offer the cameras in the settings, if there are several. */
async function list(track: MediaStreamTrack): Promise<void> {
  const devices = await navigator.mediaDevices.enumerateDevices()
  const cameras = devices.filter(({ kind }) => kind === "videoinput")
  const select = the<HTMLSelectElement>("device")
  select.replaceChildren(
    ...cameras.map(({ deviceId, label }, index) =>
      make("option", { value: deviceId, textContent: label || `Camera ${index + 1}` }),
    ),
  )
  select.value = track.getSettings().deviceId ?? ""
  select.hidden = cameras.length < 2
  document.querySelector<HTMLElement>('label[for="device"]')!.hidden = cameras.length < 2
}
