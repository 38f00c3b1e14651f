"""Find faces with BlazeFace, the built-in detector: small, quick, and sure of large faces."""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferlite.errors import ModelError
from ferlite.faces import network
from ferlite.faces.box import Box, is_finite
from ferlite.faces.detection import Detection, Point
from ferlite.faces.pnet import PNet

FILE: Final = Path(__file__).parent / "weights" / "blazeface.onnx"
"""Made by reports/blazeface.py; its card lies beside it."""
FILLING_SCORE: Final = 0.5
"""A face that fills the image is one from this score on, which is what MediaPipe asks for..."""
MIN_SCORE: Final = 0.7
"""...and any other face from this one on, in the mean of the closer looks. No pattern in 29 images
without faces scored more, and hardly a face less."""
MIN_SIZE: Final = 40.0
"""Faces of this many pixels are found where nothing else is asked for, in images that are not so
large that this would take long."""
LARGEST: Final = 2400
"""In images with a longer side than this, the smallest faces grow with the side where nothing else
is asked for, so that it takes no longer."""

WHOLE: Final = 80
"""An image is first searched at this longer side: faces that fill it are seen best so."""
BORDER: Final = 24
"""Black pixels around what is searched, so that a face at the edge is seen as one."""
SEEN: Final = 28
"""A face of so many pixels, of those that are searched, is at least suspected."""
FILLS: Final = 0.6
"""Beside a face of this part of the longer side there is no room for a smaller one to look for."""
SUSPECTED: Final = 0.3
"""From this score on, a place is looked at again, closer."""
BLENDED: Final = 0.2
"""From this score on, a place counts for the mean that a face's box is."""
MOST: Final = 150
"""Of so many places at most, the likeliest."""
AT_ONCE: Final = 32
"""So many are looked at in one run."""
LOOKS: Final = ((1.5, 64), (2.0, 128))
"""A place is looked at with so much around it, over the suspected face's size, at so many pixels
a side. To a pattern that passes for a face once, it happens less often at both."""
KNOWN: Final = (2.0, 96)
"""And so at a face that was there in the frame before..."""
KNOWN_GAP: Final = 1.5
"""...made smaller with this `reducing_gap` of Pillow's: a little less exact, and quicker."""
SPREAD: Final = 0.2
"""A look that scores less than what is enough by more than this ends the matter."""
OVERLAP: Final = 0.3
"""Boxes that overlap by more than this (intersection over union) are of the same face..."""
INSIDE: Final = 0.6
"""...and so is a box of which more than this lies inside another one."""
SCALE: Final = 1.18
"""Side of the box that is given, over the network's own, which ends at brows and chin..."""
HIGHER: Final = 0.1
"""...and by how much of that it lies higher, towards the hair. Both fit YuNet's boxes."""

_GRIDS: Final = ((8, 2), (16, 6))
"""Cells of the two grids in pixels, and how many faces a cell may be asked for."""
_RIGHT_EYE, _LEFT_EYE, _NOSE, _MOUTH = range(4)


