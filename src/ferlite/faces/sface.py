"""Recognise faces with SFace, OpenCV's network for that, run by ONNX Runtime."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from ferlite.downloads import DOWNLOADS
from ferlite.errors import ModelError
from ferlite.faces.detection import Point

FILE_NAME: Final = DOWNLOADS["sface"].file
"""The file of OpenCV's model zoo, by the name that `ferlite models pull sface` keeps it under."""
SIZE: Final = 112
PLACES: Final = ((38.29, 51.70), (73.53, 51.50), (56.03, 71.74), (56.14, 92.28))
"""Where SFace expects the right eye, the left eye, the nose and the middle of the mouth."""


class SFace:
    """SFace (Zhong et al. 2021), a face recognition network. Safe to share between threads."""

    def __init__(self, file: str | Path) -> None:
        """Load the network.

        Args:
            file: the SFace ONNX file.

        Raises:
            ModelError: the file is missing or is no SFace model.
        """
        if not Path(file).is_file():
            raise ModelError(f"there is no SFace file {file}; get it: ferlite models pull sface")
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised below, in one sentence
        try:
            self._session = ort.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
            (given,) = self._session.get_inputs()
            if given.shape[1:] != [3, SIZE, SIZE]:
                raise ValueError
        except Exception as error:  # ONNX Runtime's errors share no class but this one
            raise ModelError(
                f"{file} is not SFace; give {FILE_NAME} of OpenCV's model zoo"
            ) from error
        self._input = given.name

    def embed(self, image_HWC: NDArray[np.uint8], points: Sequence[Point]) -> NDArray[np.float32]:
        """What tells a face from those of others.

        Args:
            image_HWC: uint8, (H, W, 3), RGB.
            points: right eye, left eye, nose and middle of the mouth, in pixels.

        Returns:
            float32, (128,), of length 1: the scalar product of two is high for the same person.
        """
        face_CHW = aligned(image_HWC, points).transpose(2, 0, 1)
        (found_ND,) = self._session.run(None, {self._input: face_CHW[None].astype(np.float32)})
        seen_D = np.asarray(found_ND, np.float32)[0]
        return np.asarray(seen_D / max(float(np.linalg.norm(seen_D)), 1e-9), np.float32)


@cache
def load_sface(file: Path) -> SFace:
    """The network of a file, loaded once.

    Raises:
        ModelError: as `SFace`.
    """
    return SFace(file)


def aligned(image_HWC: NDArray[np.uint8], points: Sequence[Point]) -> NDArray[np.uint8]:
    """The face, turned, moved and scaled so that its points lie where SFace expects them.

    Args:
        image_HWC: uint8, (H, W, 3).
        points: right eye, left eye, nose and middle of the mouth, in pixels.

    Returns:
        uint8, (112, 112, 3); black where the face reaches beyond the image.

    >>> face = aligned(np.full((200, 200, 3), 9, np.uint8), [(x + 40, y + 40) for x, y in PLACES])
    >>> face.shape, int(face.min())
    ((112, 112, 3), 9)
    """
    # As complex numbers a similarity is z -> turn * z + shift; the best in the least squares.
    here, there = (np.array([complex(*point) for point in each]) for each in (PLACES, points))
    from_here, from_there = here - here.mean(), there - there.mean()
    turn = complex(np.vdot(from_here, from_there) / np.vdot(from_here, from_here).real)
    shift = complex(there.mean() - turn * here.mean())
    scale = max(1, int(abs(turn)))  # a large face is made smaller first, or most of it is not seen
    corners = [turn * complex(x, y) + shift for x in (0, SIZE) for y in (0, SIZE)]
    left, right = (f(z.real for z in corners) for f in (min, max))
    top, bottom = (f(z.imag for z in corners) for f in (min, max))
    height, width = image_HWC.shape[:2]
    x, y = (
        int(np.clip(a, 0, b)) for a, b in ((left - scale, width - 1), (top - scale, height - 1))
    )
    part_HWC = image_HWC[
        y : max(y + 1, int(bottom) + 2 * scale), x : max(x + 1, int(right) + 2 * scale)
    ]
    part = Image.fromarray(np.ascontiguousarray(part_HWC)).reduce(scale)
    turn, shift = turn / scale, (shift - complex(x, y)) / scale
    face = part.transform(
        (SIZE, SIZE),
        Image.Transform.AFFINE,
        (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(face, np.uint8)
