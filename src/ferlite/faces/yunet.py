"""Find faces with YuNet, OpenCV's small neural detector: better and faster than Haar."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.downloads import DOWNLOADS
from ferlite.errors import FerliteError
from ferlite.faces.box import Box, shrink
from ferlite.faces.spares import Spares

FILE_NAME: Final = DOWNLOADS["yunet"].file
"""The file of OpenCV's model zoo, by the name that `ferlite models pull yunet` keeps it under."""
LONGEST_SIDE: Final = 1024
"""Pictures are searched at no more than this many pixels a side."""
SHORTEST_SIDE: Final = 64
"""Narrower pictures are padded: up to 32 pixels a side YuNet reads memory that nobody wrote."""
LOWEST_SCORE: Final = 0.6


class Detection(NamedTuple):
    """A face as YuNet sees it."""

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...]
    """Right eye, left eye, nose tip, right and left corner of the mouth (the person's right)."""


class YuNet:
    """OpenCV's YuNet face detector. Safe to share between threads."""

    def __init__(self, file: str | Path) -> None:
        """Load the detector and try it once.

        Args:
            file: the YuNet ONNX file.

        Raises:
            FerliteError: the file is missing or is no YuNet model.
        """
        if not Path(file).is_file():
            raise FerliteError(
                f"there is no YuNet file {file}; get it with 'ferlite models pull yunet' "
                "or use --detector haar"
            )
        try:
            # A network keeps the size of the picture it works on.
            self._nets = Spares(lambda: _load(file))
        except cv2.error as error:
            raise FerliteError(
                f"{file} is not a YuNet face detector; give {FILE_NAME} of OpenCV's model zoo"
            ) from error

    def detect(self, image_HWC: NDArray[np.uint8]) -> list[Detection]:
        """Find the faces of a picture.

        Args:
            image_HWC: uint8, (H, W, 3), BGR.

        Returns:
            A box (x, y, w, h), a score in [0.6, 1] and five landmarks for each face, in pixels of
            the picture and in no particular order. A box may reach outside the picture.
        """
        small_HWC, scale = shrink(image_HWC, LONGEST_SIDE)
        lacking = [max(0, SHORTEST_SIDE - side) for side in small_HWC.shape[:2]]
        if any(lacking):
            small_HWC = np.asarray(
                cv2.copyMakeBorder(small_HWC, 0, lacking[0], 0, lacking[1], cv2.BORDER_REPLICATE),
                np.uint8,
            )
        with self._nets.one() as net:
            net.setInputSize((small_HWC.shape[1], small_HWC.shape[0]))
            found: Any = net.detect(small_HWC)[1]  # None where there is no face
        detections: list[Detection] = []
        for row in [] if found is None else found.astype(np.float64):
            x, y, w, h = (row[:4] / scale).tolist()
            landmarks = tuple((float(a), float(b)) for a, b in (row[4:14] / scale).reshape(5, 2))
            detections.append(Detection((x, y, w, h), float(row[14]), landmarks))
        return detections


def _load(file: str | Path) -> cv2.FaceDetectorYN:
    net = cv2.FaceDetectorYN.create(str(file), "", (64, 64), LOWEST_SCORE)
    # Another network loads without complaint and only fails when it is used.
    net.detect(np.zeros((64, 64, 3), np.uint8))
    return net
