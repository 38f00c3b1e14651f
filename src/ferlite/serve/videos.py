"""`POST /v1/video`: the faces of a video, frame by frame while it is read, and its summary."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import IO, Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Send

from ferlite.errors import ImageError, VideoError
from ferlite.faces.rows import columns, rows
from ferlite.faces.timeline import Timeline
from ferlite.media.video import Video
from ferlite.recognizer import EmotionRecognizer
from ferlite.serve.limits import Limits
from ferlite.serve.metrics import Metrics
from ferlite.serve.pool import Pool, awaited, late
from ferlite.serve.problem import body
from ferlite.serve.schema import VIDEO_LINES, files, problems
from ferlite.serve.upload import receive

PATH: Final = "/v1/video"
AT_A_TIME: Final = 0.25
"""In seconds: so long a video holds a thread before others have their turn."""
UNREAD_SECONDS: Final = 10.0
"""So long after the time for a video is over, its last lines may still be on their way."""
MEDIA_TYPE: Final = "application/x-ndjson"


class VideoUpload:
    """A video on disk, in a file without a name: it ends with the request, however that ends."""

    def __init__(self, name: str) -> None:
        """Begin empty."""
        self.name = name
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="ferlite-")  # noqa: SIM115
        self.write = self._file.write
        self.close = self._file.close

    @property
    def path(self) -> Path:
        """Where it can be opened, by this process alone."""
        self._file.flush()
        if os.name == "posix":
            return Path(f"/dev/fd/{self._file.fileno()}")
        return Path(self._file.name)


def routes(
    recognizer: EmotionRecognizer, pool: Pool, limits: Limits, metrics: Metrics
) -> APIRouter:
    """The route that reads videos."""
    router = APIRouter()

    @router.post(
        PATH,
        response_class=Response,
        responses={
            200: {
                "description": "Lines of JSON: rows, and the summary as the last.",
                "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": VIDEO_LINES}},
            },
            **problems(400, 401, 408, 413, 422, 429, 500, 503),
        },
        openapi_extra=files("video", "video", "video/*", several=False),
        summary="Follow the faces of a video, and read their emotions",
    )
    async def video(
        request: Request,
        fps: Annotated[
            float | None,
            Query(gt=0, le=1000, description="Read only so many frames a second; by default all."),
        ] = None,
    ) -> Response:
        """The rows of `ferlite video --json`, a line each as they come, and at last a summary.

        The last line has `summary`, with an object for each person, or `error` with a problem.
        """
        uploads: list[VideoUpload] = []

        def keep(name: str) -> VideoUpload:
            uploads.append(VideoUpload(name))
            return uploads[-1]

        try:
            (upload,) = await receive(request, keep, "video", 1)
        except BaseException:
            for each in uploads:
                each.close()
            raise
        lines = _Lines(recognizer, upload, fps, limits, metrics)
        deadline = monotonic() + limits.video_time
        try:
            # What cannot be read at all is told before the answer begins.
            first = await awaited(pool.run(PATH, lines.some), request, limits.video_time)
        except BaseException:
            lines.leave(pool)
            raise

        async def answer() -> AsyncIterator[str]:
            text = first
            while True:
                yield text
                if lines.ended:
                    return
                if monotonic() > deadline:
                    yield _error(late(limits.video_time).detail, 503)
                    return
                text = await pool.run(PATH, lines.some)

        seconds = limits.video_time + UNREAD_SECONDS
        return _Lasting(answer(), seconds, lambda: lines.leave(pool))

    return router


class _Lasting(StreamingResponse):
    """Lines for a client that reads them; who does not is cut off after a time."""

    def __init__(
        self, lines: AsyncIterator[str], seconds: float, close: Callable[[], None]
    ) -> None:
        super().__init__(lines, media_type=MEDIA_TYPE)
        self._seconds, self._close = seconds, close

    async def stream_response(self, send: Send) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await super().stream_response(send)
        finally:
            self._close()


class _Lines:
    """The answer to one video, made bit by bit by the threads of the pool."""

    def __init__(
        self,
        recognizer: EmotionRecognizer,
        upload: VideoUpload,
        fps: float | None,
        limits: Limits,
        metrics: Metrics,
    ) -> None:
        self._recognizer, self._upload, self._fps = recognizer, upload, fps
        self._limits, self._metrics = limits, metrics
        self._lines: Generator[str] | None = None
        self._lock = Lock()  # a thread may be at work when the client goes away
        self._left = False
        self.ended = False

    def some(self) -> str:
        """The next lines, of about a quarter of a second's work.

        Raises:
            VideoError: at first: the video cannot be read, or is over a limit.
        """
        with self._lock:
            if self._lines is None:
                self._lines = self._all(self._opened())
            began = monotonic()
            some: list[str] = []
            for line in self._lines:
                some.append(line)
                if self._left or monotonic() - began > AT_A_TIME:
                    break
            else:
                self.ended = True
            return "".join(some)

    def leave(self, pool: Pool) -> None:
        """Let go of the video, after the frame that is at work."""
        self._left = True
        pool.later(self._close)

    def _close(self) -> None:
        with self._lock:
            if self._lines is not None:
                self._lines.close()
            self._upload.close()

    def _opened(self) -> Video:
        path = self._upload.path
        try:
            video = Video(path, fps=self._fps)
        except VideoError as error:
            raise VideoError(self._named(str(error), path)) from error
        limits = self._limits
        seconds = 0.0 if video.count is None else video.count / video.rate
        if (video.count or 0) > limits.video_frames or seconds > limits.video_seconds:
            video.close()
            raise VideoError(self._too_long())
        return video

    def _all(self, video: Video) -> Generator[str]:
        path, limits, classes = self._upload.path, self._limits, self._recognizer.classifier.classes
        names = columns(classes, several=False)
        timeline = Timeline(video.rate, classes, video.end)
        tracker = self._recognizer.tracker(max_faces=limits.faces)
        try:
            for shot in video:
                height, width = shot.image_HWC.shape[:2]
                if height * width > limits.pixels:
                    yield _error(
                        f"{self._upload.name}: its frames are {width}×{height}, over this server's "
                        f"limit of {limits.pixels / 1e6:g} million pixels; make it smaller first"
                    )
                    return
                if timeline.frames == limits.video_frames or shot.time > limits.video_seconds:
                    yield _error(self._too_long())
                    return
                try:
                    frame = tracker.update(shot.image_HWC, shot.time)
                except ImageError as error:
                    yield _error(f"{self._upload.name}: frame {shot.index} {error}")
                    return
                timeline.add(frame)
                self._metrics.found(PATH, len(frame.faces))
                for row in rows(frame, classes):
                    yield json.dumps(dict(zip(names, row, strict=True))) + "\n"
            damage = None if video.damage is None else self._named(video.damage, path)
            yield (
                json.dumps(
                    {
                        "summary": timeline.summaries(),
                        "frames": timeline.frames,
                        "seconds": round(timeline.end, 6),
                        "damage": damage,
                    }
                )
                + "\n"
            )
        finally:
            video.close()

    def _too_long(self) -> str:
        limits = self._limits
        return (
            f"{self._upload.name}: is longer than this server's limit of {limits.video_seconds:g} "
            f"seconds and {limits.video_frames} frames; send a part of it, or fewer frames (fps)"
        )

    def _named(self, sentence: str, path: Path) -> str:
        """A sentence about the file as its sender calls it, and the server's paths."""
        sentence = sentence.replace("read it with 'ferlite predict'", "send it to /v1/predict")
        return sentence.replace(str(path), self._upload.name)


def _error(detail: str, status: int = 422) -> str:
    return json.dumps({"error": body(status, detail)}) + "\n"
