"""Take an image in any of the forms that people have, safely, as upright RGB pixels."""

import importlib
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from ferlite.errors import FerliteError, ImageError, OutputError
from ferlite.files import written_whole

MOST_PIXELS: Final = 100_000_000
"""A larger image is refused before it is decoded. 100 megapixels are 300 MB in memory, and
about 1 GB while they are decoded."""
MOST_JPEG_PIXELS: Final = 250_000_000
"""A JPEG may be larger, because it can be decoded at a half, a quarter or an eighth of its size."""
DECODED_PIXELS: Final = 32_000_000
"""A JPEG with more pixels is decoded at such a part of its size that no more are left."""
MOST_SCANNED: Final = 3_000_000_000
"""Pixels times scans of a progressive JPEG. Programs write about ten scans; a small file can ask
for a hundred thousand, which take an hour."""
MOST_BYTES: Final = 1_000_000_000
"""A larger file is refused before it is read."""
STRIP: Final = 1_000_000
"""So many pixels are brought to uint8 and three channels at a time."""
DEPTHS: Final = (8, 10, 12, 14, 16, 24, 32)
"""The bits of the values that cameras and programs keep in 16 or 32 bits."""
FORMATS: Final = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or PPM"

Channels: TypeAlias = Literal["rgb", "bgr"]
VIDEO_HINT: Final = "read it with 'ferlite video', in Python with recognize_video"
"""What to do with a video."""

ImageLike: TypeAlias = "str | os.PathLike[str] | bytes | NDArray[Any] | Image.Image | Any"
"""A path, the bytes of a file, a file object, a NumPy array, or a PIL image."""

_PLUGINS: Final = (
    (rb"\xff\xd8\xff", "PIL.JpegImagePlugin", "JpegImageFile"),  # an MPO begins as a JPEG, too
    (rb"\x89PNG\r\n\x1a\n", "PIL.PngImagePlugin", "PngImageFile"),
    (rb"RIFF....WEBP", "PIL.WebPImagePlugin", "WebPImageFile"),
    (rb"GIF8[79]a", "PIL.GifImagePlugin", "GifImageFile"),
    (rb"BM", "PIL.BmpImagePlugin", "BmpImageFile"),
    (rb"II[*+]\0|MM\0[*+]", "PIL.TiffImagePlugin", "TiffImageFile"),
    (rb"P[1-6fF]\s", "PIL.PpmImagePlugin", "PpmImageFile"),
    (rb"....ftyp(avi[fs]|m(if|sf)1.{0,40}avi[fs])", "PIL.AvifImagePlugin", "AvifImageFile"),
    (rb"....ftyp(he[iv][cxms]|m(if|sf)1)", "pillow_heif", "HeifImageFile"),
)
"""How the bytes of each format begin, and which class of Pillow or pillow-heif reads it."""
_VIDEO: Final = re.compile(
    rb"....ftyp(?!crx)|....moov|....mdat|RIFF....AVI |\x1aE\xdf\xa3|FLV\x01", re.S
)
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|data:")


class Loaded(NamedTuple):
    """An image that may have been decoded at a reduced size."""

    pixels_HWC: NDArray[np.uint8]
    """uint8, (H, W, 3), RGB, upright."""
    scale: int = 1
    """How many pixels of the full size one of these stands for, each way: 1, 2, 4 or 8."""


def load(image: ImageLike, channels: Channels = "rgb") -> NDArray[np.uint8]:
    """Any kind of image as upright pixels.

    A file is recognised by its content, whatever it is called. Values of 10, 12 or 14 bits that
    lie in 16 are brought to the range of the fewest bits (8, 10, 12, 14, 16) that hold the
    largest of them: infrared and industrial cameras write such files, and nothing in them says so.

    Args:
        image: a path; the bytes of a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or PPM file; a
            file object that gives such bytes; a PIL image; or an array (H, W), (H, W, 1),
            (H, W, 3) or (H, W, 4), uint8, uint16, or float in [0, 1]. Of several frames the first
            is taken. Transparent parts are shown on white.
        channels: the order of colours in an array; the other forms know their own.

    Returns:
        uint8, (H, W, 3), RGB, in the orientation in which a viewer shows it. It shares memory with
        an array that is like this already. A JPEG of more than 32 million pixels comes at a half,
        a quarter or an eighth of its size; `load_scaled` tells at which.

    Raises:
        ImageError: it cannot be read, is damaged or incomplete, has more than 100 million pixels
            (as a JPEG: 250 million), or is none of these things.

    >>> load(np.ones((2, 2), np.float32)).tolist()[0]
    [[255, 255, 255], [255, 255, 255]]
    """
    return load_scaled(image, channels).pixels_HWC


