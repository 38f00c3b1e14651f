"""Write videos that browsers and phones play, at the original's times and with its sound."""

import errno
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import OutputError
from ferlite.files import written_whole

TICKS: Final = 90_000
"""Times are written in so many parts of a second, as far as the container can."""


class _Kind(NamedTuple):
    encoders: tuple[str, ...]
    """Of frames: the first that this FFmpeg has is taken. PyAV's wheels have x264."""
    sounds: tuple[str, ...]
    """Codecs of sound that is copied as it is."""
    sound_encoder: str
    """What becomes of other sound."""


_H264 = ("libx264", "libopenh264", "mpeg4")
_MP4 = _Kind(_H264, ("aac", "mp3"), "aac")
CODECS: Final = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": _MP4,
    ".mkv": _Kind(_H264, ("aac", "mp3", "opus", "vorbis", "flac", "ac3", "eac3"), "aac"),
    ".webm": _Kind(("libvpx-vp9",), ("opus", "vorbis"), "libopus"),
}
"""What is written, by suffix."""
_OPTIONS: Final[dict[str, dict[str, str]]] = {
    "libx264": {"preset": "superfast", "crf": "23"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "30", "b": "0"},
    "mpeg4": {"qscale": "4"},
}


class Writer:
    """Takes frames with their times; makes a video that shows each at its time.

    The video has the size of its first frame, made even; others are brought to it.

    Attributes:
        written: how many frames were taken.
        end: the time at which the sound ends, in seconds; by default with the original's.
    """

    def __init__(
        self,
        container: Any,
        kind: _Kind,
        rate: float,
        begin: float,
        sound: Path | None,
        threads: int,
    ) -> None:
        self._container, self._kind, self._threads = container, kind, threads
        self._rate, self._begin = rate, begin
        self._sound_file = sound
        self._sound: _Sound | None = None
        self._stream: Any = None
        self._stamp = -1
        self.written = 0
        self.end = math.inf

    def add(self, image_HWC: NDArray[np.uint8], time: float) -> None:
        """Write the frame of a time.

        Args:
            image_HWC: uint8, (H, W, 3), RGB.
            time: in seconds, as in the original; it does not run backwards.
        """
        if self._stream is None:
            self._open(*image_HWC.shape[:2])
        frame = av.VideoFrame.from_numpy_buffer(_even(image_HWC), format="rgb24").reformat(
            self._stream.width,
            self._stream.height,
            "yuv420p",
            dst_colorspace="ITU709",
            dst_color_range="MPEG",
            threads=self._threads,
        )
        self._stamp = max(round((time - self._begin) * TICKS), self._stamp + 1)
        frame.pts, frame.time_base = self._stamp, Fraction(1, TICKS)
        self._container.mux(self._stream.encode(frame))
        self.written += 1
        if self._sound is not None:
            self._sound.copy(until=time)

    def finish(self) -> None:
        """Write what the encoder still holds, and the rest of the sound."""
        if self._stream is not None:
            self._container.mux(self._stream.encode())
        if self._sound is not None:
            self._sound.copy(until=self.end)
            self._sound.finish()

    def _open(self, height: int, width: int) -> None:
        name = next(name for name in self._kind.encoders if name in av.codecs_available)
        rate = Fraction(self._rate).limit_denominator(1001)
        stream = self._container.add_stream(name, rate=rate, options=_OPTIONS.get(name, {}))
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, TICKS)
        context = stream.codec_context
        context.time_base = Fraction(1, TICKS)
        context.thread_count = self._threads
        # BT.709 in television's range, and said so: where nothing is said, players guess.
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = 1
        self._stream = stream
        if self._sound_file is not None:
            self._sound = _Sound.of(self._sound_file, self._container, self._kind, self._begin)


