"""Follow faces from frame to frame: which detection is of the same face as one before."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.faces.appearance import describe
from ferlite.faces.box import Box, is_finite
from ferlite.faces.cuts import Cuts
from ferlite.faces.detection import Detection, Point, four_points

OVERLAP: Final = 0.3
"""A detection belongs to a track if they overlap by this much (intersection over union)."""
MISSES: Final = 3
"""A track ends when this many detections in a row have not seen it..."""
PATIENCE: Final = 0.5
"""...and it has not been seen for so many seconds."""
LONGEST_GAP: Final = 0.5
"""In seconds: a video with few frames a second is searched this often at least."""
RARE: Final = 0.4
"""In seconds: where frames lie so far apart, a new face counts at once."""
SEARCH_AGAIN: Final = 0.5
"""In seconds: frames are searched whole this often at least. In the others only known faces are
looked at, where the detector can do that."""
LOOK_AGAIN: Final = 0.25
"""In seconds: how a face looks is noted this often."""
SURE_OVERLAP: Final = 0.6
"""A face that overlaps its expected box by less may be another one in its place."""
STILL_ALIKE: Final = 0.5
"""A face that may be another one is the same if it looks as much alike as this."""

Detect: TypeAlias = Callable[[NDArray[np.uint8]], Sequence[Detection]]
"""Takes uint8 (H, W, 3), RGB; gives faces in its pixels."""
Look: TypeAlias = Callable[[NDArray[np.uint8], Sequence[Box]], Sequence[Detection]]
"""Takes such an image and where faces are expected; gives those of them that are there."""


class Tracked(NamedTuple):
    """A face in a frame, and which track it continues."""

    track_id: int
    box: Box
    """In pixels of the frame."""
    score: float
    """Of its last detection."""
    angle: float = 0.0
    """By how many degrees the head was tilted in its last detection, clockwise as seen."""
    points: tuple[Point, ...] | None = None
    """Right eye, left eye, nose and mouth, where the detector saw them in this very frame."""
    look_D: NDArray[np.float32] | None = None
    """How it looks (see `ferlite.faces.appearance`), where this was noted in this very frame."""


@dataclass(slots=True)
class _Track:
    track_id: int | None  # None until it is confirmed
    face: Detection
    seen: float  # when
    velocity: tuple[float, float]  # of its middle, in pixels a second
    look_D: NDArray[np.float32]
    looked: float  # when
    misses: int = 0

    def box(self, time: float) -> Box:
        """Where it is by now, if it moves on as before."""
        x, y, w, h = self.face.box
        passed = min(max(0.0, time - self.seen), PATIENCE)
        moved = x + self.velocity[0] * passed, y + self.velocity[1] * passed, w, h
        return moved if is_finite(moved) else self.face.box

    def go_on(self, face: Detection, time: float) -> None:
        """Take note of its next detection."""
        if (passed := time - self.seen) > 0:
            (x, y, w, h), (old_x, old_y, old_w, old_h) = face.box, self.face.box
            newly = (
                (x + w / 2 - old_x - old_w / 2) / passed,
                (y + h / 2 - old_y - old_h / 2) / passed,
            )
            # Detections tremble; half of the old movement evens that out.
            self.velocity = (self.velocity[0] + newly[0]) / 2, (self.velocity[1] + newly[1]) / 2
        self.face, self.seen, self.misses = face, time, 0


class Tracks:
    """Finds and follows the faces of a video's frames, one frame after the other.

    - Twice a second a frame is searched whole, and so is the first one of a shot, the one
      after a new face, and each in which no face is known or a known one is missing. In the others,
      the known faces are looked at where they are expected. With a detector that cannot do that,
      all frames are searched.
    - With `every`, only some frames are searched or looked at: half a second after the last time at
      the latest, at once after a cut, and again in the next frame when a new face was seen. In
      between, faces move on as they did.
    - A detection belongs to the track whose expected box it overlaps most; the best pairs are made
      first.
    - A new face counts when two detections in a row have seen it, which most false alarms do not
      survive. In the first frame of a shot it counts at once, and where frames are 0.4 seconds
      apart or more, for in the next one it may be gone.
    - A face that is not detected is not reported, but waited for: for half a second, and for three
      detections at least.
    - With a cut all tracks end. Where there may be one (see `ferlite.faces.cuts`), those end whose
      face now looks like another. A face that is not quite where it was expected must look like
      the one before, too.
    - Numbers begin with 1 and are never used again.

    >>> tracks = Tracks(lambda image: [Detection((10, 10, 40, 40), 0.9)])
    >>> (face,) = tracks(np.zeros((100, 100, 3), np.uint8), 0.0)
    >>> face.track_id, face.box
    (1, (10, 10, 40, 40))
    """

    def __init__(
        self, detect: Detect, every: int = 1, cuts: bool = True, look: Look | None = None
    ) -> None:
        """Begin before the first frame.

        Args:
            detect: finds faces in an image.
            every: after how many frames it is asked again.
            cuts: whether to look for cuts.
            look: sees known faces again; None searches all frames whole.

        Raises:
            FerliteError: `every` is less than 1.
        """
        if every < 1:
            raise FerliteError(f"every must be at least 1 frame, not {every}")
        self._detect = detect
        self._look = look
        self._every = every
        self._cuts = Cuts() if cuts else None
        self._tracks: list[_Track] = []
        self._next_id = 1
        self._frames_since = 0
        self._detected_at = -math.inf
        self._searched_at = -math.inf
        self._last_at = -math.inf
        self._rare = False  # whether this frame comes long after the one before
        self._fresh = True  # nothing has been searched since the shot began

    @property
    def alive(self) -> set[int]:
        """The numbers of the tracks that have not ended, also of those not seen in this frame."""
        return {track.track_id for track in self._tracks if track.track_id is not None}

    def __call__(self, image_HWC: NDArray[np.uint8], time: float) -> list[Tracked]:
        """The faces of the next frame.

        Args:
            image_HWC: uint8 (H, W, 3), RGB.
            time: of the frame, in seconds.

        Returns:
            The faces in the order of their track_id.
        """
        change = self._cuts(image_HWC) if self._cuts is not None else "none"
        if change == "cut":
            self._tracks.clear()
            self._fresh = True
        self._frames_since += 1
        self._rare, self._last_at = time - self._last_at >= RARE, time
        if (
            self._fresh
            or change == "doubtful"
            or self._frames_since >= self._every
            or abs(time - self._detected_at) >= LONGEST_GAP
            or any(track.track_id is None for track in self._tracks)
        ):
            faces = self._update(image_HWC, time, doubtful=change == "doubtful")
        else:
            faces = [
                Tracked(track.track_id, track.box(time), track.face.score, track.face.angle)
                for track in self._tracks
                if track.track_id is not None and not track.misses
            ]
        return sorted(faces, key=lambda face: face.track_id)

    def _found(self, image_HWC: NDArray[np.uint8], time: float, doubtful: bool) -> list[Detection]:
        """The faces of a frame: those that are known if they are there, or else all."""
        if (
            self._look is not None
            and self._tracks
            and not (self._fresh or doubtful)
            and 0 <= round(time - self._searched_at, 6) < SEARCH_AGAIN
            and not any(track.track_id is None or track.misses for track in self._tracks)
        ):
            seen = self._look(image_HWC, [track.box(time) for track in self._tracks])
            boxes = [face.box for face in seen]
            if len(seen) == len(self._tracks) and not any(
                iou(a, b) >= OVERLAP for a, b in combinations(boxes, 2)
            ):
                return list(seen)
        self._searched_at = time
        return [each for each in self._detect(image_HWC) if is_finite(each.box)]

    def _update(self, image_HWC: NDArray[np.uint8], time: float, doubtful: bool) -> list[Tracked]:
        """Give detections to tracks, begin and end tracks."""
        found = self._found(image_HWC, time, doubtful)
        pairs = match([track.box(time) for track in self._tracks], [face.box for face in found])
        looks: dict[int, NDArray[np.float32]] = {}  # by the number of the detection

        def look(d: int) -> NDArray[np.float32]:
            if d not in looks:
                looks[d] = describe(image_HWC, found[d].box, found[d].angle)
            return looks[d]

        pairs = {
            t: d
            for t, d in pairs.items()
            if not (doubtful or iou(self._tracks[t].box(time), found[d].box) < SURE_OVERLAP)
            or float(look(d) @ self._tracks[t].look_D) >= STILL_ALIKE
        }
        if doubtful:
            self._tracks = [track for t, track in enumerate(self._tracks) if t in pairs]
            pairs = dict(enumerate(pairs[t] for t in sorted(pairs)))
        at_once = self._fresh or doubtful or self._rare
        self._fresh, self._frames_since, self._detected_at = False, 0, time

        of_track: dict[int, int] = {}  # detections by the number of the track
        kept: list[_Track] = []
        for t, track in enumerate(self._tracks):
            if t in pairs:
                track.go_on(found[pairs[t]], time)
                is_new = track.track_id is None
                track.track_id = self._new_id() if track.track_id is None else track.track_id
                if is_new or pairs[t] in looks or time - track.looked >= LOOK_AGAIN:
                    track.look_D, track.looked = look(pairs[t]), time
                of_track[track.track_id] = pairs[t]
                kept.append(track)
            elif track.track_id is not None:
                track.misses += 1
                if track.misses < MISSES or time - track.seen < PATIENCE:
                    kept.append(track)
        taken = set(pairs.values())
        for d, face in enumerate(found):
            if d not in taken:
                track_id = self._new_id() if at_once else None
                kept.append(_Track(track_id, face, time, (0.0, 0.0), look(d), time))
                if track_id is not None:
                    of_track[track_id] = d
        self._tracks = kept
        return [
            Tracked(
                track_id,
                found[d].box,
                found[d].score,
                found[d].angle,
                four_points(found[d]),
                looks.get(d),
            )
            for track_id, d in of_track.items()
        ]

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
