"""Find faces in a film: detect now and then, follow in between, and know who is who."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.faces.box import Box, is_finite, shrink
from ferlite.faces.detection import Detection
from ferlite.faces.flow import follow

LONGEST_SIDE: Final = 640
"""Frames are searched and followed at no more than this many pixels a side."""
OVERLAP: Final = 0.3
"""A detection belongs to a track if they overlap by this much (intersection over union)."""
MISSES: Final = 3
"""A track ends when this many detections in a row have not seen it."""
LONGEST_GAP: Final = 0.5
"""In seconds: a film with few frames a second is searched this often at least."""

Detect: TypeAlias = Callable[[NDArray[np.uint8]], Sequence[Detection]]
"""Takes uint8 (H, W, 3), BGR; gives faces in its pixels."""


class Tracked(NamedTuple):
    """A face in a frame, and whose it is."""

    track_id: int
    box: Box
    """In pixels of the frame."""
    score: float
    """Of its last detection."""
    angle: float = 0.0
    """By how many degrees the head was tilted in its last detection, clockwise as seen."""


@dataclass(slots=True)
class _Track:
    box: Box
    score: float
    angle: float
    track_id: int | None  # None until it is confirmed
    misses: int = 0
    lost: bool = False


class Tracker:
    """Finds the faces of a film's frames, one frame after the other.

    - The detector is asked every few frames, half a second after the last time at the latest, at
      once when a face can no longer be followed, and again in the next frame when it saw a new one.
    - In between, faces are followed by optical flow.
    - A detection belongs to the track that it overlaps most; the best pairs are made first.
    - A new face counts when two detections in a row have seen it, which most false alarms do not
      survive. In the first frame it counts at once.
    - A face that detections miss is followed on for as long as its picture can be, and ends with
      the third miss in a row.
    - Numbers begin with 1 and are never used again: who leaves and comes back gets a new one.

    >>> tracker = Tracker(lambda image: [Detection((10, 10, 40, 40), 0.9)])
    >>> tracker(np.zeros((100, 100, 3), np.uint8), 0.0)
    [Tracked(track_id=1, box=(10.0, 10.0, 40.0, 40.0), score=0.9, angle=0.0)]
    """

    def __init__(self, detect: Detect, every: int = 5) -> None:
        """Begin before the first frame.

        Args:
            detect: finds faces in a picture.
            every: after how many frames it is asked again; 1 asks it for every frame.

        Raises:
            FerliteError: `every` is less than 1.
        """
        if every < 1:
            raise FerliteError(f"every must be at least 1 frame, not {every}")
        self._detect = detect
        self._every = every
        self._tracks: list[_Track] = []
        self._next_id = 1
        self._gray_HW: NDArray[np.uint8] | None = None
        self._frames_since = 0
        self._detected_at = 0.0

    def __call__(self, image_HWC: NDArray[np.uint8], time: float) -> list[Tracked]:
        """The faces of the next frame.

        Args:
            image_HWC: uint8 (H, W, 3), BGR.
            time: of the frame, in seconds.

        Returns:
            The faces in the order of their track_id.
        """
        small_HWC, scale = shrink(image_HWC, LONGEST_SIDE)
        gray_HW = np.asarray(cv2.cvtColor(small_HWC, cv2.COLOR_BGR2GRAY), np.uint8)
        first = self._gray_HW is None
        unsure = self._follow(gray_HW)
        self._frames_since += 1
        due = self._frames_since >= self._every or abs(time - self._detected_at) >= LONGEST_GAP
        if first or unsure or due:
            self._associate(self._detect(small_HWC), confirmed=first)
            self._frames_since = 0
            self._detected_at = time
        faces = [
            Tracked(t.track_id, _scaled(t.box, 1 / scale), t.score, t.angle)
            for t in self._tracks
            if t.track_id is not None and not t.lost
        ]
        return sorted(faces, key=lambda face: face.track_id)

    def _follow(self, gray_HW: NDArray[np.uint8]) -> bool:
        """Move all tracks to the next frame; True if a detection should look after them."""
        before_HW, self._gray_HW = self._gray_HW, gray_HW
        if before_HW is None or before_HW.shape != gray_HW.shape:
            boxes: list[Box | None] = [None] * len(self._tracks)
        else:
            boxes = follow(before_HW, gray_HW, [track.box for track in self._tracks])
        unsure = False
        for track, box in zip(self._tracks, boxes, strict=True):
            # Who has been lost for longer is awaited where they were last seen, without hurry.
            unsure |= track.track_id is None or (box is None and not track.lost)
            track.lost |= box is None
            track.box = track.box if box is None or track.lost else box
        return unsure

    def _associate(self, found: Sequence[Detection], confirmed: bool) -> None:
        """Give detections to tracks, begin and end tracks."""
        found = [each for each in found if is_finite(each.box)]
        pairs = match([track.box for track in self._tracks], [face.box for face in found])
        for t, track in enumerate(self._tracks):
            if t in pairs:
                track.box, track.score, track.angle = found[pairs[t]][:3]
                track.misses, track.lost = 0, False
                if track.track_id is None:
                    track.track_id = self._new_id()
            else:
                track.misses += 1
        allowed = [0 if track.track_id is None else MISSES - 1 for track in self._tracks]
        self._tracks = [
            track for track, most in zip(self._tracks, allowed, strict=True) if track.misses <= most
        ]
        taken = set(pairs.values())
        for d, (box, score, angle, *_) in enumerate(found):
            if d not in taken:
                self._tracks.append(
                    _Track(box, score, angle, self._new_id() if confirmed else None)
                )

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def match(tracks: Sequence[Box], detections: Sequence[Box]) -> dict[int, int]:
    """Pair boxes that overlap, the best pair first, each box at most once.

    >>> match([(0, 0, 10, 10), (50, 0, 10, 10)], [(52, 0, 10, 10), (90, 0, 10, 10)])
    {1: 0}
    """
    overlaps = [
        (iou(track, detection), t, d)
        for t, track in enumerate(tracks)
        for d, detection in enumerate(detections)
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for overlap, t, d in sorted(overlaps, key=lambda each: -each[0]):
        if overlap < OVERLAP:
            break
        if t not in pairs and d not in taken:
            pairs[t] = d
            taken.add(d)
    return pairs


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]; 0 for boxes without area or end.

    >>> iou((0, 0, 10, 10), (5, 0, 10, 10))
    0.3333333333333333
    """
    if not (is_finite(a) and is_finite(b)):
        return 0.0
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    union = a[2] * a[3] + b[2] * b[3] - shared
    return min(1.0, shared / union) if 0 < union < math.inf else 0.0


def _scaled(box: Box, factor: float) -> Box:
    x, y, w, h = box
    return x * factor, y * factor, w * factor, h * factor
