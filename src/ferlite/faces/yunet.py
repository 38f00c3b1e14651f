"""Find faces with YuNet, OpenCV's small neural detector, run by ONNX Runtime."""

import math
import threading
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ferlite.downloads import DOWNLOADS
from ferlite.errors import ModelError
from ferlite.faces.anysize import any_size
from ferlite.faces.box import fit, pad, shrink
from ferlite.faces.detection import Detection, tilt

FILE_NAME: Final = DOWNLOADS["yunet"].file
"""The file of OpenCV's model zoo, by the name that `ferlite models pull yunet` keeps it under."""
LONGEST_SIDE: Final = 1024
"""Images are searched at no more than this many pixels a side."""
LOWEST_SCORE: Final = 0.6
OVERLAP: Final = 0.3
"""Boxes that overlap by more than this (intersection over union) are of the same face."""
MOST: Final = 5000
"""Of so many places at most the faces are chosen."""
STRIDES: Final = (8, 16, 32)
"""The cells of the grids in which YuNet searches, in pixels."""
OUTPUTS: Final = tuple(
    f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES
)

SECOND_SIDE: Final = 256
"""An image in which no face is found is searched once more, at this longer side..."""
SECOND_BORDER: Final = 0.5
"""...and with a border of this part of it: for faces that fill the image."""


class YuNet:
    """OpenCV's YuNet face detector, run by ONNX Runtime. Safe to share between threads.

    OpenCV's own `FaceDetectorYN` gives the same answers in more than twice the time.
    """

    def __init__(self, file: str | Path) -> None:
        """Load the detector.

        Args:
            file: the YuNet ONNX file.

        Raises:
            ModelError: the file is missing or is no YuNet model.
        """
        self._file = Path(file)
        if not self._file.is_file():
            raise ModelError(
                f"there is no YuNet file {file}; get it with 'ferlite models pull yunet' "
                "or use another detector"
            )
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # it would keep one for every size of image
        options.log_severity_level = 4  # what goes wrong is raised below, in one sentence
        try:
            model = any_size(Path(file).read_bytes())
            self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            named = {output.name for output in self._session.get_outputs()}
            if not named.issuperset(OUTPUTS):
                raise ValueError
        except Exception as error:  # ONNX Runtime's errors share no class but this one
            raise ModelError(
                f"{file} is not a YuNet face detector; give {FILE_NAME} of OpenCV's model zoo"
            ) from error
        # Fresh memory for every image would cost as much as a third of the search.
        self._own = threading.local()

    def __reduce__(self) -> tuple[type["YuNet"], tuple[Path]]:
        """Pickled as its file, because ONNX Runtime's sessions cannot be."""
        return YuNet, (self._file,)

    def detect(self, image_HWC: NDArray[np.uint8]) -> list[Detection]:
        """Find the faces of an image.

        Args:
            image_HWC: uint8, (H, W, 3), RGB.

        Returns:
            A box, a score in [0.6, 1], the angle and five landmarks for each face, in no particular
            order.
        """
        found = self._detect(*shrink(image_HWC, LONGEST_SIDE), 0)
        if found:
            return found
        small_HWC, scale = fit(image_HWC, SECOND_SIDE)
        room_HWC, border = pad(small_HWC, SECOND_BORDER)
        return self._detect(room_HWC, scale, border)

    def _detect(self, small_HWC: NDArray[np.uint8], scale: float, border: int) -> list[Detection]:
        """Search an image that shows the original `scale` times as large, inside a border."""
        scores_N, faces_N14 = self._search(small_HWC)
        # Neighbouring places see the same face; of boxes that overlap, the surest counts.
        best = distinct(faces_N14[:, :4], scores_N)
        faces_N14[:, [0, 1, *range(4, 14)]] -= border
        faces_N14 /= scale
        detections: list[Detection] = []
        for i in best:
            x, y, w, h, *points = faces_N14[i].tolist()
            landmarks = tuple(zip(points[::2], points[1::2], strict=True))
            detections.append(
                Detection((x, y, w, h), float(scores_N[i]), tilt(landmarks), landmarks)
            )
        return detections

    def _search(
        self, image_HWC: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Score, and x, y, w, h and five points, of every place that may show a face.

        YuNet looks at the image in three grids, of cells of 8, 16 and 32 pixels, and tells for
        each cell how sure it is and where, counted in cells from the cell, the face would be.
        """
        height, width = image_HWC.shape[:2]
        # The grids' cells must fit in, so there is an edge of black.
        shape = 1, 3, height + -height % STRIDES[-1], width + -width % STRIDES[-1]
        if not hasattr(self._own, "room"):
            self._own.room = np.empty(3 * LONGEST_SIDE**2, np.float32)
        input_NCHW = self._own.room[: math.prod(shape)].reshape(shape)
        input_NCHW[:, :, height:] = input_NCHW[:, :, :, width:] = 0
        # YuNet takes its colours as OpenCV has them, blue first.
        input_NCHW[0, :, :height, :width] = image_HWC.transpose(2, 0, 1)[::-1]
        found = self._session.run(list(OUTPUTS), {"input": input_NCHW})
        answers = dict(zip(OUTPUTS, found, strict=True))
        scores, faces = [], []
        for stride in STRIDES:
            is_face_C, is_object_C = (
                answers[f"{kind}_{stride}"][0, :, 0].clip(0, 1) for kind in ("cls", "obj")
            )
            scores_C = np.sqrt(is_face_C * is_object_C)
            likely_N = np.flatnonzero(scores_C >= LOWEST_SCORE)
            box_N4, points_N10 = (
                answers[f"{kind}_{stride}"][0, likely_N].astype(np.float64)
                for kind in ("bbox", "kps")
            )
            row_N, column_N = np.divmod(likely_N, shape[3] // stride)
            cell_N2 = np.stack([column_N, row_N], axis=1)
            size_N2 = np.exp(box_N4[:, 2:])
            corner_N2 = cell_N2 + box_N4[:, :2] - size_N2 / 2
            points_N10 = points_N10 + np.tile(cell_N2, 5)
            scores.append(scores_C[likely_N].astype(np.float64))
            faces.append(stride * np.hstack([corner_N2, size_N2, points_N10]))
        return np.concatenate(scores), np.concatenate(faces)


def distinct(boxes_N4: NDArray[np.float64], scores_N: NDArray[np.float64]) -> list[int]:
    """Which boxes to keep, the surest first: none that overlaps a surer one (greedy NMS).

    >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [30, 0, 10, 10]], float)
    >>> distinct(boxes, np.array([0.7, 0.9, 0.8]))
    [1, 2]
    """
    order_N = np.argsort(-scores_N, kind="stable")[:MOST]
    start_N2, size_N2 = boxes_N4[:, :2], boxes_N4[:, 2:]
    area_N = size_N2.prod(1)
    kept: list[int] = []
    while len(order_N):
        first, order_N = order_N[0], order_N[1:]
        kept.append(int(first))
        end_N2 = np.minimum((start_N2 + size_N2)[order_N], start_N2[first] + size_N2[first])
        shared_N2 = (end_N2 - np.maximum(start_N2[order_N], start_N2[first])).clip(0)
        shared_N = shared_N2.prod(1)
        order_N = order_N[shared_N <= OVERLAP * (area_N[order_N] + area_N[first] - shared_N)]
    return kept
