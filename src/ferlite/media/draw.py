"""Mark faces on an image: the box, what it shows, and all probabilities as bars."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ferlite.faces.face import Face

SMALLEST: Final = 640
"""An image whose longer side has fewer pixels is enlarged, because no text fits into it."""

SMALLEST_TEXT: Final = 9
"""In pixels: smaller letters cannot be read, and are left out."""

_ACCENT = (255, 200, 40)
_DARK = (32, 32, 32)
_LIGHT = (255, 255, 255)
_DIM = (150, 150, 150)


class _Area(NamedTuple):
    x: int
    y: int
    w: int
    h: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, as Pillow draws them."""
        return self.x, self.y, self.x + self.w, self.y + self.h

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
    """A copy of the image with its faces marked.

    Lines and letters grow with the image, and among several faces no larger than the face. Each
    face has its box and emotion. Its probability stands beside that where there is room, and its
    bars too, unless they would cover another face; the smallest faces have no more than a box.

    Args:
        image_HWC: uint8, (H, W, 3), RGB; not changed.
        faces: with boxes in pixels of that image.

    Returns:
        uint8, (H', W', 3), RGB; of the same size, or with a longer side of `SMALLEST`.

    >>> annotate(np.zeros((48, 48, 3), np.uint8), []).shape
    (640, 640, 3)
    """
    height, width = image_HWC.shape[:2]
    scale = max(1.0, SMALLEST / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if scale > 1:
        enlarged = Image.fromarray(image_HWC).resize(size, Image.Resampling.BICUBIC)
        canvas_HWC = np.array(enlarged)
    else:
        canvas_HWC = image_HWC.copy()
    unit = max(size) / SMALLEST

    boxes = [_drawable(face.box, scale, *size) for face in faces]
    taken, alone, roomy = list(boxes), len(faces) == 1, []
    for box in boxes:
        line = 2 * unit if alone else min(2 * unit, max(box.w, box.h) / 40)
        _frame(canvas_HWC, box, max(1, round(line)))
    small = max(SMALLEST_TEXT, 8 * unit)
    for face, box in zip(faces, boxes, strict=True):
        number = face.track_id if face.person is None else face.person
        shown = face.emotion if number is None else f"{number}: {face.emotion}"
        sure = f"{shown} {_percent(face.confidence)}"
        letters = 16 * unit if alone else _letters(sure, box, 16 * unit)
        roomy.append(letters >= small)
        if letters >= small:
            shown = sure
        else:
            letters = _letters(shown, box, small)
        if letters >= SMALLEST_TEXT:
            taken.append(_label(canvas_HWC, box, shown, letters))
    for face, box, fits in zip(faces, boxes, roomy, strict=True):
        if not fits:
            continue
        others = [area for area in taken if area is not box]
        for area in _places(box, unit, len(face.probabilities), alone):
            if area.inside(*size) and not any(area.overlaps(other) for other in others):
                _bars(canvas_HWC, area, face, unit)
                taken.append(area)
                break
    return canvas_HWC


@contextmanager
def _part(canvas_HWC: NDArray[np.uint8], area: _Area) -> Iterator[Image.Image]:
    """A part of the image to draw on, from 0, 0; some of it may lie outside.

    To bring the whole to Pillow and back takes longer than all that is drawn.
    """
    rows = slice(max(0, area.y), max(0, area.y + area.h))
    columns = slice(max(0, area.x), max(0, area.x + area.w))
    seen_HWC = canvas_HWC[rows, columns]
    left, top = max(0, -area.x), max(0, -area.y)
    inside = slice(top, top + seen_HWC.shape[0]), slice(left, left + seen_HWC.shape[1])
    part_HWC = np.zeros((area.h, area.w, 3), np.uint8)
    part_HWC[inside] = seen_HWC
    part = Image.fromarray(part_HWC)
    yield part
    canvas_HWC[rows, columns] = np.asarray(part)[inside]


def _frame(canvas_HWC: NDArray[np.uint8], box: _Area, width: int) -> None:
    """Draw the edge of a box, inwards; its last row and column belong to it."""
    top, bottom = box.y, box.y + box.h + 1
    left, right = box.x, box.x + box.w + 1
    for rows, columns in (
        ((top, min(top + width, bottom)), (left, right)),
        ((max(bottom - width, top), bottom), (left, right)),
        ((top, bottom), (left, min(left + width, right))),
        ((top, bottom), (max(right - width, left), right)),
    ):
        y, x = (slice(max(0, start), max(0, end)) for start, end in (rows, columns))
        canvas_HWC[y, x] = _ACCENT


def _drawable(box: tuple[int, int, int, int], scale: float, width: int, height: int) -> _Area:
    """The box on the canvas; what lies far outside comes near, as Pillow's numbers are small."""
    x, y, w, h = box
    far = 2 * max(width, height)
    left, right = (max(-far, min(round(side * scale), width + far)) for side in (x, x + w))
    top, bottom = (max(-far, min(round(side * scale), height + far)) for side in (y, y + h))
    return _Area(left, top, max(0, right - left), max(0, bottom - top))


def _percent(share: float) -> str:
    """As few digits as there is need of; never 100%, as no answer is certain.

    >>> _percent(0.93), _percent(0.9994)
    ('93%', '99.9%')
    """
    return f"{share:.0%}" if share < 0.995 else f"{min(share, 0.999):.1%}"


def _letters(text: str, box: _Area, most: float) -> float:
    """How large letters may be that label a face among others: no wider than its box."""
    width = _font(max(1, round(most))).getlength(text) + 2 * most / 3
    return min(most, most * box.w / width)


def _label(canvas_HWC: NDArray[np.uint8], box: _Area, text: str, size: float) -> _Area:
    """Write the emotion above the box, or inside it where the image ends."""
    font = _font(round(size))
    pad = round(size / 3)
    w, h = round(font.getlength(text)) + 2 * pad, round(1.5 * size)
    x = max(0, min(box.x, canvas_HWC.shape[1] - w))
    area = _Area(x, box.y - h if box.y >= h else max(0, box.y), w, h)
    with _part(canvas_HWC, area._replace(w=w + 1, h=h + 1)) as part:
        part.paste(_ACCENT, (0, 0, *part.size))
        ImageDraw.Draw(part).text((pad, h / 2), text, _DARK, font, anchor="lm")
    return area


def _places(box: _Area, unit: float, bars: int, alone: bool) -> Iterator[_Area]:
    """Where the bars of a face may be, best first."""
    w, h, gap = round(150 * unit), round((8 + 17 * bars) * unit), round(6 * unit)
    yield _Area(box.x + box.w + gap, box.y, w, h)
    yield _Area(box.x - gap - w, box.y, w, h)
    yield _Area(box.x, box.y + box.h + gap, w, h)
    yield _Area(box.x + box.w - w, box.y + box.h + gap, w, h)
    if alone:  # a face that fills the image: over its chin
        yield _Area(box.x + gap, box.y + box.h - h - gap, w, h)


def _bars(canvas_HWC: NDArray[np.uint8], area: _Area, face: Face, unit: float) -> None:
    """Draw the probabilities, on a background that lets the image shine through."""
    font = _font(round(12 * unit))
    with _part(canvas_HWC, area) as part:
        part.paste(Image.blend(part, Image.new("RGB", part.size, _DARK), 0.7))
        draw = ImageDraw.Draw(part)
        for i, (emotion, p) in enumerate(face.probabilities.items()):
            middle = (12.5 + 17 * i) * unit
            shown = emotion == face.emotion
            color = _ACCENT if shown else _LIGHT
            draw.text((6 * unit, middle), emotion, color, font, anchor="lm")
            left, top = round(72 * unit), round(middle - 4.5 * unit)
            bar = _Area(left, top, max(1, round(70 * unit * p)), round(9 * unit))
            draw.rectangle(bar.corners, fill=_ACCENT if shown else _DIM)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
