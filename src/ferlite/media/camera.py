"""Take the newest frame of a camera or stream, and wait for one that is lost."""

import sys
from collections.abc import Generator
from pathlib import Path
from threading import Condition, Event, Thread
from time import monotonic, sleep
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import VideoError
from ferlite.media.shot import Shot
from ferlite.media.video import FASTEST, Upright, Video

RETRY: Final = 1.0
"""In seconds: so often a lost camera is tried again."""
PATIENCE: Final = 10.0
"""In seconds: a camera or stream that gives nothing for so long is lost."""
FALLBACK_RATE: Final = 30.0
"""Frames a second of a camera that does not say."""

Frames = Generator[NDArray[np.uint8]]
"""RGB frames as they come; ends or raises where the source does."""


class Camera:
    """A camera or stream, read by a thread that keeps its newest frame.

    Whoever is slower than the camera misses frames instead of falling behind. A camera that stops
    giving frames is opened again until it gives some; a file is played once, at its own speed.

    Attributes:
        name: what messages call it.
        rate: frames a second, as the camera says.
        lost: whether it gives no frames at the moment.
        ended: whether it was a file, and has been played.
    """

    def __init__(self, source: str = "0") -> None:
        """Open a camera or stream and take its first frame.

        Args:
            source: a camera's number, counted from 0; a device such as /dev/video0; an address
                that begins with rtsp://, http:// or the like; or a video file.

        Raises:
            VideoError: it cannot be opened, or gives no frames.
        """
        self._source = source
        self._is_file = not (source.isdecimal() or "://" in source or source.startswith("/dev/"))
        self.name = f"camera {source}" if source.isdecimal() else source
        self.rate, self._frames = opened(source)
        first = _next(self._frames)
        if first is None:
            raise VideoError(_why_none(source, self.name))
        self.lost = self.ended = False
        self._began = monotonic()
        self._newest: Shot | None = Shot(0, 0.0, first)
        self._change = Condition()
        self._closed = Event()
        self._thread = Thread(target=self._work, args=(1,), daemon=True)
        self._thread.start()

    def newest(self, timeout: float) -> Shot | None:
        """The newest frame that was not given before; None if none comes within `timeout` seconds.

        Times count from the first frame, and go on while the camera is lost.
        """
        with self._change:
            self._change.wait_for(lambda: self._newest is not None, timeout)
            shot, self._newest = self._newest, None
            return shot

    def close(self) -> None:
        """Give the camera back."""
        self._closed.set()
        self._thread.join(2 * PATIENCE)

    def _work(self, index: int) -> None:
        while not self._closed.is_set():
            image_HWC = _next(self._frames)
            if image_HWC is None and self._is_file:
                self.ended = True
                break
            self.lost = image_HWC is None
            if image_HWC is None:
                self._frames.close()
                if not self._closed.wait(RETRY):
                    self._frames = _opened_again(self._source)
                continue
            with self._change:
                self._newest = Shot(index, monotonic() - self._began, image_HWC)
                self._change.notify_all()
            index += 1
        self._frames.close()


def opened(source: str) -> tuple[float, Frames]:
    """Frames a second and the frames of a camera, stream or file.

    Raises:
        VideoError: it cannot be opened.
    """
    if not (source.isdecimal() or "://" in source or source.startswith("/dev/")):
        video = Video(Path(source))
        return video.rate, _played(video)
    try:
        container = av.open(timeout=PATIENCE, **_how(source))
        stream = container.streams.video[0]
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        name = f"camera {source}" if source.isdecimal() else source
        raise VideoError(_why_none(source, name)) from error
    # Frames decoded in parallel would come late by as many.
    stream.thread_type = "SLICE"
    rate = float(stream.average_rate or 0)
    return (rate if 1 <= rate <= FASTEST else FALLBACK_RATE), _live(container, stream)


def _how(source: str) -> dict[str, Any]:
    """What PyAV opens: systems name their cameras in different ways."""
    if source.startswith("/dev/"):
        return {"file": source, "format": "v4l2"}
    if not source.isdecimal():
        live = {"rtsp_transport": "tcp", "fflags": "nobuffer"}
        return {"file": source, "options": live if source.startswith("rtsp") else {}}
    if sys.platform == "darwin":
        return {"file": source, "format": "avfoundation", "options": {"framerate": "30"}}
    if sys.platform == "win32":
        from av.device import enumerate_input_devices

        cameras = [
            device for device in enumerate_input_devices("dshow") if "video" in device.media_types
        ]
        return {"file": f"video={cameras[int(source)].description}", "format": "dshow"}
    return {"file": f"/dev/video{source}", "format": "v4l2"}


def _live(container: Any, stream: Any) -> Frames:
    upright = Upright(stream.codec_context.sample_aspect_ratio)
    try:
        for frame in container.decode(stream):
            if (image_HWC := upright(frame)) is not None:
                yield image_HWC
    finally:
        container.close()


def _played(video: Video) -> Frames:
    began = monotonic()
    for shot in video:
        sleep(max(0.0, min(shot.time - (monotonic() - began), PATIENCE)))
        yield shot.image_HWC


def _opened_again(source: str) -> Frames:
    try:
        return opened(source)[1]
    except VideoError:
        return _nothing()


def _nothing() -> Frames:
    yield from ()


def _next(frames: Frames) -> NDArray[np.uint8] | None:
    try:
        return next(frames, None)
    except (av.FFmpegError, OSError, ValueError):
        return None


def _why_none(source: str, name: str) -> str:
    if "://" in source:
        return f"{name}: gives no video; see that the address is right and can be reached"
    return (
        f"{name} gives no frames; see that it is plugged in, that no other program uses it and "
        "that this one may, or give another with --source"
    )