def load_scaled(image: ImageLike, channels: Channels = "rgb") -> Loaded:
    """As `load`, and at which part of its size a very large JPEG was decoded.

    >>> load_scaled(np.zeros((2, 3), np.uint8)).scale
    1
    """
    if isinstance(image, Loaded):
        return image
    if isinstance(image, str | os.PathLike):
        path = os.fsdecode(image)
        if not path:
            raise ImageError("'' is not the name of a file")
        _check_no_address(path)
        return decode(read_bytes(Path(path)), path)
    if isinstance(image, bytes | bytearray | memoryview):
        return decode(bytes(image), "the image")
    if isinstance(image, np.ndarray):
        return Loaded(_from_array(image, channels))
    if isinstance(image, Image.Image):
        return Loaded(_from_pil(image))
    if hasattr(image, "read"):
        name = getattr(image, "name", None)
        name = name if isinstance(name, str) else "the image"
        return decode(read_stream(image, name), name)
    raise ImageError(
        "an image must be a path, the bytes of a file, a file object, a PIL image or a NumPy "
        f"array, not {type(image).__name__}"
        + ("; recognize_batch takes several" if isinstance(image, list | tuple) else "")
    )


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, or one sentence about why not.

    Raises:
        ImageError: there is no such file, it is a folder, it may not be read, or it is too large.
    """
    try:
        with path.open("rb") as file:
            if stat.S_ISREG((status := path.stat()).st_mode) and status.st_size <= MOST_BYTES:
                return file.read()
            return read_stream(file, str(path))
    except FileNotFoundError as error:
        if path.is_symlink():
            raise ImageError(f"{path}: is a link to a file that is not there") from error
        if any(c in path.name for c in "*?"):
            raise ImageError(f"{path}: no file matches this") from error
        raise ImageError(f"{path}: there is no such file") from error
    except IsADirectoryError as error:
        raise ImageError(f"{path}: this is a folder, not an image") from error
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a zero byte in the name
        raise ImageError(f"{str(path)!r} is not the name of a file") from error


def read_stream(stream: Any, name: str) -> bytes:
    """All bytes of a file object, a pipe or standard input, but no more than an image can have.

    Raises:
        ImageError: there are more, or what it gives are no bytes.
    """
    try:
        data = stream.read(MOST_BYTES + 1)
    except UnicodeDecodeError:  # text mode
        data = ""
    if not isinstance(data, bytes | bytearray):
        raise ImageError(f"{name}: gives no bytes; open the file in binary mode, 'rb'")
    if not data and stream.seekable() and stream.tell():
        raise ImageError(f"{name}: was read to its end already; call seek(0) first")
    if len(data) > MOST_BYTES:
        raise ImageError(f"{name}: is larger than {MOST_BYTES // 1_000_000} MB")
    return bytes(data)


def decode(data: bytes, name: str) -> Loaded:
    """Decode the bytes of an image file; `name` is what an error calls it.

    A file whose end is missing is refused, even where a part of the image could be shown: a face
    that is half gray would get an answer, and a wrong one. Damage in the middle of a JPEG can go
    unnoticed, as in every decoder.

    Raises:
        ImageError: as `load`.
    """
    with _reading(data, name) as image:
        scale = _reduced(image, data, name)
        deep = any(";16" in str(tile[3]) for tile in image.tile[:1])
        image.load()
        pixels = _pixels(image, name)
        if deep and pixels.ndim == 3 and pixels.max() < 64:
            pixels = _sixteen_bits(data)  # of its 16 bits Pillow gives the upper eight
        return Loaded(_upright(_to_rgb(pixels, name), _orientation(image)), scale)


def size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height of an image file, as its header tells them; nothing is decoded.

    Raises:
        ImageError: it is none that can be read.

    >>> size(b"P5 3 2 255 ......", "gray.pgm")
    (3, 2)
    """
    with _reading(data, name) as image:
        return image.size


