"""Look into an MP4 before FFmpeg does: its index can ask for gigabytes in a dozen bytes."""

import struct
from pathlib import Path
from typing import Final

MOST_SAMPLES: Final = 10_000_000
"""So many frames a track may have, whatever the file's size: four days of video."""
MOST_BOXES: Final = 1_000_000
"""So many parts of the file are looked at."""

_FIRST = (b"ftyp", b"moov", b"mdat", b"moof", b"styp", b"wide", b"free", b"skip")
_WITHIN = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf")
"""Parts that hold the parts that matter here."""


def is_mp4(head: bytes) -> bool:
    """Whether these first bytes of a file, at least 8, are those of an MP4, MOV, 3GP or M4V.

    >>> is_mp4(b"\\0\\0\\0\\x18ftypmp42")
    True
    """
    return head[4:8] in _FIRST


def asks_too_much(path: Path) -> bool:
    """Whether a video's index names more frames of one size than the file has bytes.

    FFmpeg reserves memory for each frame that an MP4 (or MOV, 3GP, M4V) names. Where all frames
    have the same size they are named by their number alone, so that a file of two kilobytes can
    take three gigabytes and half a minute.

    Args:
        path: the file; one that is no MP4 asks for nothing.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        for _ in range(MOST_BOXES):
            if at + 20 > size:  # a length of 64 bits may lie further off than any file can
                return False
            file.seek(at)
            head = file.read(20)
            if at == 0 and not is_mp4(head):
                return False
            length, kind, _, first, second = struct.unpack(">I4s3I", head)
            if kind == b"stsz":
                count = second if first else 0  # of the same size, or of sizes listed behind it
            elif kind == b"trun":
                count = first if not head[10] & 0x0F else 0
            else:
                count = 0
            if count > max(MOST_SAMPLES, size):
                return True
            if kind in _WITHIN:
                length = 8
            elif length == 1:
                (length,) = struct.unpack_from(">Q", head, 8)
            if length < 8:  # 0: to the end of the file
                return False
            at += length
    return False
