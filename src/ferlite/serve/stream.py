"""`WS /v1/stream`: images as they come from a camera in, faces with track and person out."""

import asyncio
from time import monotonic
from typing import Any, Final

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from ferlite.errors import FerliteError
from ferlite.media.image import load
from ferlite.recognizer import EmotionRecognizer
from ferlite.serve.gate import SUBPROTOCOL
from ferlite.serve.images import check_size, named
from ferlite.serve.limits import Limits
from ferlite.serve.metrics import Metrics
from ferlite.serve.pool import Pool
from ferlite.serve.upload import Upload
from ferlite.stream import Tracker

PATH: Final = "/v1/stream"
NOT_BYTES: Final = 1003
TOO_LATE: Final = 1008
"""Why a stream is closed, in the numbers of RFC 6455."""


def routes(
    recognizer: EmotionRecognizer, pool: Pool, limits: Limits, metrics: Metrics
) -> APIRouter:
    """The route that reads streams."""
    router = APIRouter()

    @router.websocket(PATH)
    async def stream(socket: WebSocket) -> None:
        """Each message of bytes is an image, and is answered by one of JSON, in order.

        The answer has the number of the frame, its time in seconds since the first, and its faces;
        or `error`, and the stream goes on.
        """
        offered = socket.scope["subprotocols"]
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        tracker = recognizer.tracker(max_faces=limits.faces)
        began: float | None = None
        number = 0
        try:
            while True:
                async with asyncio.timeout(limits.idle_seconds):
                    message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if message.get("bytes") is None:
                    await socket.close(NOT_BYTES, "send each image as a message of bytes")
                    return
                image = Upload(f"image {number}")
                image.write(message["bytes"])
                number += 1
                now = monotonic()
                began = now if began is None else began
                async with asyncio.timeout(limits.seconds):
                    answer = await pool.run(PATH, read, tracker, image, now - began, limits)
                metrics.found(PATH, len(answer.get("faces", ())))
                await socket.send_json(answer)
        except TimeoutError:
            await socket.close(TOO_LATE, "no image came for long, or reading one took too long")
        except WebSocketDisconnect:
            pass

    return router


def read(tracker: Tracker, image: Upload, time: float, limits: Limits) -> dict[str, Any]:
    """What is answered to one image."""
    try:
        with named(image.name):
            check_size(image, limits)
            frame = tracker.update(load(image), time)
    except FerliteError as error:
        return {"error": str(error)}
    faces = [face.to_dict() for face in frame.faces]
    return {"frame": frame.index, "time": round(frame.time, 6), "faces": faces}
