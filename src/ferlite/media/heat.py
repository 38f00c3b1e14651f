"""Lay on an image which regions of its faces drove the answers."""

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferlite.explain import STEPS, Explanation

FOR: Final = (235, 40, 40)
"""RGB of what speaks for the emotion."""
AGAINST: Final = (30, 120, 235)
"""RGB of what speaks against it."""
STRONGEST: Final = 0.65
"""The share of colour where the heat is strongest; the face shines through."""


def heated(image_HWC: NDArray[np.uint8], explanations: Iterable[Explanation]) -> NDArray[np.uint8]:
    """A copy of the image with its explained faces coloured, `FOR` and `AGAINST`.

    Each face has its own scale: its strongest region, for or against, is coloured the most, and
    what matters little stays as it was.

    Args:
        image_HWC: uint8, (H, W, 3), RGB; not changed.
        explanations: of faces of that image.

    Returns:
        uint8, (H, W, 3), RGB.

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
    smooth_HW = _blurred(explanation.heat_HW, step)
    strongest = float(np.abs(smooth_HW).max())
    left, top, side = explanation.square
    if strongest == 0:
        return
    # To [−1, 1] before enlarging: cubic overshoots a little, and is cut off.
    large = Image.fromarray(smooth_HW / strongest).resize((side, side), Image.Resampling.BICUBIC)
    if explanation.angle:
        # Pillow turns counter-clockwise, and leaves no heat in the corners that appear.
        large = large.rotate(-explanation.angle, Image.Resampling.BILINEAR, expand=True)
        left, top = left - (large.width - side) // 2, top - (large.height - side) // 2
    large_HW = np.asarray(large)
    height, width = canvas.shape[:2]
    y0, y1 = max(0, top), min(height, top + large.height)
    x0, x1 = max(0, left), min(width, left + large.width)
    if y0 >= y1 or x0 >= x1:
        return
    heat_HW1 = np.clip(large_HW, -1, 1)[y0 - top : y1 - top, x0 - left : x1 - left, None]
    color_HWC = np.where(heat_HW1 > 0, np.array(FOR), np.array(AGAINST))
    share_HW1 = STRONGEST * np.abs(heat_HW1)
    seen_HWC = canvas[y0:y1, x0:x1]
    seen_HWC[:] = np.rint(seen_HWC * (1 - share_HW1) + color_HWC * share_HW1).astype(np.uint8)


def _blurred(heat_HW: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur; beyond the edge lies what lies before it, mirrored."""
    reach = min(math.ceil(3 * sigma), min(heat_HW.shape))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    room_HW = np.pad(heat_HW, reach, "symmetric")
    for axis in (0, 1):
        room_HW = np.apply_along_axis(np.convolve, axis, room_HW, weights, "valid")
    return np.asarray(room_HW, np.float32)
