"""Where a box of the last frame is in this one, by the movement of the picture inside it."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.faces.box import Box

GRID: Final = 7
"""A box is followed by this many points a side."""
INNER: Final = 0.7
"""The points lie in this part of the box's sides, because its corners show the background."""
RETURN: Final = 1.0
"""In pixels. A point that is followed forth and back must come back this near to its start."""
AGREE: Final = 0.5
"""This part of the points must do so, or the box is lost."""
GROWTH: Final = 1.25
"""A face that grows or shrinks by more than this from one frame to the next is another one."""


def follow(
    before_HW: NDArray[np.uint8], after_HW: NDArray[np.uint8], boxes: Sequence[Box]
) -> list[Box | None]:
    """Follow boxes from one frame to the next.

    Points on a grid in each box are followed by pyramidal Lucas-Kanade optical flow, there and
    back; those that return to their start vote by their median for how the box moved and grew.

    Args:
        before_HW: uint8 (H, W), the earlier frame in gray.
        after_HW: the later frame, of the same size.
        boxes: where the faces were, in pixels.

    Returns:
        For each box where it is now, or None where too few points could be followed: after a cut,
        behind a hand, outside the picture.

    >>> import numpy as np
    >>> before = np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8)
    >>> before = cv2.GaussianBlur(before, (0, 0), 3)
    >>> after = np.roll(before, (2, 4), (0, 1))
    >>> (box,) = follow(before, after, [(20, 20, 40, 40)])
    >>> [round(side) for side in box]
    [24, 22, 40, 40]
    """
    if not boxes:
        return []
    # Whatever overflows on the way ends as a box that is lost.
    with np.errstate(over="ignore", invalid="ignore"):
        return _follow(before_HW, after_HW, boxes)


def _follow(
    before_HW: NDArray[np.uint8], after_HW: NDArray[np.uint8], boxes: Sequence[Box]
) -> list[Box | None]:
    height, width = after_HW.shape
    steps = np.linspace(0.5 - INNER / 2, 0.5 + INNER / 2, GRID)
    grid_P2 = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    boxes_B4 = np.asarray(boxes, np.float32)
    start_BP2 = boxes_B4[:, None, :2] + grid_P2 * boxes_B4[:, None, 2:]
    start = start_BP2.reshape(-1, 1, 2).astype(np.float32)
    end, back = np.empty_like(start), np.empty_like(start)
    _, forth, _ = cv2.calcOpticalFlowPyrLK(before_HW, after_HW, start, end)
    _, home, _ = cv2.calcOpticalFlowPyrLK(after_HW, before_HW, end, back)
    good = (forth[:, 0] == 1) & (home[:, 0] == 1)
    good &= np.linalg.norm(back - start, axis=2)[:, 0] <= RETURN
    shape = len(boxes), -1
    return [
        _moved(box, start_P2[good_P], end_P2[good_P], width, height)
        if good_P.mean() >= AGREE
        else None
        for box, start_P2, end_P2, good_P in zip(
            boxes,
            start.reshape(*shape, 2),
            end.reshape(*shape, 2),
            good.reshape(shape),
            strict=True,
        )
    ]


def _moved(
    box: Box, start_P2: NDArray[np.float32], end_P2: NDArray[np.float32], width: int, height: int
) -> Box | None:
    x, y, w, h = box
    dx, dy = np.median(end_P2 - start_P2, axis=0).tolist()
    # How much further from the middle each point is than before; few strays move the median.
    from_P2, to_P2 = (points_P2 - np.median(start_P2, axis=0) for points_P2 in (start_P2, end_P2))
    to_P2 = to_P2 - (dx, dy)
    squares_P = (from_P2**2).sum(1)
    apart_P = squares_P > 0.25 * squares_P.mean()
    if not apart_P.any():  # a box of no size
        return None
    growth = float(np.median((from_P2 * to_P2).sum(1)[apart_P] / squares_P[apart_P]))
    centre_x, centre_y = x + w / 2 + dx, y + h / 2 + dy
    if not (0 <= centre_x < width and 0 <= centre_y < height and 1 / GROWTH < growth < GROWTH):
        return None
    w, h = w * growth, h * growth
    return centre_x - w / 2, centre_y - h / 2, w, h
