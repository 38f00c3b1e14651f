"""Read videos frame by frame with PyAV: times, rotation and edit lists as players show them."""

import math
import os
import shutil
import stat
import sys
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError, VideoError
from ferlite.media.image import is_image
from ferlite.media.mp4 import asks_too_much, is_mp4
from ferlite.media.shot import Shot

CONTAINERS: Final = (
    "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,obu,av1,ivf,flv,asf,ogg,"
    "yuv4mpegpipe,gif,apng,mjpeg,mxf,rm,dv,nut,wtv"
)
"""FFmpeg's names of what is read. No playlist is among them: they lead to other files and hosts."""
MOST_PIXELS: Final = 100_000_000
"""A video with larger frames is refused; one such frame takes 300 MB."""
FALLBACK_RATE: Final = 25.0
"""Frames a second of a video that does not say, or says nonsense."""
FASTEST: Final = 240.0
"""A higher frame rate is nonsense: it is the unit of the time stamps."""
WIDEST: Final = 4
"""Pixels that are more than so many times as wide as high, or as high as wide, are nonsense."""
LONGEST_GAP: Final = 86_400.0
"""In seconds: a frame that comes later than this after the one before has a damaged time stamp."""
RESTART: Final = 1.0
"""In seconds: time stamps that jump back further than this begin anew, and go on from there."""
EARLY: Final = 0.002
"""In seconds: a frame that comes so much too early is in time."""
COMPLETE: Final = 0.9
"""A video of which less than this part of its length is there breaks off."""
MISSING: Final = 0.25
"""But not if no more than this is missing, in seconds."""
MOST_FAILURES: Final = 20
"""After so many failures to read a packet in a row, the rest of the file is given up."""


