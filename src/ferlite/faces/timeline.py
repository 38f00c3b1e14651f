"""What each person of a film showed over time, in memory that does not grow with the film."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS
from ferlite.faces.crop import crop
from ferlite.faces.frame import Frame

BINS: Final = 2048
"""A film's time is divided into at most so many equal parts, more than a plot has pixels."""
MOST_PEOPLE: Final = 256
"""When twice as many have passed by, those who were seen shortest are forgotten."""
FINEST: Final = 1 / 64
"""In seconds, the length of a part to begin with."""
PORTRAIT: Final = 112
"""Side of a person's portrait in pixels."""


@dataclass(slots=True)
class Person:
    """What one person showed.

    Attributes:
        track_id: their number.
        first: when they were first seen, in seconds.
        last: when they were last seen.
        frames: in how many frames they were seen.
        total_7: the sum of their probabilities over these frames, in the order of `EMOTIONS`.
        portrait_HWC: uint8, (112, 112, 3), BGR: their face where it was about largest.
    """

    track_id: int
    first: float
    last: float
    frames: int
    total_7: NDArray[np.float64]
    portrait_HWC: NDArray[np.uint8]
    _portrait_area: float
    _bins: dict[int, NDArray[np.float64]] = field(default_factory=dict)  # sums, and counts behind

    @property
    def shares(self) -> tuple[float, ...]:
        """Their mean probabilities, in the order of `EMOTIONS`; they sum to 1."""
        return tuple((self.total_7 / self.frames).tolist())


class Timeline:
    """Collects what the people of a film show.

    Time is divided into equal parts, and a part holds the mean of its frames. When a film gets so
    long that the parts are too many, neighbours are joined; so an hour takes no more memory than a
    minute. Of a crowd that passes by, those who stay longest are remembered.

    Attributes:
        end: the time of the last frame, in seconds.
        forgotten: how many people were seen too shortly among too many to be remembered.

    >>> from ferlite import Face
    >>> face = Face.of((10, 20, 48, 48), 0.9, (0, 0, 0, 0.75, 0, 0.25, 0), track_id=1)
    >>> timeline = Timeline()
    >>> timeline.add(Frame(0, 0.0, np.zeros((90, 160, 3), np.uint8), (face,)))
    >>> [person.track_id for person in timeline.people()]
    [1]
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self.end = 0.0
        self.forgotten = 0
        self._frames = 0
        self._people: dict[int, Person] = {}
        self._part = FINEST

    def add(self, frame: Frame) -> None:
        """Take note of the next frame, whose image is BGR."""
        self.end = max(self.end, frame.time)
        self._frames += 1
        while frame.time >= self._part * BINS:
            self._join()
        for face in frame.faces:
            assert face.track_id is not None
            area = face.box[2] * face.box[3]
            person = self._people.get(face.track_id)
            if person is None:
                portrait = _portrait(frame, face.box)
                person = Person(
                    face.track_id, frame.time, frame.time, 0, np.zeros(7), portrait, area
                )
                self._people[face.track_id] = person
            elif area > 1.2 * person._portrait_area:
                person.portrait_HWC, person._portrait_area = _portrait(frame, face.box), area
            person.last = frame.time
            person.frames += 1
            probabilities_7 = tuple(face.probabilities.values())
            person.total_7 += probabilities_7
            sums_8 = person._bins.setdefault(int(frame.time / self._part), np.zeros(8))
            sums_8 += (*probabilities_7, 1)
        if len(self._people) > 2 * MOST_PEOPLE:
            self._forget()

    @property
    def step(self) -> float:
        """How far the points of a curve lie apart where a person is always seen, in seconds."""
        return max(self._part, self.end / max(1, self._frames - 1))

    def people(self) -> list[Person]:
        """Everyone but the forgotten, in the order of their numbers."""
        return list(self._people.values())

    def curve(self, person: Person) -> Iterator[tuple[float, NDArray[np.float64]]]:
        """A person's probabilities over time: seconds and float64 (7,), in the order of time."""
        for at, sums_8 in sorted(person._bins.items(), key=lambda each: each[0]):
            yield at * self._part, sums_8[:7] / sums_8[7]

    def _forget(self) -> None:
        """Keep those who were seen longest, and who are still there and may become so."""
        everyone = sorted(self._people.values(), key=lambda p: (p.last < self.end, -p.frames))
        kept = sorted(everyone[:MOST_PEOPLE], key=lambda person: person.track_id)
        self.forgotten += len(everyone) - len(kept)
        self._people = {person.track_id: person for person in kept}

    def _join(self) -> None:
        self._part *= 2
        for person in self._people.values():
            joined: dict[int, NDArray[np.float64]] = {}
            for at, sums_8 in person._bins.items():
                joined[at // 2] = joined.get(at // 2, 0) + sums_8
            person._bins = joined


def ranked(shares: tuple[float, ...]) -> list[tuple[str, float]]:
    """Emotions and their shares, the largest first.

    >>> ranked((0, 0, 0, 0.7, 0, 0.3, 0))[:2]
    [('happy', 0.7), ('surprise', 0.3)]
    """
    return sorted(zip(EMOTIONS, shares, strict=True), key=lambda each: -each[1])


def clock(seconds: float) -> str:
    """A time in a film as people write it.

    >>> clock(75.3), clock(3675)
    ('1:15', '1:01:15')
    """
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _portrait(frame: Frame, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    rgb_CHW = crop(frame.image, box, 1.4, (PORTRAIT, PORTRAIT), 3)
    return np.asarray(cv2.cvtColor(rgb_CHW.transpose(1, 2, 0), cv2.COLOR_RGB2BGR), np.uint8)
