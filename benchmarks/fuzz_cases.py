"""Damaged images and videos, each made from its number alone: what `fuzz.py` gives to ferlite."""

import io
import os
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE: Final = 80
"""In pixels: an image is this small, so that a case takes a millisecond, and holds one face."""
FRAMES: Final = 12

Kind = str
"""`image` or `video`."""


class Case(NamedTuple):
    """A damaged file, and how it came about."""

    number: int
    format: str
    damage: str
    data: bytes

    @property
    def name(self) -> str:
        """A file name; its suffix may lie about the content, as it may for damaged files."""
        return f"{self.number}.{self.format.split()[0]}"


def portrait() -> NDArray[np.uint8]:
    """The astronaut's head: uint8 (SIDE, SIDE, 3), RGB."""
    photo = Image.open(Path(__file__).parents[1] / "examples" / "astronaut.jpg")
    return np.array(photo.crop((144, 36, 304, 196)).resize((SIDE, SIDE), Image.Resampling.BOX))


def image_seeds() -> dict[str, bytes]:
    """A whole file of each form of each format that ferlite reads, by `suffix and form`."""
    from PIL import ImageCms
    from pillow_heif import register_heif_opener

    register_heif_opener()
    rgb = portrait()
    head = Image.fromarray(rgb)
    gray = np.asarray(head.convert("L"))
    see_through = head.convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize(head.size))
    turned = Image.Exif()
    turned[0x0112] = 6
    sideways = head.transpose(Image.Transpose.ROTATE_90)

    def pil(image: Image.Image, format: str, **options: Any) -> bytes:
        stream = io.BytesIO()
        image.save(stream, format, **options)
        return stream.getvalue()

    def deep(suffix: str, pixels: NDArray[np.uint8], bits: int = 16) -> bytes:
        values = pixels.astype(np.uint32) * (2**bits - 1) // 255
        return cv2.imencode(suffix, values.astype(np.uint16)[..., ::-1])[1].tobytes()

    lab = ImageCms.profileToProfile(
        head, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    several = {"save_all": True, "append_images": [head.rotate(9), head.rotate(20)]}
    seeds = {
        "jpg": pil(head, "JPEG"),
        "jpg progressive": pil(head, "JPEG", progressive=True),
        "jpg gray": pil(head.convert("L"), "JPEG"),
        "jpg cmyk": pil(head.convert("CMYK"), "JPEG"),
        "jpg restarts": pil(head, "JPEG", restart_marker_blocks=4),
        "jpg turned": pil(sideways, "JPEG", exif=turned),
        "png": pil(head, "PNG"),
        "jfif": pil(head, "JPEG", quality=30),
        "mpo": pil(head, "MPO", **several),
        "png 16 bit": deep(".png", rgb),
        "png 12 bit": deep(".png", rgb, 12),
        "png gray 16 bit": pil(Image.fromarray(gray.astype(np.uint16) * 257), "PNG"),
        "png gray 12 bit": pil(Image.fromarray(gray.astype(np.uint16) * 16), "PNG"),
        "png palette": pil(head.quantize(64), "PNG"),
        "png one bit": pil(head.convert("1"), "PNG"),
        "png alpha": pil(see_through, "PNG"),
        "png turned": pil(sideways, "PNG", exif=turned),
        "webp": pil(head, "WEBP"),
        "webp lossless": pil(head, "WEBP", lossless=True),
        "webp alpha": pil(see_through, "WEBP"),
        "webp animated": pil(head, "WEBP", **several),
        "webp turned": pil(sideways, "WEBP", exif=turned),
        "gif": pil(head, "GIF"),
        "gif animated": pil(head, "GIF", **several, disposal=2),
        "bmp": pil(head, "BMP"),
        "bmp palette": pil(head.quantize(64), "BMP"),
        "bmp one bit": pil(head.convert("1"), "BMP"),
        "bmp alpha": pil(see_through, "BMP"),
        "tiff": pil(head, "TIFF"),
        "tiff lzw": pil(head, "TIFF", compression="tiff_lzw"),
        "tiff deflate": pil(head, "TIFF", compression="tiff_adobe_deflate"),
        "tiff jpeg": pil(head, "TIFF", compression="jpeg"),
        "tiff packbits": pil(head.quantize(64), "TIFF", compression="packbits"),
        "tiff fax": pil(head.convert("1"), "TIFF", compression="group4"),
        "tiff 16 bit": deep(".tiff", rgb),
        "tiff 12 bit": deep(".tiff", rgb, 12),
        "tiff float": pil(Image.fromarray(gray.astype(np.float32) / 255), "TIFF"),
        "tiff lab": pil(lab, "TIFF"),
        "tiff turned": pil(sideways, "TIFF", exif=turned),
        "tiff big-endian": pil(head.convert("I;16B"), "TIFF", big_endian=True),
        "heic": pil(head, "HEIF"),
        "heic gray": pil(head.convert("L"), "HEIF"),
        "heic alpha": pil(see_through, "HEIF"),
        "heic several": pil(head, "HEIF", **several),
        "avif": pil(head, "AVIF"),
        "avif alpha": pil(see_through, "AVIF"),
        "avif animated": pil(head, "AVIF", **several),
        "avif turned": pil(sideways, "AVIF", exif=turned),
        "ppm": pil(head, "PPM"),
        "ppm plain": b"P3 80 80 255\n" + b" ".join(b"%d" % n for n in rgb.ravel()),
        "pgm": pil(head.convert("L"), "PPM"),
        "pgm 12 bit": b"P5 80 80 4095\n" + (gray.astype(np.uint16) * 16).astype(">u2").tobytes(),
        "pbm": pil(head.convert("1"), "PPM"),
        "pfm": pil(Image.fromarray(gray.astype(np.float32) / 255), "PPM"),
    }
    return seeds


_VIDEOS: Final = {
    "mp4 libx264": "yuv420p", "mp4 libx264 sound": "yuv420p", "mp4 libx265": "yuv420p",
    "mp4 libsvtav1": "yuv420p", "mp4 libvpx-vp9": "yuv420p", "mp4 mpeg4": "yuv420p",
    "mov prores_ks": "yuv422p10le", "mov mjpeg": "yuvj420p", "mov libx264 turned": "yuv420p",
    "3gp mpeg4": "yuv420p", "mkv libx264 sound": "yuv420p", "mkv ffv1": "yuv420p",
    "webm libvpx": "yuv420p", "webm libvpx-vp9 sound": "yuv420p", "avi mjpeg": "yuvj420p",
    "avi mpeg4 sound": "yuv420p", "avi ffv1": "yuv420p", "avi huffyuv": "yuv422p",
    "avi png": "rgb24", "avi msmpeg4": "yuv420p", "flv flv1": "yuv420p", "wmv wmv2": "yuv420p",
    "mpg mpeg1video": "yuv420p", "ts libx264": "yuv420p", "ts mpeg2video sound": "yuv420p",
    "y4m wrapped_avframe": "yuv420p", "gif gif": "rgb8",
}  # fmt: skip
"""Container, codec and more of the videos that are damaged, and how their pixels are stored."""


def video_seeds(folder: Path) -> dict[str, bytes]:
    """A whole video in each container and codec, by `suffix, codec and more`.

    Args:
        folder: to write them in.
    """
    import av

    os.environ["SVT_LOG"] = "-1"  # SVT and x265 write to standard error by themselves
    frames = [np.roll(portrait(), (i // 2, i), (0, 1)) for i in range(FRAMES)]
    seeds = {}
    for name, pixels in _VIDEOS.items():
        suffix, codec, *more = name.split()
        path = folder / f"{name}.{suffix}"
        container = {"y4m": "yuv4mpegpipe", "wmv": "asf"}.get(suffix)
        with av.open(str(path), "w", format=container) as file:
            quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
            stream: Any = file.add_stream(codec, rate=Fraction(25), options=quiet)
            stream.width = stream.height = SIDE
            stream.pix_fmt = pixels
            stream.codec_context.thread_count = 1
            if "turned" in more:
                stream.set_display_rotation(90)
            if "sound" in more:
                kind = {"webm": "libopus", "ts": "mp2"}.get(suffix, "aac")
                track: Any = file.add_stream(kind, rate=48_000)
            for rgb in frames:
                file.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
            file.mux(stream.encode())
            if "sound" in more:
                tone = np.sin(np.arange(48_000 * FRAMES // 25) / 9, dtype=np.float32)[None]
                heard = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
                heard.sample_rate, heard.pts = 48_000, 0
                file.mux(track.encode(heard))
                file.mux(track.encode())
        seeds[name] = path.read_bytes()
    return seeds


def case(kind: Kind, number: int, seeds: dict[str, bytes], seed: int) -> Case:
    """The case of a number: always the same for the same seeds.

    Args:
        kind: `image` or `video`.
        number: which; consecutive ones go round the formats.
        seeds: whole files, by format.
        seed: of everything random.
    """
    rng = random.Random(f"{seed} {kind} {number}")
    format = list(seeds)[number % len(seeds)]
    damage = rng.choice(list(DAMAGES if kind == "image" else DAMAGES | VIDEO_DAMAGES))
    whole = seeds[format]
    data = bytearray(whole)
    if damage in VIDEO_DAMAGES:
        VIDEO_DAMAGES[damage](data, rng)
    else:
        DAMAGES[damage](data, rng, seeds)
    if format.startswith("png") and rng.random() < 0.5:
        mend_checksums(data)  # or else the damage ends at them
    return Case(number, format, damage, bytes(data))


EDGES: Final = (0, 1, 2, 3, 4, 5, 8, 16, 32, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF,
                0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)  # fmt: skip
"""Numbers that programs forget to think of."""
HEAD: Final = 200
"""So many bytes at the beginning are taken for the header."""


def _bits(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    for _ in range(2 ** rng.randrange(7)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _header(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    for _ in range(rng.randint(1, 6)):
        data[rng.randrange(min(HEAD, len(data)))] = rng.choice((0, 0xFF, rng.randrange(256)))


def _numbers(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    """Edge values in the place of 16 and 32-bit numbers, most often in the header."""
    for _ in range(rng.randint(1, 3)):
        size = rng.choice((2, 4))
        at = rng.randrange(min(len(data), rng.choice((HEAD, HEAD, len(data)))) - size)
        number = rng.choice(EDGES) & (1 << 8 * size) - 1
        data[at : at + size] = number.to_bytes(size, rng.choice(("big", "little")))


def _cut(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    del data[rng.randrange(1, rng.choice((HEAD, len(data)))) :]


def _tail_only(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    """The beginning lost but for its magic."""
    magic = rng.randint(0, 16)
    del data[magic : rng.randrange(magic, len(data))]


def _inserted(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    at = rng.randrange(rng.choice((HEAD, len(data))))
    data[at:at] = rng.randbytes(2 ** rng.randrange(12))


def _removed(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    at = rng.randrange(len(data))
    del data[at : at + 2 ** rng.randrange(12)]


def _zeroed(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    """A sector that the disk gives back empty."""
    start = rng.randrange(len(data))
    end = min(len(data), start + 2 ** rng.randrange(13))
    data[start:end] = bytes(end - start)


def _moved(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    size = 2 ** rng.randrange(3, 11)
    source, target = rng.randrange(len(data)), rng.randrange(len(data))
    block = data[source : source + size]
    data[target : target + len(block)] = block


def _swapped_header(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    other = rng.choice(list(seeds.values()))
    size = rng.choice((4, 8, 16, 32, 64))
    data[:size] = other[:size]


def _spliced(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    other = rng.choice(list(seeds.values()))
    data[rng.randrange(len(data)) :] = other[rng.randrange(len(other)) :]


def _random(data: bytearray, rng: random.Random, seeds: dict[str, bytes]) -> None:
    """The right magic, and then anything."""
    magic = rng.choice((4, 8, 12, 16, 24, 32, 64, 128))
    data[magic:] = rng.randbytes(2 ** rng.randrange(14))


DAMAGES: Final[dict[str, Callable[[bytearray, random.Random, dict[str, bytes]], None]]] = {
    "flipped bits": _bits,
    "bytes of the header": _header,
    "edge numbers": _numbers,
    "end cut off": _cut,
    "beginning lost": _tail_only,
    "block inserted": _inserted,
    "block removed": _removed,
    "block zeroed": _zeroed,
    "block copied elsewhere": _moved,
    "another's header": _swapped_header,
    "spliced with another": _spliced,
    "random after the magic": _random,
}


def _index_damage(data: bytearray, rng: random.Random) -> None:
    for at in _places(data, rng, index=True):
        data[at] = rng.choice((0, 0xFF, data[at] ^ 1 << rng.randrange(8), rng.randrange(256)))


def _frame_damage(data: bytearray, rng: random.Random) -> None:
    for at in _places(data, rng, index=False):
        data[at] ^= 1 << rng.randrange(8)


VIDEO_DAMAGES: Final[dict[str, Callable[[bytearray, random.Random], None]]] = {
    "index damaged": _index_damage,
    "frames damaged": _frame_damage,
}


def _places(data: bytearray, rng: random.Random, index: bool) -> Iterator[int]:
    """Bytes of the part that tells of the frames (MP4's `moov`, else the beginning) or of them."""
    start, end = 0, min(len(data) // 4, 1000)
    if (moov := data.find(b"moov")) >= 0:
        (size,) = struct.unpack_from(">I", data, moov - 4)
        start, end = moov + 4, min(len(data), moov - 4 + size)
    elif data.startswith(b"RIFF"):
        end = data.find(b"movi")
    for _ in range(2 ** rng.randrange(7)):
        at = rng.randrange(start, end) if index else rng.randrange(len(data) - (end - start))
        yield at if index or at < start else at + end - start


def mend_checksums(png: bytearray) -> None:
    """Make a damaged PNG's checksums right, so that the damage gets past them."""
    at = 8
    while at + 12 <= len(png):
        (size,) = struct.unpack_from(">I", png, at)
        end = at + 8 + size
        if end + 4 > len(png):
            return
        struct.pack_into(">I", png, end, zlib.crc32(png[at + 4 : end]))
        at = end + 4


def hostile() -> dict[str, Callable[[], bytes]]:
    """Images and videos that are made, not damaged: small files that ask for much.

    Much memory, much time, or other files and the network.
    """
    large = (10_000, 10_000)  # as many pixels as ferlite takes
    return {
        "png 100 megapixels": lambda: _png(*large, bits=8, colors=0),
        "png 100 megapixels, 16 bit and alpha": lambda: _png(*large, bits=16, colors=6),
        "png 10,000 megapixels": lambda: _png_head(100_000, 100_000, 8, 0) + bytes(1000),
        "png 2 million chunks": lambda: _png_head(8, 8, 8, 0) + _chunk(b"noNe", b"") * 2_000_000,
        "jpg 20,000 scans": lambda: _scans(*large, 20_000),
        "jpg 20 million fill bytes": lambda: b"\xff\xd8" + b"\xff" * 20_000_000,
        "gif 65535 wide, one pixel": lambda: (
            b"GIF89a" + struct.pack("<HHBBB", 65535, 1500, 0xF0, 0, 0) + bytes(6)
            + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0;"
        ),
        "bmp 100 megapixels, no rows": lambda: (
            b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, *large, 1, 32, 0, 0, 0, 0, 0, 0)
        ),
        "tiff one strip of 4 GB": lambda: _tiff(*large, {278: 10_000, 279: 0xFFFFFFF0}),
        "tiff tiles of 4 gigapixels": lambda: _tiff(*large, {322: 65520, 323: 65520, 324: 8}),
        "tiff that is its own next page": lambda: _tiff(80, 80, {279: 6400}, next=8),
        "webp 268 megapixels": lambda: (
            b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x3f\0" * 2 + b"VP8L\0\0\0\0"
        ),
        "gif 300,000 frames": lambda: (
            b"GIF89a" + struct.pack("<HHBBB", 80, 80, 0xF0, 0, 0) + bytes(6)
            + (b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0") * 300_000 + b";"
        ),
        "mp4 80 million frames": lambda: _mp4(80_000_000),
        "y4m 98 megapixels": lambda: b"YUV4MPEG2 W9900 H9900 F25:1 Ip C420mpeg2\nFRAME\n",
        "y4m 268 megapixels": lambda: b"YUV4MPEG2 W16384 H16384 F25:1 Ip C420mpeg2\nFRAME\n",
        "m3u8 of the network": lambda: (
            b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
        ),
        "sdp of the network": lambda: (
            b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            b"m=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        ),
        "ffconcat of another file": lambda: b"ffconcat version 1.0\nfile /etc/hostname\n",
    }  # fmt: skip


VIDEO_SUFFIXES: Final = ("mp4", "y4m", "m3u8", "sdp", "ffconcat")
"""Of hostile videos; the others are images."""


def _mp4(frames: int) -> bytes:
    """An MP4 that holds nothing but an index."""

    def box(kind: bytes, *bodies: bytes) -> bytes:
        return struct.pack(">I", 8 + sum(map(len, bodies))) + kind + b"".join(bodies)

    def numbers(*numbers: int) -> bytes:
        return struct.pack(f">{len(numbers)}I", *numbers)

    look = numbers(0, 1, *[0] * 4, SIDE << 16 | SIDE, 0x480000, 0x480000, 0, 1 << 16)
    video = box(b"mp4v", look, bytes(30), b"\0\x18\xff\xff")
    table = box(
        b"stbl",
        box(b"stsd", numbers(0, 1), video),
        box(b"stts", numbers(0, 1, frames, 512)),
        box(b"stsc", numbers(0, 1, 1, frames, 1)),
        box(b"stsz", numbers(0, 1, frames)),
        box(b"stco", numbers(0, 1, 0)),
    )
    media = box(
        b"mdia",
        box(b"mdhd", numbers(0, 0, 0, 12800, 512, 0)),
        box(b"hdlr", numbers(0, 0), b"vide", bytes(13)),
        box(b"minf", table),
    )
    return box(b"ftyp", b"isom", numbers(512)) + box(b"moov", box(b"trak", media))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png_head(width: int, height: int, bits: int, colors: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colors, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)


def _png(width: int, height: int, bits: int, colors: int) -> bytes:
    """A PNG that is nothing but zeros, and therefore a thousandth of its size in memory."""
    row = bytes(1 + width * (4 if colors == 6 else 1) * bits // 8)
    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return _png_head(width, height, bits, colors) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _scans(width: int, height: int, count: int) -> bytes:
    """A progressive JPEG whose scans of twelve bytes each make a decoder go over all its blocks."""

    def segment(marker: int, body: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body

    def scan(first: int, last: int) -> bytes:
        return segment(0xDA, bytes([1, 1, 0, first, last, 0])) + bytes(2)

    one_code = bytes([1] + [0] * 15)
    return (
        b"\xff\xd8"
        + segment(0xDB, b"\0" + bytes([1] * 64))
        + segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0]))
        + segment(0xC4, b"\x00" + one_code + b"\0")
        + segment(0xC4, b"\x10" + one_code + b"\xe0")
        + scan(0, 0)
        + scan(1, 63) * count
        + b"\xff\xd9"
    )


def _tiff(width: int, height: int, tags: dict[int, int], next: int = 0) -> bytes:
    """A gray TIFF of one directory."""
    entries = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1} | tags
    body = b"".join(struct.pack("<HHII", tag, 4, 1, entries[tag]) for tag in sorted(entries))
    head = struct.pack("<HHI", 0x4949, 42, 8) + struct.pack("<H", len(entries))
    return head + body + struct.pack("<I", next) + bytes(6400)
