"""`Face`: the one result type, in Python, JSON, CSV and video alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ferlite.emotions import EMOTIONS


def columns(classes: Sequence[str] = EMOTIONS) -> tuple[str, ...]:
    """The columns of a face in a table, in order; the last ones are the probabilities.

    >>> columns(["bored", "awake"])[-3:]
    ('confidence', 'bored', 'awake')
    """
    return ("x", "y", "w", "h", "detection_score", "emotion", "confidence", *classes)


COLUMNS: Final = columns()
"""Those of a network that tells the seven emotions apart."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face in one image and what it shows.

    Attributes:
        box: x, y, width and height in pixels of the upright image; parts may lie outside it.
        detection_score: how sure the detector is that this is a face, in [0, 1]. Comparable
            between faces of one detector only.
        emotion: the most probable class, one of `ferlite.EMOTIONS` unless the network has others.
        confidence: its probability, in [0, 1].
        probabilities: of each class by its name, in the order of the network's classes; they
            sum to 1.
        track_id: the same number for the same person through a video; None in a single image.
        person: the number of the person in a video, the same when they come back after an absence
            or a cut; None where people are not told apart.
        raw: in a video, the probabilities of this frame alone, before smoothing; None in an image.
        angle: by how many degrees the head is tilted, clockwise as seen, and the network's crop
            with it; 0 where the detector saw no eyes. Not in JSON and tables.

    >>> face = Face.of((10, 20, 48, 48), 0.9, (0, 0, 0, 0.75, 0, 0.25, 0))
    >>> face.emotion, face.confidence, face.probabilities["surprise"]
    ('happy', 0.75, 0.25)
    """

    box: tuple[int, int, int, int]
    detection_score: float
    emotion: str
    confidence: float
    probabilities: dict[str, float]
    track_id: int | None = None
    person: int | None = None
    raw: dict[str, float] | None = None
    angle: float = 0.0

    @classmethod
    def of(
        cls,
        box: tuple[int, int, int, int],
        detection_score: float,
        probabilities: Sequence[float],
        track_id: int | None = None,
        angle: float = 0.0,
        classes: Sequence[str] = EMOTIONS,
    ) -> "Face":
        """Make a face from its probabilities, in the order of `classes`; the largest names it."""
        named = dict(zip(classes, probabilities, strict=True))
        emotion = max(named, key=named.__getitem__)
        return cls(box, detection_score, emotion, named[emotion], named, track_id, angle=angle)

    def to_dict(self) -> dict[str, Any]:
        """The face as plain Python for JSON; numbers are rounded to six decimals.

        >>> Face.of((10, 20, 48, 48), 0.9, (0, 0, 0, 0.75, 0, 0.25, 0)).to_dict()["box"]
        [10, 20, 48, 48]
        """
        answer = {
            "box": list(self.box),
            "detection_score": round(self.detection_score, 6),
            "emotion": self.emotion,
            "confidence": round(self.confidence, 6),
            "probabilities": {name: round(p, 6) for name, p in self.probabilities.items()},
            "track_id": self.track_id,
        }
        if self.person is not None:
            answer["person"] = self.person
        if self.raw is not None:
            answer["raw"] = {name: round(p, 6) for name, p in self.raw.items()}
        return answer

    def to_row(self) -> list[int | float | str]:
        """The face as one row of a table with the columns of `COLUMNS`.

        >>> Face.of((10, 20, 48, 48), 0.9, (0, 0, 0, 0.75, 0, 0.25, 0)).to_row()[:6]
        [10, 20, 48, 48, 0.9, 'happy']
        """
        return [
            *self.box,
            round(self.detection_score, 6),
            self.emotion,
            round(self.confidence, 6),
            *(round(p, 6) for p in self.probabilities.values()),
        ]
