"""Find faces with OpenCV's Haar cascades: no file to download, works everywhere, misses some."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.faces.box import Box, fit, pad, shrink
from ferlite.faces.detection import Detection
from ferlite.faces.spares import Spares

SMALLEST: Final = 24
"""No face smaller than this is looked for in a picture as searched, in pixels..."""
SMALLEST_OWN: Final = 30
"""...and none smaller than this in a picture as it is, where small ones are searched apart."""
STEP: Final = 1.1
"""From one size of face to the next."""
WINDOW: Final = 20
"""The size of a face in the cascades, in pixels."""
LARGE: Final = 0.3
"""From this part of the picture's longer side a face is a large one."""
GROUPED: Final = 0.2
"""Hits are of the same face if they differ by no more than this part of their size."""


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
    apart: bool = False
    """Whether small faces are searched apart, in a cheaper way and without a border. A cascade is
    moved by every second pixel up to twice its size and by every pixel beyond, so that faces of
    40 to 60 pixels cost most. Apart, they are searched in smaller pictures, by every second."""


_ALT2: Final = "haarcascade_frontalface_alt2.xml"
_DEFAULT: Final = "haarcascade_frontalface_default.xml"
SEARCHES: Final = (
    Search(_ALT2, 640, enlarge=False, border=0.15, apart=True),
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
        large = max(SMALLEST, round(LARGE * max(gray_HW.shape))) if search.apart else SMALLEST
        room_HW, border = pad(gray_HW, search.border)
        with self._cascades[search.cascade].one() as cascade:
            boxes, hits = cascade.detectMultiScale2(
                room_HW, scaleFactor=STEP, minNeighbors=search.neighbours, minSize=(large, large)
            )
            found = _detections(np.reshape(boxes, (-1, 4)) - (border, border, 0, 0), hits)
            least = max(SMALLEST, round(SMALLEST_OWN * scale))
            if least < large:
                hits_N4 = _small_hits(cascade, gray_HW, least, large)
                # One fewer, because there are fewer hits where every second pixel is left out.
                enough = max(1, search.neighbours - 1)
                boxes, hits = cv2.groupRectangles(hits_N4.tolist(), enough, GROUPED)
                boxes_N4 = np.reshape(boxes, (-1, 4))
                # Without this, faces of 40 pixels and more would score less than larger ones.
                skipped_N = np.where(boxes_N4[:, 2] >= 2 * WINDOW, 4, 1)
                small = _detections(boxes_N4, np.ravel(hits) * skipped_N)
                found += [face for face in small if not _inside(face.box, found)]
        # OpenCV gives them in the order in which its threads happened to find them.
        return sorted(
            Detection((x / scale, y / scale, w / scale, h / scale), score)
            for (x, y, w, h), score, *_ in found
        )


def _small_hits(
    cascade: cv2.CascadeClassifier, gray_HW: NDArray[np.uint8], least: int, most: int
) -> NDArray[np.int64]:
    """The boxes, not yet grouped, of faces of `least` to about `most` pixels.

    In every picture of a pyramid, each half the size of the one before, faces are looked for of one
    to two times the cascade's own size.
    """
    found: list[NDArray[np.float64]] = []
    halvings = 0
    while least << halvings < most:
        level_HW, scale = shrink(gray_HW, max(1, max(gray_HW.shape) >> halvings))
        boxes, _ = cascade.detectMultiScale2(
            level_HW,
            scaleFactor=STEP,
            minNeighbors=0,
            minSize=(least, least),
            maxSize=(2 * WINDOW, 2 * WINDOW),
        )
        found.append(np.reshape(boxes, (-1, 4)) / scale)
        halvings += 1
        least = WINDOW
    return np.concatenate(found).round().astype(np.int64)


def _detections(boxes_N4: NDArray[Any], hits_N: Iterable[int]) -> list[Detection]:
    return [
        Detection((x, y, w, h), float(n / (n + 10)))
        for (x, y, w, h), n in zip(boxes_N4.tolist(), hits_N, strict=True)
    ]


def _inside(box: Box, faces: Sequence[Detection]) -> bool:
    """Whether the middle of a box lies in a face: there is no face within a face."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return any(
        left < x < left + width and top < y < top + height
        for (left, top, width, height), *_ in faces
    )


def _load(file: Path) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(file))
