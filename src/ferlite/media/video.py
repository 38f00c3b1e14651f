"""Read films frame by frame and write them, with the FFmpeg inside OpenCV."""

import math
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.media.image import MOST_PIXELS, quiet_opencv
from ferlite.media.mp4 import asks_too_much

CODECS: Final = {
    ".mp4": "mp4v",
    ".m4v": "mp4v",
    ".mov": "mp4v",
    ".mkv": "mp4v",
    ".avi": "XVID",
}
"""What films can be written, and how: MPEG-4 part 2, for OpenCV's wheels have no H.264 encoder."""
FALLBACK_RATE: Final = 25.0
"""Frames a second of a film that does not say, or says nonsense."""
FASTEST: Final = 240.0
"""Frames a second of the fastest film that is written."""
LONGEST_STILL: Final = 10.0
"""In seconds: a longer gap between two frames is written as one of this length."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame as it comes out of a film or camera.

    Attributes:
        index: counted from 0.
        time: in seconds from the beginning.
        image_HWC: uint8, (H, W, 3), BGR, upright.
    """

    index: int
    time: float
    image_HWC: NDArray[np.uint8]


class Video:
    """A film file, opened to be read once from its beginning to its end.

    >>> video = Video(Path("film.mp4"))  # doctest: +SKIP
    >>> [shot.time for shot in video]  # doctest: +SKIP
    [0.0, 0.04, 0.08]

    Attributes:
        rate: frames a second, on average.
        count: how many frames there should be, or None if the file does not say.
    """

    def __init__(self, path: Path) -> None:
        """Open a film and read its first frame.

        Args:
            path: the file, in any format that FFmpeg reads.

        Raises:
            FerliteError: there is no such file, or it is none that can be read, has no picture
                track, no frames, or frames of more than 100 million pixels.
        """
        _check_file(path)
        self._path = path
        self._capture = _open(path)
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0 < rate <= 1000 else FALLBACK_RATE
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.count = round(count) if 0 < count < 1e9 else None
        width, height = (
            self._capture.get(side)
            for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        if width * height > MOST_PIXELS:
            raise FerliteError(
                f"{path}: its frames are {width:.0f}×{height:.0f}, over the limit of "
                f"{MOST_PIXELS // 1_000_000} million pixels; make it smaller first"
            )
        self._first = self._read()
        if self._first is None:
            raise FerliteError(f"{path}: has no frames that can be decoded")

    def __iter__(self) -> Generator[Shot]:
        """The frames, each once; time stamps are the film's own and always grow.

        A film that breaks off in the middle ends where it breaks off.
        """
        index, time = 0, -math.inf
        image_HWC, self._first = self._first, None
        try:
            while image_HWC is not None:
                stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                # Damaged films have stamps that stand still or run backwards.
                time = stamp if stamp > time else max(0.0, time + 1 / self.rate)
                yield Shot(index, time, image_HWC)
                image_HWC = self._read()
                index += 1
        finally:
            self._capture.release()

    def _read(self) -> NDArray[np.uint8] | None:
        try:
            with quiet_opencv():
                read, image = self._capture.read()
        except cv2.error:  # a frame that says one size and has another
            return None
        return np.asarray(image, np.uint8) if read else None


def _check_file(path: Path) -> None:
    try:
        kind = path.stat().st_mode
        if stat.S_ISREG(kind):
            path.open("rb").close()
            if path.stat().st_size == 0:
                raise FerliteError(f"{path}: is empty")
    except FileNotFoundError as error:
        raise FerliteError(f"{path}: there is no such file") from error
    except OSError as error:
        raise FerliteError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a zero byte in the name
        raise FerliteError(f"{str(path)!r} is not the name of a file") from error
    if stat.S_ISDIR(kind):
        raise FerliteError(f"{path}: this is a folder, not a film; give one file")
    if not stat.S_ISREG(kind):
        raise FerliteError(f"{path}: is no ordinary file; save the film to one first")


def _open(path: Path) -> cv2.VideoCapture:
    _quiet_ffmpeg()
    # An absolute path, because FFmpeg takes `12:30.mp4` and `http:x` for addresses.
    name = os.path.abspath(path)
    capture: cv2.VideoCapture | None = None
    try:
        if not asks_too_much(path):
            with quiet_opencv():
                capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
    except (OSError, cv2.error, UnicodeError, TypeError):
        pass
    if capture is None or not capture.isOpened():
        raise FerliteError(
            f"{path}: is no film that ferlite can read: it has no pictures in it, is damaged or "
            "incomplete, or is of an unknown kind"
        )
    return capture


def _quiet_ffmpeg() -> None:
    """FFmpeg writes to standard error by itself; OpenCV asks this once, before its first film."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


class Writer:
    """Takes frames with their times, and writes a film with a constant frame rate.

    Where the times are irregular, frames are repeated or left out so that each is shown at its
    time. The film has the size of its first frame; others are brought to it.
    """

    def __init__(self, part: Path, rate: float) -> None:
        self._part = part
        # MPEG-4 counts a second in at most 65535 steps.
        self._rate = round(min(rate, FASTEST), 3 if rate < 60 else 2)
        self._writer: cv2.VideoWriter | None = None
        self._size = 0, 0
        self._begin = 0.0
        self._last: NDArray[np.uint8] | None = None
        self.written = 0

    def add(self, image_HWC: NDArray[np.uint8], time: float) -> None:
        """Write the frame of a time.

        Args:
            image_HWC: uint8, (H, W, 3), BGR.
            time: in seconds; it does not run backwards.
        """
        if self._writer is None:
            self._begin = time
            self._size = image_HWC.shape[1], image_HWC.shape[0]
            self._writer = self._open()
        if self._size != (image_HWC.shape[1], image_HWC.shape[0]):
            image_HWC = np.asarray(cv2.resize(image_HWC, self._size), np.uint8)
        due = round((time - self._begin) * self._rate)
        if (skip := due - self.written - round(LONGEST_STILL * self._rate)) > 0:
            self._begin += skip / self._rate
            due -= skip
        # The frame before is shown until this one's time has come.
        while self._last is not None and self.written < due:
            self._put(self._last)
        self._last = image_HWC

    def finish(self) -> None:
        """Write the last frame and close the film."""
        if self._writer is not None and self._last is not None:
            self._put(self._last)
            with quiet_opencv():
                self._writer.release()

    def _put(self, image_HWC: NDArray[np.uint8]) -> None:
        assert self._writer is not None
        with quiet_opencv():
            self._writer.write(image_HWC)
        self.written += 1

    def _open(self) -> cv2.VideoWriter:
        _quiet_ffmpeg()
        code = cv2.VideoWriter.fourcc(*CODECS[self._part.suffix.lower()])
        with quiet_opencv():
            return cv2.VideoWriter(str(self._part), cv2.CAP_FFMPEG, code, self._rate, self._size)


def check_suffix(path: Path) -> None:
    """Refuse a film whose suffix names no format that can be written.

    Raises:
        FerliteError: so it is.

    >>> check_suffix(Path("film.mp4"))
    """
    if path.suffix.lower() not in CODECS:
        *some, last = CODECS
        raise FerliteError(f"{path}: the name of a film must end in {', '.join(some)} or {last}")


@contextmanager
def writing(path: Path, rate: float) -> Iterator[Writer]:
    """A film to add frames to; the file appears, complete and playable, when the block ends.

    If the block fails, no file appears and one that was there stays.

    Args:
        path: where it goes; its suffix, one of `CODECS`, says the format.
        rate: frames a second.

    Raises:
        FerliteError: the suffix names no format, the file cannot be written, or there were no
            frames.
    """
    check_suffix(path)
    try:
        with written_whole(path) as part:
            part.touch()  # a folder that may not be written to is told now, not after an hour
            writer = Writer(part, rate)
            try:
                yield writer
            finally:
                writer.finish()
            if not writer.written:
                raise FerliteError(f"{path}: was not written, because there were no frames")
            # OpenCV does not tell when a disk is full; a film that cannot be opened does.
            if not _is_playable(part, writer.written):
                raise FerliteError(f"{path}: cannot be written (is the disk full?)")
    except OSError as error:
        raise FerliteError(f"{path}: cannot be written ({error.strerror})") from error


def _is_playable(path: Path, frames: int) -> bool:
    try:
        count = Video(path).count
    except FerliteError:
        return False
    return count is None or count >= 0.9 * frames
