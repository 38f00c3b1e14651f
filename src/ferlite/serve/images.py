"""`POST /v1/predict`: the faces of images."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from ferlite.errors import FerliteError, ImageError
from ferlite.faces.face import Face
from ferlite.media.image import VIDEO_HINT, size
from ferlite.recognizer import EmotionRecognizer
from ferlite.serve.limits import Limits
from ferlite.serve.metrics import Metrics
from ferlite.serve.pool import Pool, awaited
from ferlite.serve.schema import EXAMPLE, ImageAnswer, files, problems
from ferlite.serve.upload import BODY, Upload, receive

PATH: Final = "/v1/predict"


def routes(
    recognizer: EmotionRecognizer, pool: Pool, limits: Limits, metrics: Metrics
) -> APIRouter:
    """The route that reads images."""
    router = APIRouter()

    @router.post(
        PATH,
        response_model=list[ImageAnswer],
        responses={
            200: {"content": {"application/json": {"example": [EXAMPLE]}}},
            **problems(400, 401, 408, 413, 422, 429, 500, 503),
        },
        openapi_extra=files("image", "image", "image/*", several=True),
        summary="Read the emotion of every face in images",
    )
    async def predict(request: Request) -> Response:
        """The same JSON as `ferlite predict --json`: an object for each image, in their order.

        An image that cannot be read has an `error` in place of its `faces`; if none can be read,
        the whole request is a problem.
        """
        uploads = await receive(request, Upload, "image", limits.images)
        reading = asyncio.gather(
            *(pool.run(PATH, answer, recognizer, upload, limits) for upload in uploads)
        )
        answers: list[dict[str, Any]] = await awaited(reading, request, limits.seconds)
        if all("error" in each for each in answers):
            more = f" (and {len(answers) - 1} more)" if len(answers) > 1 else ""
            raise ImageError(answers[0]["error"] + more)
        metrics.found(PATH, sum(len(each.get("faces", ())) for each in answers))
        return Response(json.dumps(answers), media_type="application/json")

    return router


def answer(recognizer: EmotionRecognizer, upload: Upload, limits: Limits) -> dict[str, Any]:
    """What `ferlite predict --json` says of one image."""
    try:
        return {
            "image": upload.name,
            "faces": [face.to_dict() for face in read(recognizer, upload, limits)],
        }
    except FerliteError as error:
        return {"image": upload.name, "error": str(error)}


def read(recognizer: EmotionRecognizer, upload: Upload, limits: Limits) -> list[Face]:
    """The faces of one image, within the limits.

    Raises:
        ImageError: it cannot be read, or is over a limit.
    """
    with named(upload.name):
        check_size(upload, limits)
        return recognizer.recognize(upload, max_faces=limits.faces)


@contextmanager
def named(name: str) -> Iterator[None]:
    """Let errors name the image, and the server's paths in the place of commands.

    Raises:
        ImageError: as within.
    """
    try:
        yield
    except ImageError as error:
        said = str(error).replace(VIDEO_HINT, "send it to /v1/video").removeprefix(f"{name}: ")
        raise ImageError(f"the body {said}" if name == BODY else f"{name}: {said}") from error


def check_size(upload: Upload, limits: Limits) -> None:
    """Refuse an image with too many pixels before they are decoded.

    Raises:
        ImageError: so it is, or it cannot be read.
    """
    upload.seek(0)
    width, height = size(upload.getvalue(), upload.name)
    if width * height > limits.pixels:
        raise ImageError(
            f"{upload.name}: is {width}×{height}, over this server's limit of "
            f"{limits.pixels / 1e6:g} million pixels; make it smaller first"
        )
