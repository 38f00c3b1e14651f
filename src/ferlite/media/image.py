"""Take a picture in any of the forms that people have, safely, as upright BGR pixels."""

import os
import stat
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.media.header import FORMATS, read_header

MOST_PIXELS: Final = 100_000_000
"""A larger picture is refused before it is decoded. 100 megapixels are 300 MB in memory, and up to
1.6 GB while OpenCV decodes a PNG of 16 bits with transparency."""
MOST_BYTES: Final = 1_000_000_000
"""A larger file is refused before it is read."""
STRIP: Final = 1_000_000
"""So many pixels are brought to eight bits and three channels at a time."""

Channels: TypeAlias = Literal["rgb", "bgr"]
ImageLike: TypeAlias = "str | Path | bytes | NDArray[Any] | Any"
"""A path, the bytes of a file, a NumPy array, or a PIL image (which is never imported here)."""


def load(image: ImageLike, channels: Channels = "rgb") -> NDArray[np.uint8]:
    """Any kind of picture as upright pixels.

    Args:
        image: a path; the bytes of a JPEG, PNG, WebP, GIF, BMP or TIFF file; a PIL image; or an
            array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8, uint16, or float in [0, 1].
            Of several frames the first is taken. Transparent parts are shown on white.
        channels: the order of colours in an array; the other forms know their own.

    Returns:
        uint8, (H, W, 3), BGR, in the orientation in which a viewer shows it. It shares memory with
        an array that is like this already.

    Raises:
        FerliteError: it cannot be read, is damaged or incomplete, has more than 100 million
            pixels, or is none of these things.

    >>> load(np.ones((2, 2), np.float32)).tolist()[0]
    [[255, 255, 255], [255, 255, 255]]
    """
    if isinstance(image, str | Path):
        return decode(read_bytes(Path(image)), str(image))
    if isinstance(image, bytes | bytearray | memoryview):
        return decode(bytes(image), "the image")
    if isinstance(image, np.ndarray):
        return from_array(image, channels)
    if hasattr(image, "getexif") and hasattr(image, "convert"):
        return _from_pil(image)
    raise FerliteError(
        "an image must be a path, the bytes of a file, a PIL image or a NumPy array, "
        f"not {type(image).__name__}"
    )


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, or one sentence about why not.

    Raises:
        FerliteError: there is no such file, it is a folder, it may not be read, or it is too large.
    """
    try:
        with path.open("rb") as file:
            if stat.S_ISREG((status := path.stat()).st_mode) and status.st_size <= MOST_BYTES:
                return file.read()
            return read_stream(file, str(path))
    except FileNotFoundError as error:
        raise FerliteError(f"{path}: there is no such file") from error
    except IsADirectoryError as error:
        raise FerliteError(f"{path}: this is a folder, not an image") from error
    except OSError as error:
        raise FerliteError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a zero byte in the name
        raise FerliteError(f"{str(path)!r} is not the name of a file") from error


def read_stream(stream: BinaryIO, name: str) -> bytes:
    """All bytes of a pipe or of standard input, but no more than a picture can have.

    Raises:
        FerliteError: there are more.
    """
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FerliteError(f"{name}: is larger than {MOST_BYTES // 1_000_000} MB")
    return data


def decode(data: bytes, name: str) -> NDArray[np.uint8]:
    """Decode the bytes of a picture file; `name` is what an error calls it.

    A file whose end is missing is refused, even where a part of the picture could be shown: a face
    that is half gray would get an answer, and a wrong one. Damage in the middle of a JPEG can go
    unnoticed, as in every decoder.

    Raises:
        FerliteError: as `load`.
    """
    if not data:
        raise FerliteError(f"{name}: is empty")
    header = read_header(data)
    if header is None:
        raise FerliteError(f"{name}: is not an image that ferlite reads ({FORMATS})")
    _check_size(header.width, header.height, name)
    pixels = _decode_quietly(data) if header.complete else None
    if pixels is None:
        raise FerliteError(f"{name}: is damaged or incomplete; get the file again")
    return _upright(_to_bgr(pixels, "bgr", name), header.orientation)


def from_array(array: NDArray[Any], channels: Channels = "rgb") -> NDArray[np.uint8]:
    """An array as uint8 BGR; see `load` for what it may be.

    Raises:
        FerliteError: its shape, type or values are none of these.
    """
    if channels not in ("rgb", "bgr"):
        raise FerliteError(f"channels must be 'rgb' or 'bgr', not {channels!r}")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise FerliteError(
            "an image array must have the shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), "
            f"not {array.shape}"
        )
    _check_size(array.shape[1], array.shape[0], "the image array")
    return _to_bgr(array, channels, "the image array")


def save(image_HWC: NDArray[np.uint8], path: Path) -> None:
    """Write BGR pixels to a file whose suffix says the format; the file appears complete or not.

    Raises:
        FerliteError: the file cannot be written.
    """
    try:
        data = cv2.imencode(path.suffix, image_HWC)[1].tobytes()
        with written_whole(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise FerliteError(f"{path}: cannot be written ({error.strerror})") from error


def _from_pil(image: Any) -> NDArray[np.uint8]:
    _check_size(image.width, image.height, "the PIL image")
    try:
        image.load()  # only now is the file read, and a TIFF turned upright by PIL itself
        orientation = image.getexif().get(0x0112, 1)
        if image.mode.startswith("I;16"):
            array = np.asarray(image)
        elif image.has_transparency_data:
            array = np.asarray(image.convert("RGBA"))
        else:
            array = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise FerliteError("the PIL image is damaged or incomplete") from error
    return _upright(from_array(array), orientation)


def _check_size(width: int, height: int, name: str) -> None:
    if width < 1 or height < 1:
        raise FerliteError(f"{name}: has no pixels")
    if width * height > MOST_PIXELS:
        raise FerliteError(
            f"{name}: is {width}×{height}, over the limit of {MOST_PIXELS // 1_000_000} million "
            "pixels; make it smaller first"
        )


def _decode_quietly(data: bytes) -> NDArray[Any] | None:
    # UNCHANGED keeps 16 bits and transparency; the orientation is ours to apply.
    with quiet_opencv():
        try:
            return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error:
            return None


class _Silence:
    """OpenCV's log level is the whole process's: the last thread to leave sets it back."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                cv2.utils.logging.setLogLevel(self._before)


