"""Suspect small faces with P-Net, the first network of MTCNN: quick, and seldom without reason."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferlite.faces.network import load_network

FILE: Final = Path(__file__).parent / "weights" / "pnet.onnx"
"""Made by reports/pnet.py; its card lies beside it."""
WINDOW: Final = 12
"""Height and width, in pixels, of what the network judges at once..."""
STRIDE: Final = 2
"""...and how far it is from one window to the next."""
SEEN: Final = 13.5
"""A face of so many pixels is surely suspected; YuNet's boxes are a little larger than windows."""
TILE: Final = 128
"""Larger images are searched in tiles of so many pixels a side: what the network computes then
stays in the processor's cache, and memory is bounded however large the image is."""
STEP: Final = 1.5
"""From one size at which an image is searched to the next."""
SUSPECTED: Final = 0.7
"""From this score on, a window may hold a face."""


class PNet:
    """P-Net (Zhang et al. 2016), run by ONNX Runtime over an image at several sizes.

    Safe to share between threads.

    >>> image = Image.open("examples/astronaut.jpg")
    >>> places = PNet()(image, smallest=80, largest=200)
    >>> places.shape[1]
    5
    """

    def __init__(self, threads: int = 1) -> None:
        """Load the network.

        Raises:
            ModelError: its file is damaged.
        """
        self._session = load_network(FILE, threads)

    def __call__(self, image: Image.Image, smallest: float, largest: float) -> NDArray[np.float64]:
        """Where faces may be.

        Args:
            image: RGB.
            smallest: height in pixels of the smallest face to find.
            largest: faces of more pixels need not be found.

        Returns:
            (N, 5): score, x, y, width and height, in no order, and several for each face.
        """
        found = [np.empty((0, 5))]
        sides = image.size
        size = smallest
        while size < largest:
            scale = SEEN / size
            width, height = (round(side * scale) for side in sides)
            if min(width, height) < WINDOW:
                break
            # From the size before, which is cheaper than from the whole image.
            image = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
            found.append(self._search(np.asarray(image), scale))
            size *= STEP
        return np.concatenate(found)

    def _search(self, image_HWC: NDArray[np.uint8], scale: float) -> NDArray[np.float64]:
        """What is suspected at one size: the same for tiles as for the whole, with every window."""
        found = [np.empty((0, 5))]
        height, width, _ = image_HWC.shape
        for top in range(0, height - WINDOW + 1, TILE - WINDOW + STRIDE):
            for left in range(0, width - WINDOW + 1, TILE - WINDOW + STRIDE):
                tile_HWC = image_HWC[top : top + TILE, left : left + TILE]
                found.append(self._search_tile(tile_HWC) + np.array([0, left, top, 0, 0]))
        places = np.concatenate(found)
        places[:, 1:] /= scale
        return places

    def _search_tile(self, image_HWC: NDArray[np.uint8]) -> NDArray[np.float64]:
        scores_N1HW, moves_N4HW = self._session.run(
            ["scores", "moves"], {"images": image_HWC[None]}
        )
        score_HW = scores_N1HW[0, 0]
        row_P, column_P = np.nonzero(score_HW >= SUSPECTED)
        left, top, right, bottom = moves_N4HW[0][:, row_P, column_P].astype(np.float64)
        x_P, y_P = STRIDE * column_P + WINDOW * left, STRIDE * row_P + WINDOW * top
        width_P, height_P = WINDOW * (1 + right - left), WINDOW * (1 + bottom - top)
        return np.stack([score_HW[row_P, column_P], x_P, y_P, width_P, height_P], axis=1)
