"""A box around a face, and the smaller image in which faces are searched."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width and height in pixels."""


def is_finite(box: Box) -> bool:
    """Whether a box has a place: a detector can answer strange pixels with NaN or infinity.

    >>> is_finite((0, 0, 10, 10)), is_finite((0, 0, 10, float("inf")))
    (True, False)
    """
    return all(map(math.isfinite, box))


def shrink(image_HWC: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], float]:
    """The image with its longer side at most `longest` pixels, and the factor applied (≤ 1).

    Searching costs time with every pixel, and a face that matters is large in the image.

    >>> small, scale = shrink(np.zeros((1000, 2000, 3), np.uint8), 500)
    >>> small.shape, scale
    ((250, 500, 3), 0.25)
    """
    height, width = image_HWC.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return image_HWC, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Reduced by the mean of whole pixels first, which is several times faster.
    small = Image.fromarray(image_HWC).resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
    return np.array(small), scale


def fit(image_HWC: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], float]:
    """The image with its longer side of `longest` pixels, and the factor applied.

    >>> large, scale = fit(np.zeros((50, 100, 3), np.uint8), 200)
    >>> large.shape, scale
    ((100, 200, 3), 2.0)
    """
    height, width = image_HWC.shape[:2]
    scale = longest / max(height, width)
    if scale <= 1:
        return shrink(image_HWC, longest)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.array(Image.fromarray(image_HWC).resize(size, Image.Resampling.BILINEAR)), scale


def pad(image_HWC: NDArray[np.uint8], border: float) -> tuple[NDArray[np.uint8], int]:
    """The image with its nearest edge pixels repeated around it, and how many on each side.

    Detectors have learned faces with something around them, and miss some that fill an image.

    Args:
        image_HWC: uint8, (H, W, C) or (H, W).
        border: width of the border over the longer side of the image.

    >>> room, border = pad(np.zeros((50, 100, 3), np.uint8), 0.25)
    >>> room.shape, border
    ((100, 150, 3), 25)
    """
    width = round(border * max(image_HWC.shape[:2]))
    around = [(width, width), (width, width), (0, 0)][: image_HWC.ndim]
    return np.pad(image_HWC, around, "edge"), width