_silence = _Silence()


def quiet_opencv() -> AbstractContextManager[None]:
    """OpenCV complains about bad files on standard error; our own sentence says it better.

    Who sets OPENCV_LOG_LEVEL wants to hear it.
    """
    return nullcontext() if "OPENCV_LOG_LEVEL" in os.environ else _silence


def _to_bgr(pixels: NDArray[Any], channels: Channels, name: str) -> NDArray[np.uint8]:
    """Eight bits, three channels, nothing transparent."""
    _check_values(pixels, name)
    if pixels.dtype == np.uint8 and pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    if pixels.dtype == np.uint8 and pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels if channels == "bgr" else pixels[:, :, ::-1])
    # In strips, because what lies between a large picture and its result is larger than both.
    height, width = pixels.shape[:2]
    bgr_HWC = np.empty((height, width, 3), np.uint8)
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        strip = _to_uint8(pixels[top : top + rows])
        if strip.ndim == 2:
            strip = strip[:, :, None]
        elif strip.shape[2] == 4:
            strip = _on_white(strip)
        bgr_HWC[top : top + rows] = strip if channels == "bgr" else strip[:, :, ::-1]
    return bgr_HWC


def _check_values(pixels: NDArray[Any], name: str) -> None:
    if np.issubdtype(pixels.dtype, np.floating):
        # A little room, because resizing and colour conversion overshoot. NaN fails this too.
        if not (pixels.min() >= -0.01 and pixels.max() <= 1.01):
            raise FerliteError(
                f"{name}: floating-point values must lie in [0, 1]; divide by 255, or use uint8"
            )
    elif pixels.dtype not in (np.uint8, np.uint16, np.bool_):
        raise FerliteError(f"{name}: values must be uint8, uint16 or float, not {pixels.dtype}")


def _to_uint8(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint16:
        return np.asarray((pixels.astype(np.uint32) + 128) // 257, np.uint8)
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype != np.uint8:
        return np.asarray(np.clip(pixels, 0, 1) * 255 + 0.5, np.uint8)
    return pixels


def _on_white(pixels_HW4: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Three channels, with white where a picture is transparent."""
    alpha_HW1, color_HW3 = pixels_HW4[:, :, 3:], pixels_HW4[:, :, :3]
    if alpha_HW1.min() == 255:
        return color_HW3
    weight_HW1 = alpha_HW1.astype(np.float32) / 255
    return (color_HW3 * weight_HW1 + 255 * (1 - weight_HW1) + 0.5).astype(np.uint8)


def _upright(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn a stored picture as EXIF's orientation (1 to 8) says."""
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