class Video:
    """A video file, opened to be read once from its beginning to its end.

    >>> video = Video(Path("video.mp4"))  # doctest: +SKIP
    >>> [shot.time for shot in video]  # doctest: +SKIP
    [0.0, 0.04, 0.08]

    Attributes:
        name: what messages call it.
        rate: frames a second, on average, of those that are read.
        count: about how many frames will be read, or None if the file does not say.
        start: the time at which reading begins, in seconds.
        end: when what is read ends, in seconds, or None if neither the caller nor the file says.
        ended: whether the end of the file has been reached.
        damage: what was wrong with the file, in a sentence that begins with its name, known after
            the last frame; None if nothing was.
        sound: the file to read the sound from, or None if it came through a pipe.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start: float = 0.0,
        end: float | None = None,
        fps: float | None = None,
        threads: int = 1,
    ) -> None:
        """Open a video and read its first frame.

        Args:
            path: the file, in any container that players read; `-` is standard input.
            start: in seconds; frames before it are left out.
            end: in seconds; frames from it on are left out.
            fps: at most so many frames a second are read; by default all are.
            threads: how many threads decode.

        Raises:
            FerliteError: `start`, `end` or `fps` makes no sense.
            VideoError: there is no such file, it is no video, no frame of it lies between `start`
                and `end`, or its frames have more than 100 million pixels.
        """
        if not (math.isfinite(start) and start >= 0):
            raise FerliteError(f"start must be 0 or more seconds, not {start:g}")
        if end is not None and not end > start:
            raise FerliteError(f"end must come after start ({start:g} s), not at {end:g} s")
        if fps is not None and not (math.isfinite(fps) and fps > 0):
            raise FerliteError(f"fps must be more than 0 frames a second, not {fps:g}")
        self._path, self._fps, self.end = Path(path), fps, end
        self._stop = math.inf if end is None else end - 1e-6
        self.name = "standard input" if str(path) == "-" else str(path)
        self.start = start
        self.damage: str | None = None
        self.ended = False
        self._container: Any = None
        self._stream: Any = None
        self._shots: Generator[Shot] | None = None
        self._file = _File(self._path, self.name)
        self.sound = self._file.path
        try:
            self._container = _opened(self._file.source, self.name)
            self._stream = _track(self._container, self.name, threads)
            rates = (self._stream.average_rate, self._stream.guessed_rate, FALLBACK_RATE)
            self._rate = next(float(rate) for rate in rates if rate and 0 < rate <= FASTEST)
            self.rate = self._rate if fps is None else min(self._rate, fps)
            self._length = _microseconds(self._container.duration)
            if self._container.format.name == "avi":  # else guessed from the size of the file
                self._length = self._stream.frames / self._rate or self._length
            self._begin = _microseconds(self._container.start_time)
            ends = [each for each in (self._track_length(), end) if each is not None]
            self.end = min(ends) if ends else None
            count = (self.end - start) * self.rate if self.end else 0.0
            self.count = max(1, round(count)) if 0 < count < 1e9 else None
            self._seen, self._failures = 0.0, 0
            self._shots = self._read_all()
            self._first = self._read()
            if self._first is None:
                raise VideoError(f"{self.name}: {self._why_nothing()}")
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Generator[Shot]:
        """The frames, each once; their times always grow.

        A video that breaks off in the middle ends where it breaks off, and `damage` says so.
        """
        shot, self._first = self._first, None
        try:
            while shot is not None:
                yield shot
                shot = self._read()
        finally:
            self.close()

    def close(self) -> None:
        """Give the file back; after the last frame that has been done."""
        if self._shots is not None:
            self._shots.close()
        if self._container is not None:
            self._container.close()
        self._file.close()
        # The generator holds the video: without this, a decoder's memory stays until Python looks.
        self._shots = self._stream = self._container = None

    def _read(self) -> Shot | None:
        return None if self._shots is None else next(self._shots, None)

    def _track_length(self) -> float | None:
        own = self._stream.duration
        return self._length if own is None else float(own * self._stream.time_base)

    def _read_all(self) -> Generator[Shot]:
        """The frames that are wanted, in RGB; others are decoded but not converted."""
        upright = Upright(self._stream.codec_context.sample_aspect_ratio)
        due, index = self.start - 1e-6, 0
        for frame, time in self._timed():
            if time >= self._stop:
                return
            if time < due:
                continue
            if self._fps is not None:
                # Time stamps are often rounded to milliseconds: so much early is in time.
                passed = math.floor((time + EARLY - self.start) * self._fps)
                due = self.start + (passed + 1) / self._fps - EARLY
            image_HWC = upright(frame)
            if image_HWC is None:
                self._failures += 1
                continue
            yield Shot(index, time, image_HWC)
            index += 1
        self._judge()

    def _timed(self) -> Iterator[tuple[Any, float]]:
        """Frames with times that grow, whatever the file's time stamps do."""
        shift, last = 0.0, -math.inf
        for frame in self._decoded():
            first = last == -math.inf
            expected = 0.0 if first else last + 1 / self._rate
            time = expected
            stamp = frame.pts if frame.pts is not None else frame.dts
            if stamp is not None:
                seconds = float(stamp * self._stream.time_base)
                if self._begin is None:
                    self._begin = seconds
                time = seconds - self._begin + shift
                lowest, highest = (-1e-9, LONGEST_GAP) if first else (last, last + LONGEST_GAP)
                if not lowest < time <= highest:
                    # Stamps that stand still are waited for; those that jump begin anew.
                    if abs(time - expected) > RESTART:
                        shift += expected - time
                    time = expected
            last = time
            yield frame, time

    def _decoded(self) -> Iterator[Any]:
        if self.start > 0 and self._begin is not None and self._file.seekable:
            at = round((self.start + self._begin) / self._stream.time_base)
            try:
                self._container.seek(at, stream=self._stream)
                frames = self._decoded_from_here()
                first = next(frames, None)
                if first is not None and first.time - self._begin <= self.start:
                    yield first
                    yield from frames
                    return
            except (av.FFmpegError, OSError, TypeError):
                pass
            # There is no index, or a wrong one: read everything before it, too.
            self._container.close()
            self._container = _opened(self._file.source, self.name)
            threads = self._stream.thread_count
            self._stream = _track(self._container, self.name, threads)
        yield from self._decoded_from_here()

    def _decoded_from_here(self) -> Iterator[Any]:
        """Frames as the decoder gives them; packets that cannot be decoded are left out."""
        begun = False
        for packet in self._packets():
            try:
                frames = self._stream.decode(packet)
            except (av.FFmpegError, ValueError, OverflowError):
                # Recordings often begin in the middle of a group of frames: no damage.
                self._failures += begun
                continue
            for frame in frames:
                begun = True
                yield frame

    def _packets(self) -> Iterator[Any]:
        """The packets of the video track; how far any track goes is noted by the way."""
        failures = 0
        while failures < MOST_FAILURES:
            try:
                for packet in self._container.demux():
                    failures = 0
                    if packet.pts is not None and packet.time_base is not None:
                        end = packet.pts + (packet.duration or 0)
                        self._seen = max(self._seen, float(end * packet.time_base))
                    if packet.stream is self._stream:
                        yield packet
                return
            except (av.FFmpegError, OSError):
                failures += 1
                self._failures += failures == 1
        yield None  # makes the decoder give what it still holds

    def _judge(self) -> None:
        """After the end: was that all? Any track may be shorter than the file, but not every."""
        self.ended = True
        seen = self._seen - (self._begin or 0.0)
        missing = 0.0 if self._length is None else self._length - seen
        if self._length and missing > max((1 - COMPLETE) * self._length, MISSING):
            what = f"breaks off after {seen:.1f} of {self._length:.1f} seconds; it is incomplete"
        elif self._failures:
            what = "is damaged; what could not be decoded was left out"
        else:
            return
        self.damage = f"{self.name}: {what}"

    def _why_nothing(self) -> str:
        if self.start > 0 and self._seen > 0:
            return f"has no frame after {self.start:g} s; give a smaller --start"
        return "has no frames that can be decoded"


