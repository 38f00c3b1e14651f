"""`Shot`: a frame of which nothing is known yet. Apart from videos, so that it needs no decoder."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame as it comes out of a video or camera.

    Attributes:
        index: counted from 0 over the frames that are read.
        time: in seconds from the beginning of the file, as players count.
        image_HWC: uint8, (H, W, 3), RGB, upright.
    """

    index: int
    time: float
    image_HWC: NDArray[np.uint8]
