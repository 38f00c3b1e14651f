"""Find faces with OpenCV's Haar cascades: no file to download, works everywhere, misses some."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.faces.box import fit, pad, shrink
from ferlite.faces.detection import Detection
from ferlite.faces.spares import Spares

SMALLEST_FACE: Final = 24
"""In pixels of the picture as searched."""


class Search(NamedTuple):
    """One way to look for faces."""

    cascade: str
    """OpenCV's name for the file."""
    side: int
    """The longer side of the picture as searched, in pixels."""
    enlarge: bool
    """Whether a smaller picture is enlarged to it."""
    border: float
    """The picture is padded by this part of its longer side: in a tight crop a cascade lacks the
    room around the face that it was taught to see."""
    neighbours: int = 3
    """How many overlapping hits make a face; fewer finds more faces and more false ones."""


_ALT2: Final = "haarcascade_frontalface_alt2.xml"
_DEFAULT: Final = "haarcascade_frontalface_default.xml"
SEARCHES: Final = (
    Search(_ALT2, 640, enlarge=False, border=0.15),
    Search(_ALT2, 256, enlarge=True, border=0.4),
    Search(_DEFAULT, 256, enlarge=True, border=0.4),
)
"""Tried in turn until one finds a face. The first is for all pictures; the others are for faces
that fill a picture, which is then searched small, so that they cost little where there is none."""


class Haar:
    """The frontal-face Haar cascades that come inside OpenCV. Safe to share between threads.

    >>> import numpy as np
    >>> Haar().detect(np.zeros((100, 100, 3), np.uint8))
    []
    """

    def __init__(self, searches: Sequence[Search] = SEARCHES) -> None:
        """Load the cascades.

        Args:
            searches: tried in turn until one finds a face.

        Raises:
            FerliteError: this OpenCV has no cascades (OpenCV 5 dropped them).
        """
        # OpenCV 5 has neither the class nor, in its main wheels, the files.
        folder = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""))
        files = {search.cascade: folder / search.cascade for search in searches}
        if not hasattr(cv2, "CascadeClassifier") or not all(map(Path.is_file, files.values())):
            raise FerliteError(
                f"OpenCV {cv2.__version__} has no Haar cascades; "
                "install 'opencv-python-headless<5' or use --detector yunet"
            )
        self._searches = tuple(searches)
        # A cascade keeps the picture it works on inside itself.
        self._cascades = {name: Spares(partial(_load, file)) for name, file in files.items()}

    def detect(self, image_HWC: NDArray[np.uint8]) -> list[Detection]:
        """Find the faces of a picture.

        Args:
            image_HWC: uint8, (H, W, 3), BGR.

        Returns:
            A box and a score in [0, 1) for each face, from left to right. The score is n / (n + 10)
            for n overlapping hits.
        """
        found: list[Detection] = []
        for search in self._searches:
            found = found or self._search(image_HWC, search)
        return found

    def _search(self, image_HWC: NDArray[np.uint8], search: Search) -> list[Detection]:
        small_HWC, scale = (fit if search.enlarge else shrink)(image_HWC, search.side)
        gray_HW = np.asarray(cv2.cvtColor(small_HWC, cv2.COLOR_BGR2GRAY), np.uint8)
        room_HW, border = pad(gray_HW, search.border)
        with self._cascades[search.cascade].one() as cascade:
            boxes, hits = cascade.detectMultiScale2(
                room_HW,
                scaleFactor=1.1,
                minNeighbors=search.neighbours,
                minSize=(SMALLEST_FACE, SMALLEST_FACE),
            )
        # OpenCV gives them in the order in which its threads happened to find them.
        return sorted(
            Detection(
                ((x - border) / scale, (y - border) / scale, w / scale, h / scale),
                float(n / (n + 10)),
            )
            for (x, y, w, h), n in zip(np.reshape(boxes, (-1, 4)).tolist(), hits, strict=True)
        )


def _load(file: Path) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(file))
