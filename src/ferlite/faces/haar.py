"""Find faces with OpenCV's Haar cascade: no file to download, works everywhere, misses some."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.faces.box import Box, shrink
from ferlite.faces.spares import Spares

CASCADE: Final = "haarcascade_frontalface_alt2.xml"
LONGEST_SIDE: Final = 640
"""Pictures are searched at no more than this many pixels a side."""
SMALLEST_FACE: Final = 24
"""In pixels of the picture as searched."""
BORDER: Final = 0.15
"""The picture is padded by this part of its longer side: in a tight crop the cascade lacks the room
around the face that it was taught to see, and misses one in eight faces that it finds with it."""
NEIGHBOURS: Final = 3
"""How many overlapping hits make a face; fewer finds more faces and more false ones."""


class Haar:
    """The frontal-face Haar cascade that comes inside OpenCV. Safe to share between threads.

    >>> import numpy as np
    >>> Haar().detect(np.zeros((100, 100, 3), np.uint8))
    []
    """

    def __init__(self) -> None:
        """Load the cascade.

        Raises:
            FerliteError: this OpenCV has no cascades (OpenCV 5 dropped them).
        """
        # OpenCV 5 has neither the class nor, in its main wheels, the files.
        folder = getattr(getattr(cv2, "data", None), "haarcascades", "")
        if not hasattr(cv2, "CascadeClassifier") or not Path(folder, CASCADE).is_file():
            raise FerliteError(
                f"OpenCV {cv2.__version__} has no Haar cascades; "
                "install 'opencv-python-headless<5' or use --detector yunet"
            )
        # A cascade keeps the picture it works on inside itself.
        self._cascades = Spares(lambda: cv2.CascadeClassifier(str(Path(folder, CASCADE))))

    def detect(self, image_HWC: NDArray[np.uint8]) -> list[tuple[Box, float]]:
        """Find the faces of a picture.

        Args:
            image_HWC: uint8, (H, W, 3), BGR.

        Returns:
            A box (x, y, w, h in pixels of the picture) and a score in [0, 1) for each face, from
            left to right. The score is n / (n + 10) for n overlapping hits.
        """
        small_HWC, scale = shrink(image_HWC, LONGEST_SIDE)
        gray_HW = cv2.cvtColor(small_HWC, cv2.COLOR_BGR2GRAY)
        border = round(BORDER * max(gray_HW.shape))
        gray_HW = cv2.copyMakeBorder(gray_HW, border, border, border, border, cv2.BORDER_REPLICATE)
        with self._cascades.one() as cascade:
            boxes, hits = cascade.detectMultiScale2(
                gray_HW,
                scaleFactor=1.1,
                minNeighbors=NEIGHBOURS,
                minSize=(SMALLEST_FACE, SMALLEST_FACE),
            )
        # OpenCV gives them in the order in which its threads happened to find them.
        return sorted(
            (
                ((x - border) / scale, (y - border) / scale, w / scale, h / scale),
                float(n / (n + 10)),
            )
            for (x, y, w, h), n in zip(boxes, hits, strict=True)
        )