class _File:
    """What PyAV opens: a path, or a pipe."""

    def __init__(self, path: Path, name: str) -> None:
        self.path: Path | None = None
        self.seekable = True
        self._kept: Any = None
        if str(path) == "-":
            self._pipe(sys.stdin.buffer, name)
            return
        kind = _kind(path)
        if stat.S_ISFIFO(kind):
            self._pipe(path.open("rb"), name)
        elif stat.S_ISREG(kind):
            if asks_too_much(path):
                raise VideoError(f"{path}: its index names more frames than the file can hold")
            # With `file:` before it, because FFmpeg takes `12:30.mp4` and `http:x` for addresses.
            self.source: Any = f"file:{os.path.abspath(path)}"
            self.path = path
        else:
            raise VideoError(
                f"{path}: is no ordinary file; a camera is given to 'ferlite webcam --source'"
            )

    def _pipe(self, stream: Any, name: str) -> None:
        head = stream.peek(16)[:16] if hasattr(stream, "peek") else b""
        if not head:
            raise VideoError(f"{name}: is empty")
        if not is_mp4(head):
            self.source, self.seekable = _Pipe(stream), False
            return
        # An MP4's index mostly stands at its end, so all of it must be there first.
        self._kept = NamedTemporaryFile(suffix=".mp4")  # noqa: SIM115  # closed in close()
        try:
            shutil.copyfileobj(stream, self._kept)
            self._kept.flush()
        except OSError as error:
            raise VideoError(f"{name}: cannot be kept on disk ({error.strerror})") from error
        self.path = Path(self._kept.name)
        if asks_too_much(self.path):
            raise VideoError(f"{name}: its index names more frames than the file can hold")
        self.source = f"file:{self.path}"

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()


