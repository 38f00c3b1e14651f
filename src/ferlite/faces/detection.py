"""`Detection`: a face that a detector found, and how far its head is tilted."""

import math
from typing import NamedTuple

from ferlite.faces.box import Box

Point = tuple[float, float]


class Detection(NamedTuple):
    """A face as a detector sees it.

    >>> Detection((10, 20, 48, 48), 0.9).angle
    0.0
    """

    box: Box
    """x, y, width and height in pixels of the image; parts may lie outside it."""
    score: float
    """How sure the detector is, in [0, 1]; comparable between faces of one detector only."""
    angle: float = 0.0
    """By how many degrees the head is tilted, clockwise as seen; 0 where nobody looked."""
    landmarks: tuple[Point, ...] = ()
    """Right eye, left eye, nose tip, right and left corner of the mouth (the person's right)."""
    points: tuple[Point, ...] | None = None
    """Right eye, left eye, nose and middle of the mouth; None where the detector gives none."""


def four_points(face: Detection) -> tuple[Point, ...] | None:
    """Right eye, left eye, nose and middle of the mouth, or None where the detector saw none.

    >>> four_points(Detection((0, 0, 9, 9), 1.0, 0.0, ((2, 3), (6, 3), (4, 5), (3, 7), (5, 7))))
    ((2, 3), (6, 3), (4, 5), (4.0, 7.0))
    """
    points = face.points
    if points is None and len(face.landmarks) == 5:
        *others, (rmx, rmy), (lmx, lmy) = face.landmarks
        points = (*others, ((rmx + lmx) / 2, (rmy + lmy) / 2))
    if points is None or not all(math.isfinite(number) for point in points for number in point):
        return None
    return points


def tilt(landmarks: tuple[Point, ...]) -> float:
    """By how many degrees a face is tilted, clockwise as seen, in [-180, 180].

    The lines between the eyes and between the corners of the mouth are level in an upright face,
    and the line from the one pair to the other is plumb. All three count by their length: in a
    profile the eyes lie nearly on each other, and their line alone says nothing.

    Args:
        landmarks: the five of `Detection`.

    >>> tilt(((30, 38), (68, 38), (49, 58), (34, 75), (64, 75)))
    0.0
    >>> tilt(((62, 30), (62, 68), (42, 49), (25, 34), (25, 64)))
    90.0
    """
    (rex, rey), (lex, ley), _, (rmx, rmy), (lmx, lmy) = landmarks
    down_x, down_y = (rmx + lmx - rex - lex) / 2, (rmy + lmy - rey - ley) / 2
    right_x = lex - rex + lmx - rmx + down_y
    right_y = ley - rey + lmy - rmy - down_x
    return math.degrees(math.atan2(right_y, right_x))