def save(image_HWC: NDArray[np.uint8], path: Path) -> None:
    """Write RGB pixels to a file whose suffix says the format; the file appears complete or not.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        with written_whole(path) as part:
            Image.fromarray(image_HWC).save(part, quality=95, compress_level=3)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    except ValueError as error:  # Pillow knows no format with such a suffix
        raise OutputError(f"{path}: give it the suffix .png or .jpg") from error


def is_image(begins: bytes) -> bool:
    """Whether a file begins as an image that ferlite reads; 64 bytes of it are enough.

    >>> is_image(b"GIF89a"), is_image(b"%PDF-1.7")
    (True, False)
    """
    return any(re.match(magic, begins, re.S) for magic, _, _ in _PLUGINS)


def _check_no_address(name: str) -> None:
    if not _ADDRESS.match(name) or os.path.exists(name):
        return
    shown = name if len(name) <= 60 else name[:57] + "..."
    if name.startswith("data:"):
        raise ImageError(f"{shown}: is an address; give the image itself, as a file or its bytes")
    raise ImageError(
        f"{shown}: is an address, not a file; download it first, or pipe it: "
        "curl -sL ADDRESS | ferlite predict -"
    )


@contextmanager
def _reading(data: bytes, name: str) -> Iterator[ImageFile.ImageFile]:
    """An opened image; what goes wrong with it is an `ImageError`."""
    if not data:
        raise ImageError(f"{name}: is empty")
    try:
        opened = _opened(data)
        if opened is None:
            if _VIDEO.match(data):
                raise ImageError(f"{name}: is a video; {VIDEO_HINT}")
            raise ImageError(f"{name}: is not an image that ferlite reads ({FORMATS})")
        with opened:
            yield opened
    except ImageError:
        raise
    except Exception as error:  # of damaged files, Pillow raises whatever its plugins run into
        raise ImageError(f"{name}: is damaged or incomplete; get the file again") from error


def _opened(data: bytes) -> ImageFile.ImageFile | None:
    """The image, of which no more than the header is read yet; None if no plugin is for it.

    Not `Image.open`: that would ask plugins of which ferlite makes no use (one starts another
    program), and warns about sizes of which ferlite has its own limits.
    """
    for begins, module, factory in _PLUGINS:
        if re.match(begins, data[:64], re.S):
            opened: ImageFile.ImageFile = getattr(importlib.import_module(module), factory)(
                io.BytesIO(data), ""
            )
            return opened
    return None


def _reduced(image: Image.Image, data: bytes, name: str) -> int:
    """Refuse an image that asks for too much; have a very large JPEG decoded at a part of its size.

    Returns:
        By what its sides are divided.
    """
    width, height = image.size
    if image.format != "JPEG":
        _check_size(width, height, name, MOST_PIXELS)
        return 1
    _check_size(width, height, name, MOST_JPEG_PIXELS)
    if image.info.get("progressive") and data.count(b"\xff\xda") * width * height > MOST_SCANNED:
        raise ImageError(f"{name}: goes over its pixels too often; save it as an ordinary JPEG")
    scale = 1
    while width * height > DECODED_PIXELS * scale**2:
        scale *= 2
    if scale > 1:
        image.draft(None, (width // scale, height // scale))
    return scale


def _check_size(width: int, height: int, name: str, most: int) -> None:
    if width < 1 or height < 1:
        raise ImageError(f"{name}: has no pixels")
    if width * height > most:
        raise ImageError(
            f"{name}: is {width}×{height}, over the limit of {most // 1_000_000} million "
            "pixels; make it smaller first"
        )


def _from_pil(image: Image.Image) -> NDArray[np.uint8]:
    name = "the PIL image"
    _check_size(image.width, image.height, name, MOST_PIXELS)
    try:
        image.load()  # only now is the file read, and a TIFF turned upright by PIL itself
        return _upright(_to_rgb(_pixels(image, name), name), _orientation(image))
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(f"{name} is damaged or incomplete") from error


def _pixels(image: Image.Image, name: str) -> NDArray[Any]:
    """Gray of any depth, or RGB of 8 bits, with white where it is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        pixels = np.asarray(image)
        if not pixels.min() >= 0:  # NaN fails this too
            raise ImageError(f"{name}: has negative values; bring them to [0, 1] first")
        return pixels
    if image.mode == "LAB":
        from PIL import ImageCms

        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB") or image
    if image.has_transparency_data:
        return _on_white_in_strips(image)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _on_white_in_strips(image: Image.Image) -> NDArray[np.uint8]:
    rgb_HWC = np.empty((image.height, image.width, 3), np.uint8)
    rows = max(1, STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        rgb_HWC[top : top + rows] = _on_white(np.asarray(strip.convert("RGBA")))
    return rgb_HWC


def _sixteen_bits(data: bytes) -> NDArray[np.uint16]:
    """RGB of a PNG or TIFF file with all of its 16 bits, which Pillow does not give."""
    import av

    with av.open(io.BytesIO(data), "r") as container:
        frame = next(container.decode(video=0))
        return np.asarray(frame.to_ndarray(format="rgb48le"), np.uint16)


def _orientation(image: Image.Image) -> int:
    """EXIF's number for how the stored image is turned: 1 is upright, 2 to 8 are not."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # nothing that is wrong with its notes makes an image unreadable
        return 1


def _upright(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn stored pixels as EXIF's orientation says."""
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)


