"""Read a picture's size and orientation from its first bytes, before anything is decoded.

A file of a few kilobytes can ask for gigabytes of pixels. Its header says so, and decoders believe
it; so ferlite reads the header itself, and knows only the formats whose header it can read.
"""

import re
import struct
from typing import Final, NamedTuple

FORMATS: Final = "JPEG, PNG, WebP, GIF, BMP or TIFF"
MOST_SCANS: Final = 100
"""A JPEG may go over its pixels so often. Programs write about ten scans; a small file can ask for
a hundred thousand, which take an hour."""
MOST_PARTS: Final = 1_000_000
"""A file may have so many segments or chunks."""


class Header(NamedTuple):
    """What a picture says about itself."""

    width: int
    height: int
    orientation: int = 1
    """EXIF's number for how the stored picture is turned: 1 is upright, 2 to 8 are not."""
    complete: bool = True
    """False if the end of the file is missing, or it has more parts than any program writes."""


def read_header(data: bytes) -> Header | None:
    """The header of an encoded picture, or None if it is none that ferlite reads.

    >>> read_header(b"GIF89a" + bytes([10, 0, 20, 0]))
    Header(width=10, height=20, orientation=1, complete=True)
    """
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data)
        if data.startswith((b"GIF87a", b"GIF89a")):
            return Header(*struct.unpack_from("<HH", data, 6))
        if data.startswith(b"BM"):
            return _bmp(data)
        if data.startswith((b"II*\0", b"MM\0*")):
            return _tiff(data)
    except (struct.error, KeyError, IndexError):
        pass
    return None


_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""What begins a segment: not a byte 255 of the pixels, and none of the markers that stand alone."""


def _jpeg(data: bytes) -> Header | None:
    orientation = 1
    width = height = scans = 0
    at = 2
    for _ in range(MOST_PARTS):
        found = _MARKER.search(data, at)  # past pixels, fill bytes and, as decoders do, rubbish
        if found is None:
            break
        marker, at = data[found.end() - 1], found.end()
        if marker == 0xD9:
            return Header(width, height, orientation) if scans else None
        length = int.from_bytes(data[at : at + 2], "big")
        scans += marker == 0xDA
        if length < 2 or scans > MOST_SCANS:
            break
        body = data[at + 2 : at + length]
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = _orientation(body[6:])
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", body, 1)
        at += length
    return Header(width, height, orientation, complete=False) if scans else None


def _png(data: bytes) -> Header | None:
    width, height = struct.unpack_from(">II", data, 16)
    orientation = 1
    at = 8
    for _ in range(MOST_PARTS):
        if at + 8 > len(data):
            break
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if kind == b"eXIf":
            orientation = _orientation(data[at + 8 : at + 8 + length])
        if kind == b"IEND":
            return Header(width, height, orientation)
        at += 12 + length
    return Header(width, height, orientation, complete=False)


def _webp(data: bytes) -> Header | None:
    (length,) = struct.unpack_from("<I", data, 4)
    complete = len(data) >= 8 + length
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header(width & 0x3FFF, height & 0x3FFF, complete=complete)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, complete=complete)
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        orientation = 1
        at = 12
        for _ in range(MOST_PARTS):
            if at + 8 > len(data):
                break
            (length,) = struct.unpack_from("<I", data, at + 4)
            if data[at : at + 4] == b"EXIF":
                exif = data[at + 8 : at + 8 + length]
                orientation = _orientation(exif.removeprefix(b"Exif\0\0"))
            at += 8 + length + length % 2
        else:
            complete = False
        return Header(width, height, orientation, complete)
    return None


def _bmp(data: bytes) -> Header:
    (header_size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header_size == 12 else "<ii", data, 18)
    return Header(abs(width), abs(height))  # a negative height means that the rows go downwards


_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274
_STRIPS, _TILES = (273, 279), (324, 325)
"""Tags of where the pixels are: places and lengths."""
_PALETTE = 320


def _tiff(data: bytes) -> Header:
    # OpenCV turns a TIFF upright itself, so its orientation is none of our business.
    tags = _tags(data, _WIDTH, _HEIGHT, *_STRIPS, *_TILES, _PALETTE)
    ends = [
        start + length
        for places, lengths in (_STRIPS, _TILES)
        for start, length in zip(tags.get(places, ()), tags.get(lengths, ()), strict=False)
    ]
    complete = max(ends, default=0) <= len(data) and () not in tags.values()
    return Header(tags[_WIDTH][0], tags[_HEIGHT][0], complete=complete)


def _orientation(exif: bytes) -> int:
    """The orientation in an EXIF block; 1 where it says nothing sensible."""
    try:
        found = _tags(exif, _ORIENTATION)[_ORIENTATION][0]
    except (struct.error, KeyError, IndexError):
        return 1
    return found if 1 <= found <= 8 else 1


def _tags(tiff: bytes, *wanted: int) -> dict[int, tuple[int, ...]]:
    """Whole numbers of a TIFF's first directory (EXIF is one too); none where they are cut off."""
    endian = "<" if tiff.startswith(b"II") else ">"
    (at,) = struct.unpack_from(endian + "I", tiff, 4)
    (count,) = struct.unpack_from(endian + "H", tiff, at)
    tags: dict[int, tuple[int, ...]] = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, length = struct.unpack_from(endian + "HHI", tiff, entry)
        if tag not in wanted or kind not in (3, 4):  # numbers of 16 or 32 bits
            continue
        size = length * 2 * (kind - 2)
        place = entry + 8
        if size > 4:  # too many to lie in the entry itself
            (place,) = struct.unpack_from(endian + "I", tiff, place)
        within = length <= MOST_PARTS and place + size <= len(tiff)
        form = f"{endian}{length}{' HI'[kind - 2]}"
        tags[tag] = struct.unpack_from(form, tiff, place) if within else ()
    return tags
