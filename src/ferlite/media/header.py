"""Read a picture's size and orientation from its first bytes, before anything is decoded.

A file of a few kilobytes can ask for gigabytes of pixels. Its header says so, and decoders believe
it; so ferlite reads the header itself, and knows only the formats whose header it can read.
"""

import struct
from typing import Final, NamedTuple

FORMATS: Final = "JPEG, PNG, WebP, GIF, BMP or TIFF"


class Header(NamedTuple):
    """What a picture says about itself."""

    width: int
    height: int
    orientation: int = 1
    """EXIF's number for how the stored picture is turned: 1 is upright, 2 to 8 are not."""
    complete: bool = True
    """False if the end of the file is missing."""


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
            # OpenCV turns a TIFF upright itself, so its orientation is none of our business.
            tags = _tags(data)
            return Header(tags[_WIDTH], tags[_HEIGHT])
    except (struct.error, KeyError, IndexError):
        pass
    return None


def _jpeg(data: bytes) -> Header | None:
    orientation = 1
    at = 2
    width = height = 0
    while True:
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFFF:  # fill byte
            at += 1
            continue
        if marker >> 8 != 0xFF or length < 2:
            return None
        body = data[at + 4 : at + 2 + length]
        if marker == 0xFFE1 and body.startswith(b"Exif\0\0"):
            orientation = _orientation(body[6:])
        elif 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            height, width = struct.unpack_from(">HH", body, 1)
        elif marker == 0xFFDA:  # the pixels begin, and after them comes the end marker
            return Header(width, height, orientation, data.find(b"\xff\xd9", at) >= 0)
        at += 2 + length


def _png(data: bytes) -> Header | None:
    width, height = struct.unpack_from(">II", data, 16)
    orientation = 1
    at = 8
    while at + 8 <= len(data):
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
        while at + 8 <= len(data):
            (length,) = struct.unpack_from("<I", data, at + 4)
            if data[at : at + 4] == b"EXIF":
                exif = data[at + 8 : at + 8 + length]
                orientation = _orientation(exif.removeprefix(b"Exif\0\0"))
            at += 8 + length + length % 2
        return Header(width, height, orientation, complete)
    return None


def _bmp(data: bytes) -> Header:
    (header_size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header_size == 12 else "<ii", data, 18)
    return Header(abs(width), abs(height))  # a negative height means that the rows go downwards


_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274


def _orientation(exif: bytes) -> int:
    """The orientation in an EXIF block; 1 where it says nothing sensible."""
    try:
        found = _tags(exif).get(_ORIENTATION, 1)
    except struct.error:
        return 1
    return found if 1 <= found <= 8 else 1


def _tags(tiff: bytes) -> dict[int, int]:
    """The whole-number tags of a TIFF's first directory (EXIF is such a directory too)."""
    endian = "<" if tiff.startswith(b"II") else ">"
    (at,) = struct.unpack_from(endian + "I", tiff, 4)
    (count,) = struct.unpack_from(endian + "H", tiff, at)
    tags = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(endian + "HH", tiff, entry)
        if kind in (3, 4):  # a 16-bit or 32-bit number
            (tags[tag],) = struct.unpack_from(endian + (" HI"[kind - 2]), tiff, entry + 8)
    return tags
