"""`Frame`: one image of a video, its time and its faces."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ferlite.faces.face import Face

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame of a video and the faces in it.

    Attributes:
        index: counted from 0.
        time: in seconds from the beginning of the video.
        image: uint8, (H, W, 3), upright, in the order of colours that was asked for (RGB unless
            "bgr" was). Your own: nothing else uses its memory.
        faces: with their `track_id`, and in its order.
    """

    index: int
    time: float
    image: "NDArray[np.uint8]" = field(repr=False)
    faces: tuple[Face, ...]
