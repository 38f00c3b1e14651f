"""Take the newest frame of a camera, and wait for a camera that is lost."""

from threading import Condition, Event, Thread
from time import monotonic
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.media.image import quiet_opencv
from ferlite.media.video import Shot

RETRY: Final = 1.0
"""In seconds: so often a lost camera is tried again."""
FALLBACK_RATE: Final = 30.0
"""Frames a second of a camera that does not say."""


class Camera:
    """A camera, read by a thread that keeps its newest frame.

    Whoever is slower than the camera misses frames instead of falling behind. A camera that stops
    giving frames is opened again until it gives some.

    Attributes:
        rate: frames a second, as the camera says.
        lost: whether it gives no frames at the moment.
    """

    def __init__(self, number: int) -> None:
        """Open a camera.

        Args:
            number: the first is 0.

        Raises:
            FerliteError: it cannot be opened, or gives no frames.
        """
        self._number = number
        self._capture = self._open()
        first = self._read()
        if first is None:
            self._capture.release()
            raise FerliteError(
                f"camera {number} gives no pictures; see that it is plugged in, that no other "
                "program uses it and that this one may, or give another with --camera"
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 1 <= rate <= 1000 else FALLBACK_RATE
        self.lost = False
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
        self._thread.join()
        self._capture.release()

    def _work(self, index: int) -> None:
        while not self._closed.is_set():
            image_HWC = self._read()
            self.lost = image_HWC is None
            if image_HWC is None:
                self._capture.release()
                if not self._closed.wait(RETRY):
                    self._capture = self._open()
                continue
            with self._change:
                self._newest = Shot(index, monotonic() - self._began, image_HWC)
                self._change.notify_all()
            index += 1

    def _open(self) -> cv2.VideoCapture:
        with quiet_opencv():
            return cv2.VideoCapture(self._number)

    def _read(self) -> NDArray[np.uint8] | None:
        with quiet_opencv():
            try:
                read, image = self._capture.read()
            except cv2.error:
                return None
        return np.asarray(image, np.uint8) if read else None
