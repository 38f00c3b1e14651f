"""Cut a face out of a picture the way the networks were taught to see one."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.faces.box import Box, shrink

SPARE: Final = 8
"""A face is turned at no more than so many times the size that the network takes."""


def square(box: Box, margin: float, width: int, height: int) -> tuple[int, int, int]:
    """The square around a box: left edge, top edge and side, in whole pixels.

    Its side is `margin` times the longer side of the box and its centre that of the box. It may
    reach outside the picture, but never lies wholly outside, and is never empty or more than twice
    as large as the picture. A box that is no box (NaN, infinite) gives the whole picture.

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
    # One pixel at least must be the picture's own, also for a box in its last corner.
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

    What lies outside the picture is filled with its nearest edge pixel, because a black border
    would be an edge that no training face has.

    Args:
        image_HWC: uint8, (H, W, 3), BGR.
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
    if math.isfinite(angle) and angle:
        corners = math.ceil(side * (math.sqrt(2) - 1) / 2) + 1
        room = _cut(image_HWC, left - corners, top - corners, side + 2 * corners, channels)
        face = _turned(room, side, angle, SPARE * max(size))
    else:
        face = _cut(image_HWC, left, top, side, channels)
    how = cv2.INTER_AREA if len(face) > max(size) else cv2.INTER_LINEAR
    face = np.asarray(cv2.resize(face, (size[1], size[0]), interpolation=how), np.uint8)
    face_CHW = face[None] if channels == 1 else face.transpose(2, 0, 1)
    return np.ascontiguousarray(face_CHW, np.uint8)


def _cut(
    image_HWC: NDArray[np.uint8], left: int, top: int, side: int, channels: int
) -> NDArray[np.uint8]:
    """A square of the picture, gray or RGB, with its nearest edge pixels where it leaves it."""
    height, width = image_HWC.shape[:2]
    right, bottom = left + side, top + side
    inside = image_HWC[max(0, top) : bottom, max(0, left) : right]
    # Gray first: a third of the pixels to pad and to shrink, and the same result.
    face = cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY if channels == 1 else cv2.COLOR_BGR2RGB)
    over = max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width)
    if any(over):
        face = cv2.copyMakeBorder(face, *over, cv2.BORDER_REPLICATE)
    return np.asarray(face, np.uint8)


def _turned(room: NDArray[np.uint8], side: int, angle: float, enough: int) -> NDArray[np.uint8]:
    """The square of `side` pixels in the middle of a larger one, turned clockwise by `angle`.

    A square of more than `enough` pixels a side comes smaller.
    """
    room, scale = shrink(room, round(enough * len(room) / side))
    side = max(1, round(side * scale))
    middle = (len(room) - 1) / 2
    turn_23 = np.asarray(cv2.getRotationMatrix2D((middle, middle), angle, 1), np.float64)
    turn_23[:, 2] += (side - 1) / 2 - middle
    turned = cv2.warpAffine(
        room, turn_23, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, np.uint8)
