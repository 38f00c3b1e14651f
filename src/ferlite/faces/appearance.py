"""How a face looks, in a few numbers: enough to know it again within one video.

A histogram of oriented gradients (Dalal and Triggs 2005) of the upright face, projected by linear
discriminant analysis onto the directions that tell faces apart and do not change with light, size,
small turns and compression. `benchmarks/appearance.py` learns the projection on FER2013's training
faces. It is no face recognition: other photos of the same person, on another day, are mostly
missed.
"""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ferlite.faces.box import Box
from ferlite.faces.crop import crop

FILE: Final = Path(__file__).with_name("appearance.npz")
"""`mean_F` and `projection_FD`, by `benchmarks/appearance.py`."""
SIZE: Final = 48
"""Faces are looked at in so many pixels a side."""
CELL: Final = 6
BINS: Final = 8
CLIP: Final = 0.3
"""No direction counts for more than this in its neighbourhood, so that one edge is not all."""
NOISE: Final = 1e-3
"""Neighbourhoods with less energy than this have no directions, only noise."""


def describe(image_HWC: NDArray[np.uint8], box: Box, angle: float = 0.0) -> NDArray[np.float32]:
    """How the face in a box looks.

    Args:
        image_HWC: uint8, (H, W, 3), RGB.
        box: x, y, w, h in pixels.
        angle: by how many degrees the head is tilted, clockwise as seen.

    Returns:
        float32, (D,), of length 1: the scalar product of two is their likeness, in [-1, 1].

    >>> image = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    >>> seen = describe(image, (10, 10, 50, 50))
    >>> round(float(seen @ seen), 3)
    1.0
    """
    face_HW = crop(image_HWC, box, 1.0, (SIZE, SIZE), 1, angle)[0]
    mean_F, projection_FD = _learned()
    seen_D = (gradients(face_HW[None])[0] - mean_F) @ projection_FD
    return np.asarray(seen_D / max(float(np.linalg.norm(seen_D)), 1e-9), np.float32)


def gradients(faces_NHW: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Histograms of oriented gradients.

    Args:
        faces_NHW: uint8, (N, 48, 48), gray.

    Returns:
        float32, (N, 512): 8 directions in 8×8 cells, each cell by the energy of the 3×3 around it.

    >>> gradients(np.zeros((2, 48, 48), np.uint8)).shape
    (2, 512)
    """
    count = len(faces_NHW)
    gray_NHW = np.sqrt(faces_NHW.astype(np.float32))
    x_NHW, y_NHW = np.zeros_like(gray_NHW), np.zeros_like(gray_NHW)
    x_NHW[:, :, 1:-1] = gray_NHW[:, :, 2:] - gray_NHW[:, :, :-2]
    y_NHW[:, 1:-1] = gray_NHW[:, 2:] - gray_NHW[:, :-2]
    strength_NHW = np.hypot(x_NHW, y_NHW)
    turn_NHW = np.arctan2(y_NHW, x_NHW) % (2 * np.pi) * (BINS / (2 * np.pi))
    low_NHW = np.floor(turn_NHW)
    share_NHW = turn_NHW - low_NHW
    cells = SIZE // CELL
    row, column = np.indices((SIZE, SIZE)) // CELL
    cell_NHW = np.arange(count)[:, None, None] * cells**2 + (row * cells + column)
    histogram = np.zeros(count * cells**2 * BINS)
    for bin_NHW, weight_NHW in ((low_NHW, 1 - share_NHW), (low_NHW + 1, share_NHW)):
        at_NHW = cell_NHW * BINS + bin_NHW.astype(np.int64) % BINS
        histogram += np.bincount(
            at_NHW.ravel(), (strength_NHW * weight_NHW).ravel(), len(histogram)
        )
    cells_NYXB = histogram.reshape(count, cells, cells, BINS)
    energy_NYX = np.pad((cells_NYXB**2).sum(3), ((0, 0), (1, 1), (1, 1)), mode="edge")
    around_NYX = sum(
        energy_NYX[:, y : y + cells, x : x + cells] for y in range(3) for x in range(3)
    )
    scaled_NYXB = np.minimum(cells_NYXB / np.sqrt(around_NYX + NOISE)[..., None], CLIP)
    return scaled_NYXB.reshape(count, -1).astype(np.float32)


@cache
def _learned() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    with np.load(FILE) as arrays:
        return arrays["mean_F"].astype(np.float32), arrays["projection_FD"].astype(np.float32)
