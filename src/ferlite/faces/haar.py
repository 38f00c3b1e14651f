"""Find faces with OpenCV's Haar cascade, as papers did before neural detectors; needs OpenCV."""

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.faces.box import pad, shrink
from ferlite.faces.detection import Detection

CASCADE: Final = "haarcascade_frontalface_alt2.xml"
"""OpenCV's name for the file."""
LONGEST_SIDE: Final = 640
"""Images are searched at no more than this many pixels a side."""
BORDER: Final = 0.15
"""The image is padded by this part of its longer side: in a tight crop the cascade lacks the room
around the face that it was taught to see."""
SMALLEST: Final = 24
"""No face smaller than this is looked for, in pixels of the image as searched."""
STEP: Final = 1.1
"""From one size of face to the next."""
NEIGHBOURS: Final = 3
"""So many overlapping hits make a face."""


class Haar:
    """The frontal-face Haar cascade that comes inside OpenCV. Safe to share between threads.

    >>> import numpy as np
    >>> Haar().detect(np.zeros((100, 100, 3), np.uint8))
    []
    """

    def __init__(self) -> None:
        """Load the cascade.

        Raises:
            FerliteError: OpenCV is not installed, or has no cascades (OpenCV 5 dropped them).
        """
        try:
            import cv2
        except ImportError as error:
            raise FerliteError(
                "detector 'haar' needs OpenCV: pip install 'ferlite[lab]'"
            ) from error
        self._file = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""), CASCADE)
        if not hasattr(cv2, "CascadeClassifier") or not self._file.is_file():
            raise FerliteError(
                f"OpenCV {getattr(cv2, '__version__', '')} has no Haar cascades; "
                "install 'opencv-python-headless<5' or use another detector"
            )
        # A cascade keeps the image it works on inside itself, so each thread has its own.
        self._own = threading.local()

    def __reduce__(self) -> tuple[type["Haar"], tuple[()]]:
        """Pickled as nothing, because cascades cannot be."""
        return Haar, ()

    def detect(self, image_HWC: NDArray[np.uint8]) -> list[Detection]:
        """Find the faces of an image.

        Args:
            image_HWC: uint8, (H, W, 3), RGB.

        Returns:
            A box and a score in [0, 1) for each face, from left to right. The score is n / (n + 10)
            for n overlapping hits.
        """
        import cv2

        small_HWC, scale = shrink(image_HWC, LONGEST_SIDE)
        gray_HW = np.asarray(cv2.cvtColor(small_HWC, cv2.COLOR_RGB2GRAY), np.uint8)
        room_HW, border = pad(gray_HW, BORDER)
        boxes, hits = self._cascade().detectMultiScale2(
            room_HW, scaleFactor=STEP, minNeighbors=NEIGHBOURS, minSize=(SMALLEST, SMALLEST)
        )
        boxes_N4 = (np.reshape(boxes, (-1, 4)) - (border, border, 0, 0)) / scale
        found = zip(boxes_N4.tolist(), np.ravel(hits).tolist(), strict=True)
        # OpenCV gives them in the order in which its threads happened to find them.
        return sorted(Detection((x, y, w, h), n / (n + 10)) for (x, y, w, h), n in found)

    def _cascade(self) -> Any:
        import cv2

        if not hasattr(self._own, "cascade"):
            self._own.cascade = cv2.CascadeClassifier(str(self._file))
        return self._own.cascade
