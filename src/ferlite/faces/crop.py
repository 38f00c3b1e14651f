"""Cut a face out of an image the way the networks were taught to see one."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferlite.faces.box import Box

SPARE: Final = 2
"""A face is sampled from an image in which it is about so many times as large as the crop."""


def square(box: Box, margin: float, width: int, height: int) -> tuple[int, int, int]:
    """The square around a box: left edge, top edge and side, in whole pixels.

    Its side is `margin` times the longer side of the box and its centre that of the box. It may
    reach outside the image, but never lies wholly outside, and is never empty or more than twice
    as large as the image. A box that is no box (NaN, infinite) gives the whole image.

    >>> square((10, 20, 40, 60), 1.0, width=200, height=200)
    (0, 20, 60)
    """
    x, y, w, h = box
    side = max(abs(w), abs(h)) * margin
    centre_x, centre_y = x + w / 2, y + h / 2
    if not all(map(math.isfinite, (centre_x, centre_y, side))):
        centre_x, centre_y, side = width / 2, height / 2, float(max(width, height))
    whole_side = max(1, round(min(side, 2 * max(width, height))))
    left = math.floor(centre_x - whole_side / 2 + 0.5)
    top = math.floor(centre_y - whole_side / 2 + 0.5)
    # One pixel at least must be the image's own, also for a box in its last corner.
    left = min(max(left, 1 - whole_side), width - 1)
    top = min(max(top, 1 - whole_side), height - 1)
    return left, top, whole_side


def crop(
    image_HWC: NDArray[np.uint8],
    box: Box,
    margin: float,
    size: tuple[int, int],
    channels: int,
    angle: float = 0.0,
) -> NDArray[np.uint8]:
    """Cut the square around a box, upright, and bring it to a network's input size.

    What lies outside the image is filled with its nearest edge pixel, because a black border
    would be an edge that no training face has.

    Args:
        image_HWC: uint8, (H, W, 3), RGB.
        box: x, y, w, h in pixels; any numbers at all are answered with some crop.
        margin: side of the square over the longer side of the box.
        size: height and width of the result.
        channels: 1 for gray, 3 for RGB.
        angle: by how many degrees the head is tilted, clockwise as seen. The square is turned with
            it, around its middle; so the face is upright in the crop.

    Returns:
        uint8, (channels, height, width).

    >>> crop(np.zeros((100, 80, 3), np.uint8), (10, 10, 30, 30), 1.1, (48, 48), 1).shape
    (1, 48, 48)
    """
    height, width = image_HWC.shape[:2]
    left, top, side = square(box, margin, width, height)
    turn = math.radians(angle) if math.isfinite(angle) else 0.0
    cos, sin = math.cos(turn), math.sin(turn)
    # The part of the image that the turned square reaches, as Pillow's, at about `SPARE` sizes.
    middle_x, middle_y = left + side / 2, top + side / 2
    reach = side / 2 * (abs(cos) + abs(sin))
    x0, x1 = _within(middle_x - reach, middle_x + reach, width)
    y0, y1 = _within(middle_y - reach, middle_y + reach, height)
    seen = Image.fromarray(image_HWC[y0:y1, x0:x1])
    if channels == 1:
        seen = seen.convert("L")  # a third of the pixels for all that follows
    by = max(1, round(side / (SPARE * max(size))))
    if by > 1:
        seen = seen.reduce(by)
    over = [
        max(0, math.ceil(beyond / by))
        for beyond in (
            y0 - (middle_y - reach),
            middle_y + reach - y1,
            x0 - (middle_x - reach),
            middle_x + reach - x1,
        )
    ]
    if any(over):
        around = [(over[0], over[1]), (over[2], over[3]), (0, 0)]
        seen = Image.fromarray(np.pad(np.asarray(seen), around[: 2 + (channels == 3)], "edge"))
    # Sampled at a multiple of the crop's size and averaged: every pixel of the face counts.
    times = max(1, math.ceil(side / by / min(size)))
    rows, columns = size[0] * times, size[1] * times
    right, down = side / by / columns, side / by / rows
    start_x = (middle_x - x0) / by + over[2] - (cos * right * columns - sin * down * rows) / 2
    start_y = (middle_y - y0) / by + over[0] - (sin * right * columns + cos * down * rows) / 2
    face = seen.transform(
        (columns, rows),
        Image.Transform.AFFINE,
        (cos * right, -sin * down, start_x, sin * right, cos * down, start_y),
        Image.Resampling.BILINEAR,
    )
    if times > 1:
        face = face.reduce(times)
    face_HWC = np.array(face).reshape(*size, channels)
    return np.ascontiguousarray(face_HWC.transpose(2, 0, 1))


def _within(low: float, high: float, length: int) -> tuple[int, int]:
    """The whole pixels of an image between two places, at least one."""
    start = min(max(0, math.floor(low)), length - 1)
    return start, max(start + 1, min(length, math.ceil(high)))