class _Pipe:
    """A stream that PyAV reads as bytes come, and never seeks in."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        return bytes(self._stream.read1(size))


def _kind(path: Path) -> int:
    """The kind of a file that is there and may be read."""
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            path.open("rb").close()
    except FileNotFoundError as error:
        raise VideoError(f"{path}: there is no such file") from error
    except OSError as error:
        raise VideoError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a zero byte in the name
        raise VideoError(f"{str(path)!r} is not the name of a file") from error
    if stat.S_ISDIR(status.st_mode):
        raise VideoError(f"{path}: this is a folder, not a video; give one file")
    if stat.S_ISREG(status.st_mode) and status.st_size == 0:
        raise VideoError(f"{path}: is empty")
    return status.st_mode


def _opened(source: Any, name: str) -> Any:
    options = {
        "format_whitelist": CONTAINERS,
        "protocol_whitelist": "file",
        "max_pixels": str(MOST_PIXELS),
    }
    try:
        return av.open(source, options=options, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError, OverflowError) as error:
        if _begins_as_image(source):
            raise VideoError(f"{name}: is an image; read it with 'ferlite predict'") from error
        raise VideoError(
            f"{name}: is no video that ferlite can read: it has no frames in it, is damaged or "
            "incomplete, or is of an unknown kind"
        ) from error


def _begins_as_image(source: Any) -> bool:
    if not isinstance(source, str):
        return False
    with open(source.removeprefix("file:"), "rb") as file:
        return is_image(file.read(64))


def _track(container: Any, name: str, threads: int) -> Any:
    """The video track that players show; the cover of a piece of music is none."""
    cover = av.stream.Disposition.attached_pic
    videos = [each for each in container.streams.video if not each.disposition & cover]
    if not videos:
        raise VideoError(f"{name}: is no video that ferlite can read: it has no frames in it")
    best = container.streams.best("video")
    stream = best if best in videos else videos[0]
    if stream.codec_context is None:
        raise VideoError(f"{name}: is no video that ferlite can read: its codec is unknown")
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MOST_PIXELS:
        raise VideoError(
            f"{name}: its frames are {width}×{height}, over the limit of "
            f"{MOST_PIXELS // 1_000_000} million pixels; make it smaller first"
        )
    stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    stream.thread_type, stream.thread_count = "AUTO", threads
    return stream


class Upright:
    """Makes of a track's frames what players show: RGB, upright, with square pixels."""

    def __init__(self, aspect: Fraction | None) -> None:
        """Begin with a track.

        Args:
            aspect: width over height of its pixels, which on discs and television are not square.
        """
        self._width, self._height = Fraction(1), Fraction(1)
        if aspect is not None and 1 / WIDEST <= aspect <= WIDEST:
            self._width, self._height = max(aspect, Fraction(1)), max(1 / aspect, Fraction(1))
        self._rotation: int | None = None
        self._matrix_9: NDArray[np.int32] | None = None

    def __call__(self, frame: Any) -> NDArray[np.uint8] | None:
        """The pixels, uint8 (H, W, 3); None for a frame that cannot be converted."""
        width, height = round(frame.width * self._width), round(frame.height * self._height)
        try:
            pixels = frame.to_ndarray(width=width, height=height, format="rgb24", threads=1)
        except (av.FFmpegError, ValueError, OverflowError):
            return None
        if frame.rotation != self._rotation:
            # Not asked for every frame: PyAV keeps those that were asked until Python cleans up.
            self._rotation, matrix = frame.rotation, frame.side_data.get("DISPLAYMATRIX")
            self._matrix_9 = None if matrix is None else np.frombuffer(bytes(matrix), np.int32)
        image_HWC = np.asarray(pixels, np.uint8)
        return image_HWC if self._matrix_9 is None else turn(image_HWC, self._matrix_9)


def turn(image_HWC: NDArray[np.uint8], matrix_9: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Turn and mirror an image as a video's display matrix says, by multiples of 90°.

    Args:
        image_HWC: uint8, (H, W, 3).
        matrix_9: int32, FFmpeg's: where x and y go, a row of three for each.

    >>> image_HWC = np.zeros((2, 3, 3), np.uint8)
    >>> turn(image_HWC, np.array([0, 1, 0, -1, 0, 0, 0, 0, 1], np.int32)).shape
    (3, 2, 3)
    """
    # A point (x, y) is shown at (a·x + c·y, b·x + d·y), up to where the image begins.
    a, b, c, d = (int(np.sign(matrix_9[i])) for i in (0, 1, 3, 4))
    if b and c and not (a or d):
        image_HWC = image_HWC.transpose(1, 0, 2)
        a, d = c, b
    elif not (a and d) or b or c:
        return image_HWC  # tilted, or nonsense
    return np.ascontiguousarray(image_HWC[:: 1 if d > 0 else -1, :: 1 if a > 0 else -1])


def _microseconds(stamp: int | None) -> float | None:
    """FFmpeg's own unit of time in seconds."""
    return None if stamp is None else stamp / 1e6
