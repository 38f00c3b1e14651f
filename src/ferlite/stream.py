"""Read faces as frames come: find and follow them, know who they are, classify and smooth."""

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError, VideoError
from ferlite.faces.detection import Detection
from ferlite.faces.face import Face
from ferlite.faces.frame import Frame
from ferlite.faces.people import People
from ferlite.faces.smooth import Smoother
from ferlite.faces.track import Look, Tracked, Tracks
from ferlite.media.ahead import ahead
from ferlite.media.image import Channels, load
from ferlite.media.shot import Shot

AHEAD: Final = 2
"""So many frames may wait between two steps..."""
FOUND: Final = 12
"""...and so many whose faces are found, for to search a frame whole takes as long as to classify
the faces of several..."""
FOUND_BYTES: Final = 64 * 2**20
"""...but no more than fit into so much memory: of 4K there are two."""

Detect = Callable[[NDArray[np.uint8]], Sequence[Detection]]
"""Takes uint8 (H, W, 3), RGB; gives faces in its pixels."""
Cut = Callable[[NDArray[np.uint8], Sequence[Tracked]], NDArray[np.uint8]]
"""Takes uint8 (H, W, 3), RGB, and the faces in it, one at least; gives them as a network takes
them, uint8 (N, C, height, width)."""
Classify = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""Takes such faces; gives probabilities, float64 (N, K)."""


class Found(NamedTuple):
    """The faces of a frame, before they are read."""

    faces: list[Tracked]
    people: list[int] | None
    """Of each face; None where people are not told apart."""
    crops_NCHW: NDArray[np.uint8] | None
    """None where there is no face."""


class Tracker:
    """One video or camera on its way through a recognizer, frame by frame.

    `EmotionRecognizer.tracker` makes one. It remembers the faces of earlier frames: make one for
    each video, and do not share it between threads. However long the video is, it needs no more
    memory.

    >>> from ferlite import EmotionRecognizer
    >>> tracker = EmotionRecognizer().tracker()
    >>> frame = tracker.update(np.zeros((90, 160, 3), np.uint8), time=0.0)
    >>> frame.index, frame.time, frame.faces
    (0, 0.0, ())
    """

    def __init__(
        self,
        detect: Detect,
        cut: Cut,
        classify: Classify,
        classes: Sequence[str],
        *,
        every: int = 1,
        half_life: float = 0.3,
        people: People | None = None,
        cuts: bool = True,
        channels: Channels = "rgb",
        look: Look | None = None,
    ) -> None:
        """Begin before the first frame; see `EmotionRecognizer.tracker` for what the options mean.

        Args:
            detect: finds the faces of an image.
            cut: cuts them out.
            classify: reads them.
            classes: what the probabilities are of.
            every: after how many frames faces are searched again.
            half_life: of the smoothing, in seconds; 0 for none.
            people: tells people apart; None for plain tracks.
            cuts: whether a cut ends all tracks.
            channels: the order of colours in the frames that come and go, "rgb" or "bgr".
            look: sees known faces again; see `ferlite.faces.track.Tracks`.

        Raises:
            FerliteError: an option makes no sense.
        """
        if channels not in ("rgb", "bgr"):
            raise FerliteError(f"channels must be 'rgb' or 'bgr', not {channels!r}")
        self._tracks = Tracks(detect, every, cuts, look)
        self._smooth = Smoother(half_life)
        self._people = people
        self._cut = cut
        self._classify = classify
        self._classes = classes
        self._channels = channels
        self._index = 0
        self._time = -math.inf

    def update(self, image: NDArray[np.generic], time: float) -> Frame:
        """The faces of the next frame.

        Args:
            image: an array, as `EmotionRecognizer.recognize` takes them.
            time: of the frame, in seconds, from any beginning; it must not run backwards.

        Returns:
            The frame with its faces, in the order of their `track_id`.

        Raises:
            FerliteError: the image is none, or the time no number or before the last one.
        """
        if not math.isfinite(time):
            raise VideoError(f"the time of a frame must be a number of seconds, not {time}")
        if time < self._time:
            raise VideoError(
                f"the times of frames must not run backwards: {time} after {self._time}"
            )
        shot = Shot(self._index, float(time), load(image, self._channels))
        self._time = shot.time
        self._index += 1
        return self._read(shot, self._find(shot))

    def _find(self, shot: Shot) -> Found:
        """Whose faces are where in the next frame, cut out.

        They are cut out here, and not where they are read, because the thread that reads them is
        the busiest: it should need Python's lock for little but the network's runs.
        """
        faces, people = self._tracks(shot.image_HWC, shot.time), None
        if self._people is not None:
            people = self._people(shot.image_HWC, shot.time, faces, self._tracks.alive)
        return Found(faces, people, self._cut(shot.image_HWC, faces) if faces else None)

    def _read(self, shot: Shot, found: Found) -> Frame:
        """What the faces that were found in a frame show."""
        faces: list[Face] = []
        if found.crops_NCHW is not None:
            people: Sequence[int | None] = found.people or [None] * len(found.faces)
            seen_NK = self._classify(found.crops_NCHW).tolist()
            for face, person, seen_K in zip(found.faces, people, seen_NK, strict=True):
                shown = dict(
                    zip(
                        self._classes,
                        self._smooth(face.track_id, shot.time, seen_K),
                        strict=True,
                    )
                )
                emotion = max(shown, key=shown.__getitem__)
                x, y, w, h = (round(side) for side in face.box)
                faces.append(
                    Face(
                        (x, y, w, h),
                        face.score,
                        emotion,
                        shown[emotion],
                        shown,
                        track_id=face.track_id,
                        person=person,
                        raw=dict(zip(self._classes, seen_K, strict=True)),
                        angle=face.angle,
                    )
                )
        image = shot.image_HWC if self._channels == "rgb" else shot.image_HWC[:, :, ::-1]
        return Frame(shot.index, shot.time, image, tuple(faces))


def read_video(tracker: Tracker, shots: Iterable[Shot]) -> Generator[Frame]:
    """The frames of a video with their faces.

    Decoding, finding and classifying overlap in threads of their own, and with what the caller
    does with the frames; so a frame comes out a few frames after it went in.

    Args:
        tracker: made for this video.
        shots: its frames, with RGB images.
    """

    def found(decoded: Iterable[Shot]) -> Generator[tuple[Shot, Found]]:
        for shot in decoded:
            yield shot, tracker._find(shot)

    def read() -> Generator[Frame]:
        with closing(ahead(iter(shots), AHEAD)) as decoded:
            for first in decoded:  # it tells how large frames are
                most = max(AHEAD, min(FOUND, FOUND_BYTES // first.image_HWC.nbytes))
                with closing(ahead(found(chain([first], decoded)), most)) as pairs:
                    for shot, each in pairs:
                        yield tracker._read(shot, each)

    return ahead(read(), AHEAD)
