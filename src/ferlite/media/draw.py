"""Mark faces on a picture: the box, what it shows, and all seven probabilities as bars."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.faces.face import Face

SMALLEST: Final = 640
"""A picture whose longer side has fewer pixels is enlarged, because no text fits into it."""

_ACCENT = (40, 200, 255)
_DARK = (32, 32, 32)
_LIGHT = (255, 255, 255)
_DIM = (150, 150, 150)
_FONT = cv2.FONT_HERSHEY_DUPLEX


class _Area(NamedTuple):
    x: int
    y: int
    w: int
    h: int

    def overlaps(self, other: "_Area") -> bool:
        return (
            self.x < other.x + other.w
            and other.x < self.x + self.w
            and self.y < other.y + other.h
            and other.y < self.y + self.h
        )

    def inside(self, width: int, height: int) -> bool:
        return (
            self.x >= 0 and self.y >= 0 and self.x + self.w <= width and self.y + self.h <= height
        )


def annotate(image_HWC: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
    """A copy of the picture with its faces marked.

    Lines and letters grow with the picture. Each face has its box and emotion; it has its bars too,
    unless they would cover another face.

    Args:
        image_HWC: uint8, (H, W, 3), BGR; not changed.
        faces: with boxes in pixels of that picture.

    Returns:
        uint8, (H', W', 3), BGR; of the same size, or with a longer side of `SMALLEST`.

    >>> annotate(np.zeros((48, 48, 3), np.uint8), []).shape
    (640, 640, 3)
    """
    height, width = image_HWC.shape[:2]
    scale = max(1.0, SMALLEST / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if scale > 1:
        canvas = np.asarray(cv2.resize(image_HWC, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    else:
        canvas = image_HWC.copy()
    unit = max(size) / SMALLEST

    boxes = [_drawable(face.box, scale, *size) for face in faces]
    taken = list(boxes)
    for face, box in zip(faces, boxes, strict=True):
        cv2.rectangle(canvas, box, _ACCENT, max(1, round(2 * unit)), cv2.LINE_AA)
        who = "" if face.track_id is None else f"{face.track_id}: "
        taken.append(_label(canvas, box, f"{who}{face.emotion} {face.confidence:.0%}", unit))
    for face, box in zip(faces, boxes, strict=True):
        others = [area for area in taken if area is not box]
        for area in _places(box, unit, alone=len(faces) == 1):
            if area.inside(*size) and not any(area.overlaps(other) for other in others):
                _bars(canvas, area, face, unit)
                taken.append(area)
                break
    return canvas


def _drawable(box: tuple[int, int, int, int], scale: float, width: int, height: int) -> _Area:
    """The box on the canvas; what lies far outside comes near, as OpenCV's numbers are small."""
    x, y, w, h = box
    far = 2 * max(width, height)
    left, right = (max(-far, min(round(side * scale), width + far)) for side in (x, x + w))
    top, bottom = (max(-far, min(round(side * scale), height + far)) for side in (y, y + h))
    return _Area(left, top, right - left, bottom - top)


def _label(canvas: NDArray[np.uint8], box: _Area, text: str, unit: float) -> _Area:
    """Write the emotion above the box, or inside it where the picture ends."""
    (w, h), below = cv2.getTextSize(text, _FONT, 0.55 * unit, max(1, round(unit)))
    pad = round(5 * unit)
    area = _Area(box.x, box.y - h - below - 2 * pad, w + 2 * pad, h + below + 2 * pad)
    x = max(0, min(area.x, canvas.shape[1] - area.w))
    area = area._replace(x=x, y=max(area.y, 0, box.y if area.y < 0 else 0))
    cv2.rectangle(canvas, area, _ACCENT, cv2.FILLED)
    _write(canvas, text, (area.x + pad, area.y + pad + h), 0.55 * unit, _DARK, unit)
    return area


def _places(box: _Area, unit: float, alone: bool) -> Iterator[_Area]:
    """Where the bars of a face may be, best first."""
    w, h, gap = round(150 * unit), round(123 * unit), round(6 * unit)
    yield _Area(box.x + box.w + gap, box.y, w, h)
    yield _Area(box.x - gap - w, box.y, w, h)
    yield _Area(box.x, box.y + box.h + gap, w, h)
    yield _Area(box.x + box.w - w, box.y + box.h + gap, w, h)
    if alone:  # a face that fills the picture: over its chin
        yield _Area(box.x + gap, box.y + box.h - h - gap, w, h)


def _bars(canvas: NDArray[np.uint8], area: _Area, face: Face, unit: float) -> None:
    """Draw the seven probabilities, on a background that lets the picture shine through."""
    behind = canvas[area.y : area.y + area.h, area.x : area.x + area.w]
    behind[:] = (behind * 0.3 + np.array(_DARK) * 0.7).astype(np.uint8)
    row = 17 * unit
    longest = 70 * unit
    for i, (emotion, p) in enumerate(face.probabilities.items()):
        baseline = round(area.y + 15 * unit + i * row)
        shown = emotion == face.emotion
        color = _ACCENT if shown else _LIGHT
        _write(canvas, emotion, (area.x + round(6 * unit), baseline), 0.38 * unit, color, unit)
        left, top = area.x + round(72 * unit), baseline - round(9 * unit)
        bar = _Area(left, top, max(1, round(longest * p)), round(9 * unit))
        cv2.rectangle(canvas, bar, _ACCENT if shown else _DIM, cv2.FILLED)


def _write(
    canvas: NDArray[np.uint8],
    text: str,
    at: tuple[int, int],
    size: float,
    color: tuple[int, int, int],
    unit: float,
) -> None:
    cv2.putText(canvas, text, at, _FONT, size, color, max(1, round(unit)), cv2.LINE_AA)