def _from_array(array: NDArray[Any], channels: Channels) -> NDArray[np.uint8]:
    name = "the image array"
    if channels not in ("rgb", "bgr"):
        raise FerliteError(f"channels must be 'rgb' or 'bgr', not {channels!r}")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ImageError(
            "an image array must have the shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), "
            f"not {array.shape}"
        )
    _check_size(array.shape[1], array.shape[0], name, MOST_PIXELS)
    if np.issubdtype(array.dtype, np.floating):
        # A little room, because resizing and colour conversion overshoot. NaN fails this too.
        if not (array.min() >= -0.01 and array.max() <= 1.01):
            raise ImageError(
                f"{name}: floating-point values must lie in [0, 1]; divide by 255, or use uint8"
            )
    elif array.dtype not in (np.uint8, np.uint16, np.bool_):
        raise ImageError(f"{name}: values must be uint8, uint16 or float, not {array.dtype}")
    if channels == "bgr" and array.ndim == 3:
        array = array[:, :, [2, 1, 0, 3][: array.shape[2]]]
    return _to_rgb(array, name)


def _to_rgb(pixels: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Gray, RGB or RGBA of any depth as RGB of 8 bits, with nothing transparent."""
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels)
    largest = _largest_value(pixels)
    # In strips, because what lies between a large image and its result is larger than both.
    height, width = pixels.shape[:2]
    rgb_HWC = np.empty((height, width, 3), np.uint8)
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        strip = _to_uint8(pixels[top : top + rows], largest)
        if strip.ndim == 2:
            strip = strip[:, :, None]
        elif strip.shape[2] == 4:
            strip = _on_white(strip)
        rgb_HWC[top : top + rows] = strip
    return rgb_HWC


def _largest_value(pixels: NDArray[Any]) -> int:
    """What stands for white.

    >>> _largest_value(np.array([7, 4080], np.uint16))
    4095
    """
    if pixels.dtype in (np.uint8, np.bool_):
        return 255
    largest = pixels.max()
    if np.issubdtype(pixels.dtype, np.floating) and largest <= 1.01:
        return 1
    return next(2**bits - 1 for bits in DEPTHS if largest < 2**bits)


def _to_uint8(pixels: NDArray[Any], largest: int) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    return np.asarray(np.clip(pixels, 0, largest) * (255 / largest) + 0.5, np.uint8)


def _on_white(pixels_HW4: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Three channels, with white where an image is transparent."""
    alpha_HW1, color_HW3 = pixels_HW4[:, :, 3:], pixels_HW4[:, :, :3]
    if alpha_HW1.min() == 255:
        return color_HW3
    weight_HW1 = alpha_HW1.astype(np.float32) / 255
    return (color_HW3 * weight_HW1 + 255 * (1 - weight_HW1) + 0.5).astype(np.uint8)
