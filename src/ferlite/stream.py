"""Read the faces of one frame after the other: find and follow, cut out, classify, smooth."""

from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING, Final

import numpy as np

from ferlite.errors import FerliteError
from ferlite.faces.crop import crop
from ferlite.faces.face import Face
from ferlite.faces.frame import Frame
from ferlite.faces.smooth import Smoother
from ferlite.faces.track import Tracked, Tracker
from ferlite.media.ahead import ahead
from ferlite.media.image import Channels
from ferlite.media.video import Shot, Video

if TYPE_CHECKING:
    from ferlite.recognizer import EmotionRecognizer

AHEAD: Final = 4
"""So many frames may wait between two steps: enough to even out that only some are searched."""


class Stream:
    """One film or camera on its way through a recognizer. Not to be shared between threads.

    >>> from ferlite import EmotionRecognizer
    >>> stream = Stream(EmotionRecognizer())
    >>> shot = Shot(0, 0.0, np.zeros((90, 160, 3), np.uint8))
    >>> stream.read(shot, stream.find(shot)).faces
    ()
    """

    def __init__(
        self, recognizer: "EmotionRecognizer", every: int = 5, half_life: float = 0.3
    ) -> None:
        """Begin before the first frame.

        Args:
            recognizer: what finds and reads the faces.
            every: the detector is asked every so many frames, see `Tracker`.
            half_life: of the smoothing, in seconds; 0 for none.

        Raises:
            FerliteError: `every` is less than 1, or `half_life` negative or no number.
        """
        # Without a detector nothing has to be found, and nothing is worth following.
        self._track = Tracker(
            recognizer._detect, min(every, 1) if recognizer.detector == "none" else every
        )
        self._smooth = Smoother(half_life)
        self._recognizer = recognizer

    def find(self, shot: Shot) -> list[Tracked]:
        """Whose faces are where in the next frame."""
        return self._track(shot.image_HWC, shot.time)

    def read(self, shot: Shot, found: list[Tracked], channels: Channels = "rgb") -> Frame:
        """What the faces that were found in a frame show."""
        faces: list[Face] = []
        if found:
            classifier, margin = self._recognizer.classifier, self._recognizer.margin
            crops_NCHW = np.stack(
                [
                    crop(
                        shot.image_HWC,
                        face.box,
                        margin,
                        classifier.size,
                        classifier.channels,
                        face.angle,
                    )
                    for face in found
                ]
            )
            for face, seen_7 in zip(found, classifier(crops_NCHW).astype(np.float64), strict=True):
                seen_7 /= seen_7.sum()  # softmax in float32 sums to 1 only to seven digits
                shown = self._smooth(face.track_id, shot.time, seen_7.tolist())
                x, y, w, h = (round(side) for side in face.box)
                faces.append(Face.of((x, y, w, h), face.score, shown, face.track_id, face.angle))
        image = shot.image_HWC if channels == "rgb" else shot.image_HWC[:, :, ::-1]
        return Frame(shot.index, shot.time, image, tuple(faces))


def read_video(
    recognizer: "EmotionRecognizer",
    video: Video,
    every: int,
    half_life: float,
    channels: Channels,
) -> Generator[Frame]:
    """The frames of a film with their faces.

    Decoding, finding and classifying overlap in threads of their own, and with what the caller
    does with the frames.

    Raises:
        FerliteError: as `Stream`; told at the call, not at the first frame.
    """
    if channels not in ("rgb", "bgr"):
        raise FerliteError(f"channels must be 'rgb' or 'bgr', not {channels!r}")
    stream = Stream(recognizer, every, half_life)

    def found() -> Generator[tuple[Shot, list[Tracked]]]:
        with closing(ahead(iter(video), AHEAD)) as shots:
            for shot in shots:
                yield shot, stream.find(shot)

    def read() -> Generator[Frame]:
        with closing(ahead(found(), AHEAD)) as pairs:
            for shot, faces in pairs:
                yield stream.read(shot, faces, channels)

    return ahead(read(), AHEAD)