class BlazeFace:
    """MediaPipe's BlazeFace (Bazarevsky et al. 2019), run by ONNX Runtime.

    Safe to share between threads, and can be pickled.

    The network was made for faces that take up a good part of a small image, so an image is
    searched as a whole first. Unless a face fills it, P-Net (see `ferlite.faces.pnet`) says where
    smaller ones may be. What is suspected is looked at again, closer and twice; so few patterns
    pass for a face.

    >>> from ferlite.media.image import load
    >>> image_HWC = load("examples/astronaut.jpg")
    >>> [40 * round(side / 40) for side in BlazeFace().detect(image_HWC)[0].box]
    [160, 40, 120, 120]
    """

    def __init__(
        self, min_score: float | None = None, min_size: float | None = None, threads: int = 1
    ) -> None:
        """Load the detector.

        Args:
            min_score: what scores less is no face, in (0, 1); by default 0.5 for a face that fills
                the image and 0.7 for others.
            min_size: height in pixels of the smallest face to find. By default 40, and more in
                images of more than 2,400 pixels a side. The time grows with the square of what is
                asked for: half the size takes four times as long.
            threads: how many threads one search may use.

        Raises:
            ModelError: the detector's file is damaged, or an argument makes no sense.
        """
        if min_score is not None and not 0 < min_score < 1:
            raise ModelError(f"min_score must be between 0 and 1, not {min_score}")
        if min_size is not None and not 1 <= min_size < math.inf:
            raise ModelError(f"min_size must be at least 1 pixel, not {min_size}")
        self.min_score = min_score
        self.min_size = min_size
        self._threads = threads
        self._session = network.load_network(FILE, threads)
        self._suspect = PNet(threads)

    def __reduce__(self) -> tuple[type["BlazeFace"], tuple[float | None, float | None, int]]:
        return BlazeFace, (self.min_score, self.min_size, self._threads)

    def detect(self, image_HWC: NDArray[np.uint8], scale: int = 1) -> list[Detection]:
        """Find the faces of an image.

        Args:
            image_HWC: uint8, (H, W, 3), RGB.
            scale: how many times larger the image is that was decoded at this size; `min_size`
                counts that image's pixels.

        Returns:
            A box, a score, the angle and four points (right eye, left eye, nose and middle of the
            mouth; the person's right) for each face, the surest first.
        """
        enough, enough_filling = self.min_score or MIN_SCORE, self.min_score or FILLING_SCORE
        image = Image.fromarray(np.ascontiguousarray(image_HWC))
        longest = max(image.size)
        found = self._search_whole(image, WHOLE / longest)
        fills = (found[:, 0] >= enough_filling) & (found[:, 3] >= FILLS * longest)
        sure = found[fills]
        if not len(sure):  # one that fills the image has been seen as closely as can be
            sure = self._look_closer(image_HWC, found[found[:, 0] >= SUSPECTED], enough)
            suspected = self._suspect(image, self._smallest(longest, scale), longest * SEEN / WHOLE)
            suspected = _apart(_without_points(suspected), inside=1.0)[:MOST]
            suspected = suspected[~_is_of(suspected, sure)]
            sure = np.concatenate([sure, self._look_closer(image_HWC, suspected, enough)])
        faces = map(_detection, _apart(sure))
        smallest = (self.min_size or 0) / scale
        return [face for face in faces if is_finite(face.box) and face.box[3] >= smallest]

    def look(self, image_HWC: NDArray[np.uint8], boxes: Sequence[Box]) -> list[Detection]:
        """See again faces that are known to be about there, such as those of the frame before.

        Much quicker than `detect`, and blind to all others.

        Args:
            image_HWC: uint8, (H, W, 3), RGB.
            boxes: where faces were, as `detect` gives them.

        Returns:
            The faces that are still there: at most one for each box, in their order.
        """
        places = np.array([_place(box) for box in boxes]).reshape(-1, 17)
        seen = self._look(image_HWC, places, *KNOWN, gap=KNOWN_GAP)
        return [
            _detection(place) for place in seen if place[0] >= (self.min_score or FILLING_SCORE)
        ]

    def _smallest(self, longest: int, scale: int) -> float:
        """The height of the smallest face to look for."""
        if self.min_size is None:
            return MIN_SIZE * max(1, longest / LARGEST)
        return max(1.0, self.min_size / scale)

    def _search_whole(self, image: Image.Image, scale: float) -> NDArray[np.float64]:
        """The likely places of an image that is searched `scale` times as large."""
        width, height = (max(1, round(side * scale)) for side in image.size)
        small = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
        rows, columns = (side + 2 * BORDER + -side % 16 for side in (height, width))
        canvas_NHWC = np.zeros((1, rows, columns, 3), np.uint8)
        canvas_NHWC[0, BORDER : BORDER + height, BORDER : BORDER + width] = np.asarray(small)
        (found,) = self._search(canvas_NHWC)
        return _moved(found, 1 / scale, -BORDER, -BORDER)

    def _look_closer(
        self, image_HWC: NDArray[np.uint8], places: NDArray[np.float64], enough: float
    ) -> NDArray[np.float64]:
        """What is seen where a face was suspected: the mean of the looks, where all see one."""
        looks: list[NDArray[np.float64]] = []
        for around, side in LOOKS:
            seen = self._look(image_HWC, places, around, side)
            likely = seen[:, 0] >= max(enough - SPREAD, SUSPECTED)
            places = places[likely]
            looks = [look[likely] for look in [*looks, seen]]
        found: NDArray[np.float64] = np.mean(looks, axis=0)
        return found[found[:, 0] >= enough]

    def _look(
        self,
        image_HWC: NDArray[np.uint8],
        places: NDArray[np.float64],
        around: float,
        close: int,
        gap: float = 2.0,
    ) -> NDArray[np.float64]:
        """What is seen at each place, in an image of its own; score 0 where there is nothing."""
        found = np.zeros_like(places)
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            views, squares = [], []
            for _, x, y, w, h, *_ in some.tolist():
                side = max(1, round(around * max(w, h)))
                left, top = round(x + w / 2 - side / 2), round(y + h / 2 - side / 2)
                view = _square(image_HWC, left, top, side)
                view = view.resize((close, close), Image.Resampling.BILINEAR, reducing_gap=gap)
                views.append(np.asarray(view))
                squares.append((side / close, left, top))
            seen = self._search(np.stack(views))
            for at, (scale, left, top) in enumerate(squares):
                if len(seen[at]):
                    faces = _moved(seen[at], scale, left / scale, top / scale)
                    same = faces[_overlaps(faces, some[at]) >= OVERLAP]
                    found[start + at] = same[0] if len(same) else 0
        return found

    def _search(self, images_NHWC: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
        """For each image its likely places, in its own pixels; `_without_points` tells of what."""
        boxes_NA16, scores_NA1 = self._session.run(["boxes", "scores"], {"images": images_NHWC})
        likely_NA = scores_NA1[..., 0] >= BLENDED
        if not likely_NA.any():  # of most that is suspected
            return [np.empty((0, 17))] * len(images_NHWC)
        _, rows, columns, _ = images_NHWC.shape
        centres_A2 = _centres(rows, columns)
        answers = []
        for box_A16, score_A1, likely_A in zip(boxes_NA16, scores_NA1, likely_NA, strict=True):
            likely_P = np.flatnonzero(likely_A)
            score_P1 = score_A1[likely_P].astype(np.float64)
            place_P16 = box_A16[likely_P].astype(np.float64)
            place_P16[:, :2] -= place_P16[:, 2:4] / 2
            for first in (0, *range(4, 16, 2)):
                place_P16[:, first : first + 2] += centres_A2[likely_P]
            surest_P = np.argsort(-score_P1[:, 0], kind="stable")
            answers.append(_blended(np.hstack([score_P1, place_P16])[surest_P]))
        return answers


def card() -> dict[str, Any]:
    """What is known of the detector: where it is from, its licence and its file's SHA-256."""
    return network.card(FILE)


def _without_points(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places of which only score and box are known. All columns of a place: score; x, y, width and
    height; six points (the last are the ears)."""
    return np.pad(places, [(0, 0), (0, 17 - places.shape[1])])


@lru_cache(maxsize=64)
def _centres(rows: int, columns: int) -> NDArray[np.float64]:
    """The middle of each cell of the grids over an image, as often as it is asked for a face."""
    centres = []
    for cell, faces in _GRIDS:
        y, x = np.divmod(np.arange((rows // cell) * (columns // cell)), columns // cell)
        centres.append(np.repeat((np.stack([x, y], axis=1) + 0.5) * cell, faces, axis=0))
    return np.concatenate(centres)


def _square(image_HWC: NDArray[np.uint8], left: int, top: int, side: int) -> Image.Image:
    """A part of an image, black outside of it. A Pillow image of the whole would take longer."""
    part_HWC = image_HWC[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    rows, columns, _ = part_HWC.shape
    if (rows, columns) != (side, side):
        inside_HWC, part_HWC = part_HWC, np.zeros((side, side, 3), np.uint8)
        y, x = max(0, -top), max(0, -left)
        part_HWC[y : y + rows, x : x + columns] = inside_HWC
    return Image.fromarray(np.ascontiguousarray(part_HWC))


def _moved(
    places: NDArray[np.float64], scale: float, left: float, top: float
) -> NDArray[np.float64]:
    """Places counted from another corner, and then in other pixels."""
    moved = places.copy()
    moved[:, [1, *range(5, 17, 2)]] += left
    moved[:, [2, *range(6, 17, 2)]] += top
    moved[:, 1:] *= scale
    return moved


def _blended(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """One place for each face: the mean of those that overlap, by their scores.

    That is BlazeFace's own way, and steadier than to take the best. The places come surest first.
    """
    faces = []
    while len(places):
        same = _overlaps(places, places[0]) >= OVERLAP
        same[0] = True  # also where it has no area
        scores = places[same, :1]
        face = (places[same] * scores).sum(axis=0) / scores.sum()
        face[0] = places[0, 0]
        faces.append(face)
        places = places[~same]
    return np.array(faces).reshape(-1, 17)


def _apart(places: NDArray[np.float64], inside: float = INSIDE) -> NDArray[np.float64]:
    """The surest of places that are of the same face, surest first."""
    places = places[np.argsort(-places[:, 0], kind="stable")]
    kept = []
    while len(places):
        kept.append(places[0])
        same = _is_of(places, places[:1], inside)
        same[0] = True
        places = places[~same]
    return np.array(kept).reshape(-1, 17)


def _is_of(
    places: NDArray[np.float64], faces: NDArray[np.float64], inside: float = INSIDE
) -> NDArray[np.bool_]:
    """For each place, whether it is of one of the faces: it overlaps it, or one is in the other."""
    same = np.zeros(len(places), bool)
    area = _areas(places)
    for face in faces:
        shared, other = _shared(places, face), _areas(face[None])
        same |= shared >= OVERLAP * (area + other - shared)
        same |= shared >= inside * np.minimum(area, other)
    return same


def _overlaps(places: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each place, its intersection over union with one other."""
    shared = _shared(places, other)
    union = _areas(places) + _areas(other[None]) - shared
    return np.divide(shared, union, out=np.zeros_like(union), where=union > 0)


def _shared(places: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The area that each place shares with one other."""
    start = np.maximum(places[:, 1:3], other[1:3])
    end = np.minimum(places[:, 1:3] + places[:, 3:5], other[1:3] + other[3:5])
    width, height = np.maximum(end - start, 0).T
    shared: NDArray[np.float64] = width * height
    return shared


def _areas(places: NDArray[np.float64]) -> NDArray[np.float64]:
    width, height = np.maximum(places[:, 3:5], 0).T
    areas: NDArray[np.float64] = width * height
    return areas


def _detection(place: NDArray[np.float64]) -> Detection:
    score, x, y, w, h, *rest = place.tolist()
    points: tuple[Point, ...] = tuple(zip(rest[0:8:2], rest[1:8:2], strict=True))
    angle = tilt(points)
    turned = math.radians(angle)
    centre_x = x + w / 2 + HIGHER * h * math.sin(turned)
    centre_y = y + h / 2 - HIGHER * h * math.cos(turned)
    side = SCALE * max(w, h)
    box: Box = (centre_x - side / 2, centre_y - side / 2, side, side)
    return Detection(box, min(score, 1.0), angle, points=points)


def _place(box: Box) -> NDArray[np.float64]:
    """The place that `_detection` gives this box, if the head is upright."""
    x, y, w, h = box
    side = max(w, h) / SCALE
    corner = x + (w - side) / 2, y + (h - side) / 2 + HIGHER * side
    return np.array([1.0, *corner, side, side, *[0.0] * 12])


def tilt(points: tuple[Point, ...]) -> float:
    """By how many degrees a face is tilted, clockwise as seen, in [-180, 180].

    The line between the eyes is level in an upright face, and the line from their middle to the
    mouth's is plumb. Both count by their length: in a profile the eyes lie nearly on each other.

    Args:
        points: right eye, left eye, nose and middle of the mouth.

    >>> tilt(((30, 38), (68, 38), (49, 58), (49, 75)))
    0.0
    >>> tilt(((62, 30), (62, 68), (42, 49), (25, 49)))
    90.0
    """
    (rex, rey), (lex, ley), (mx, my) = (points[i] for i in (_RIGHT_EYE, _LEFT_EYE, _MOUTH))
    down_x, down_y = mx - (rex + lex) / 2, my - (rey + ley) / 2
    return math.degrees(math.atan2(ley - rey - down_x, lex - rex + down_y))