def _even(image_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """H.264 for everyone needs even sides; a last row or column is repeated."""
    height, width = image_HWC.shape[:2]
    if height % 2 or width % 2:
        image_HWC = np.pad(image_HWC, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
    return np.ascontiguousarray(image_HWC)


class _Sound:
    """The sound of a video on its way into another: copied as it is, or encoded anew."""

    def __init__(self, source: Any, track: Any, encodes: bool, begin: float, first: float) -> None:
        self._source, self._track, self._encodes = source, track, encodes
        self._begin, self._first = begin, first
        self._zero = (source.start_time or 0) / 1e6
        self._packets = self._read()
        self._next = next(self._packets, None)
        self._stamp = -(2**62)

    @classmethod
    def of(cls, path: Path, container: Any, kind: _Kind, begin: float) -> "_Sound | None":
        """None for a video without sound that can be read."""
        try:
            source = av.open(f"file:{path.absolute()}", options={"protocol_whitelist": "file"})
        except (av.FFmpegError, OSError, ValueError):
            return None
        sound: Any = source.streams.best("audio")
        if sound is None or sound.codec_context is None or not sound.codec_context.sample_rate:
            source.close()
            return None
        copied = sound.codec_context.name.removesuffix("float") in kind.sounds
        if copied:
            track = container.add_stream_from_template(sound)
        else:
            rate = 48_000 if kind.sound_encoder == "libopus" else sound.codec_context.sample_rate
            track = container.add_stream(kind.sound_encoder, rate=rate)
            track.codec_context.layout = "mono" if sound.codec_context.channels == 1 else "stereo"
        # AAC begins a little before 0; Matroska has no such times, and would move everything.
        mpeg = sound.codec_context.name in ("aac", "mp3float")
        early = begin == 0 and not (copied and mpeg and container.format.name == "matroska")
        return cls(source, track, not copied, begin, -math.inf if early else begin)

    def copy(self, until: float) -> None:
        """Copy what sounds before a time of the original."""
        while self._next is not None and self._next[0] < until:
            self._put(self._next[1])
            self._next = next(self._packets, None)

    def finish(self) -> None:
        """Write what the encoder still holds."""
        if self._encodes and self._stamp > -(2**62):
            self._track.container.mux(self._track.encode(None))
        self._source.close()

    def _read(self) -> Iterator[tuple[float, Any]]:
        """Packets, or frames to encode, with their times, from the beginning on."""
        sound = self._source.streams.best("audio")
        with suppress(av.FFmpegError, OSError):  # damaged sound ends where the damage is
            if self._begin > 0:
                at = round((self._begin + self._zero) / sound.time_base)
                self._source.seek(at, stream=sound)
            for packet in self._source.demux(sound):
                if packet.pts is None:
                    continue
                for piece in packet.decode() if self._encodes else [packet]:
                    time = float(piece.pts * piece.time_base) - self._zero
                    if time >= self._first:
                        yield time, piece

    def _put(self, piece: Any) -> None:
        shift = round((self._begin + self._zero) / piece.time_base)
        piece.pts -= shift
        if self._encodes:
            packets = self._track.encode(piece)
        else:
            if piece.dts is not None:
                piece.dts -= shift
            packets = [piece] if (piece.dts or piece.pts) > self._stamp else []
            piece.stream = self._track
        for packet in packets:
            self._stamp = packet.dts if packet.dts is not None else packet.pts
            self._track.container.mux(packet)


def check_suffix(path: Path) -> None:
    """Refuse a video whose suffix names no format that can be written.

    Raises:
        OutputError: so it is.

    >>> check_suffix(Path("video.mp4"))
    """
    if path.suffix.lower() not in CODECS:
        *some, last = CODECS
        raise OutputError(f"{path}: the name of a video must end in {', '.join(some)} or {last}")


@contextmanager
def writing(
    path: Path, rate: float, *, begin: float = 0.0, sound: Path | None = None, threads: int = 1
) -> Iterator[Writer]:
    """A video to add frames to; the file appears, complete and playable, when the block ends.

    If the block fails, no file appears and one that was there stays.

    Args:
        path: where it goes; its suffix, one of `CODECS`, says the format.
        rate: about how many frames a second there will be.
        begin: the time in the original, in seconds, at which the video begins.
        sound: the original, whose sound is taken too.
        threads: how many threads encode.

    Raises:
        OutputError: the suffix names no format, the file cannot be written, or there were no
            frames.
    """
    check_suffix(path)
    kind = CODECS[path.suffix.lower()]
    options = {"movflags": "+faststart"} if kind is _MP4 else {}
    try:
        with written_whole(path) as part:
            part.touch()  # a folder that may not be written to is told now, not after an hour
            container = av.open(f"file:{part.absolute()}", "w", options=options)
            try:
                writer = Writer(container, kind, rate, begin, sound, threads)
                yield writer
                writer.finish()
                if not writer.written:
                    raise OutputError(f"{path}: was not written, because there were no frames")
                container.close()
            except BaseException:
                with suppress(av.FFmpegError, OSError):
                    container.close()
                raise
    except (av.FFmpegError, OSError) as error:
        full = error.errno in (errno.ENOSPC, errno.EFBIG)
        why = "is the disk full?" if full else error.strerror
        raise OutputError(f"{path}: cannot be written ({why})") from error
