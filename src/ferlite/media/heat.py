"""Lay on a picture which regions of its faces drove the answers."""

import math
from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.explain import STEPS, Explanation

FOR: Final = (40, 40, 235)
"""BGR of what speaks for the emotion."""
AGAINST: Final = (235, 120, 30)
"""BGR of what speaks against it."""
STRONGEST: Final = 0.65
"""The share of colour where the heat is strongest; the face shines through."""


def heated(image_HWC: NDArray[np.uint8], explanations: Iterable[Explanation]) -> NDArray[np.uint8]:
    """A copy of the picture with its explained faces coloured, `FOR` and `AGAINST`.

    Each face has its own scale: its strongest region, for or against, is coloured the most, and
    what matters little stays as it was.

    Args:
        image_HWC: uint8, (H, W, 3), BGR; not changed.
        explanations: of faces of that picture.

    Returns:
        uint8, (H, W, 3), BGR.

    >>> heat = np.eye(4, dtype=np.float32)
    >>> heated(np.zeros((9, 9, 3), np.uint8), [Explanation("sad", heat, (2, 2, 4))]).shape
    (9, 9, 3)
    """
    canvas = image_HWC.copy()
    for explanation in explanations:
        _lay(canvas, explanation)
    return canvas


def _lay(canvas: NDArray[np.uint8], explanation: Explanation) -> None:
    # The edges of the squares that covered the face are no edges of the face.
    step = max(explanation.heat_HW.shape) / STEPS
    smooth_HW = np.asarray(cv2.GaussianBlur(explanation.heat_HW, (0, 0), step), np.float32)
    strongest = float(np.abs(smooth_HW).max())
    left, top, side = explanation.square
    if strongest == 0:
        return
    # To [−1, 1] before enlarging: cubic overshoots a little, and is cut off.
    scaled_HW = smooth_HW / strongest
    large_HW = np.asarray(
        cv2.resize(scaled_HW, (side, side), interpolation=cv2.INTER_CUBIC), np.float32
    )
    if explanation.angle:
        large_HW, left, top = _turned(large_HW, left, top, explanation.angle)
        side = len(large_HW)
    height, width = canvas.shape[:2]
    y0, y1 = max(0, top), min(height, top + side)
    x0, x1 = max(0, left), min(width, left + side)
    if y0 >= y1 or x0 >= x1:
        return
    heat_HW1 = np.clip(large_HW, -1, 1)[y0 - top : y1 - top, x0 - left : x1 - left, None]
    color_HWC = np.where(heat_HW1 > 0, np.array(FOR), np.array(AGAINST))
    share_HW1 = STRONGEST * np.abs(heat_HW1)
    seen_HWC = canvas[y0:y1, x0:x1]
    seen_HWC[:] = np.rint(seen_HWC * (1 - share_HW1) + color_HWC * share_HW1).astype(np.uint8)


def _turned(
    heat_HW: NDArray[np.float32], left: int, top: int, angle: float
) -> tuple[NDArray[np.float32], int, int]:
    """The heat of a square turned clockwise around its middle, in the square around that, which has
    no heat in its corners; and that one's left and top.
    """
    side = len(heat_HW)
    corners = math.ceil(side * (math.sqrt(2) - 1) / 2)
    around = side + 2 * corners
    middle = (side - 1) / 2
    turn_23 = np.asarray(cv2.getRotationMatrix2D((middle, middle), -angle, 1), np.float64)
    turn_23[:, 2] += corners
    turned_HW = cv2.warpAffine(heat_HW, turn_23, (around, around))
    return np.asarray(turned_HW, np.float32), left - corners, top - corners
