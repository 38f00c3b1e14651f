"""What each person of a video showed over time, in memory that does not grow with the video."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS
from ferlite.faces.crop import crop
from ferlite.faces.face import Face
from ferlite.faces.frame import Frame
from ferlite.faces.summary import Summary

BINS: Final = 2048
"""A video's time is divided into at most so many equal parts, more than a figure has columns."""
MOST_PEOPLE: Final = 256
"""When twice as many have passed by, those who were seen shortest are forgotten."""
FINEST: Final = 1 / 64
"""In seconds, the length of a part to begin with."""
LONGEST_STILL: Final = 2.0
"""In seconds: a frame counts for no longer than this, unless frames are rarer than that."""
PORTRAIT: Final = 112
"""Side of a person's portrait in pixels."""


@dataclass(slots=True)
class Person:
    """One person, and what they showed.

    Attributes:
        number: theirs, counted from 1.
        portrait_HWC: uint8, (112, 112, 3), RGB: their face where it was about largest.
        summary: for how long they were seen, and what they showed.
    """

    number: int
    portrait_HWC: NDArray[np.uint8]
    summary: Summary = field(default_factory=Summary)
    _portrait_area: float = 0.0
    _bins: dict[int, NDArray[np.float64]] = field(default_factory=dict)  # sums, and counts behind


class Timeline:
    """Collects what the people of a video show.

    Time is divided into equal parts, and a part holds the mean of its frames. When a video gets so
    long that the parts are too many, neighbours are joined; so an hour takes no more memory than a
    minute. Of a crowd that passes by, those who stay longest are remembered.

    Attributes:
        end: when the last frame ends, in seconds.
        frames: how many there were.
        forgotten: how many people were seen too shortly among too many to be remembered.
        classes: the emotions, in the order of the curves.

    >>> face = Face.of((10, 20, 48, 48), 0.9, (0, 0, 0, 0.75, 0, 0.25, 0), track_id=1)
    >>> timeline = Timeline()
    >>> timeline.add(Frame(0, 0.0, np.zeros((90, 160, 3), np.uint8), (face,)))
    >>> [(person.number, person.summary.mostly) for person in timeline.people()]
    [(1, 'happy')]
    """

    def __init__(
        self, rate: float = 25.0, classes: Sequence[str] = EMOTIONS, until: float | None = None
    ) -> None:
        """Begin with nobody.

        Args:
            rate: about how many frames a second there are; the last frame counts for so long...
            classes: the emotions that faces have.
            until: ...but not beyond this time, in seconds, which is when the video ends.
        """
        self.end = 0.0
        self.frames = 0
        self.forgotten = 0
        self.classes = tuple(classes)
        self._interval = 1 / rate
        self._until = until
        self._longest = max(LONGEST_STILL, 2 / rate)
        self._people: dict[int, Person] = {}
        self._part = FINEST
        self._last: tuple[float, dict[int, Face]] | None = None

    def add(self, frame: Frame) -> None:
        """Take note of the next frame, whose image is RGB."""
        self._count(frame.time)
        self.end = max(self.end, frame.time + self._if_last(frame.time))
        self.frames += 1
        while frame.time >= self._part * BINS:
            self._join()
        faces: dict[int, Face] = {}
        for face in frame.faces:
            number = face.track_id if face.person is None else face.person
            assert number is not None
            faces.setdefault(number, face)
        for number, face in faces.items():
            area = face.box[2] * face.box[3]
            person = self._people.get(number)
            if person is None:
                person = self._people[number] = Person(
                    number, _portrait(frame, face.box), _portrait_area=area
                )
            elif area > 1.2 * person._portrait_area:
                person.portrait_HWC, person._portrait_area = _portrait(frame, face.box), area
            size = len(self.classes) + 1
            sums = person._bins.setdefault(int(frame.time / self._part), np.zeros(size))
            sums += (*face.probabilities.values(), 1)
        self._last = frame.time, faces
        if len(self._people) > 2 * MOST_PEOPLE:
            self._forget()

    @property
    def step(self) -> float:
        """How far the points of a curve lie apart where a person is always seen, in seconds."""
        return max(self._part, self.end / max(1, self.frames))

    def people(self) -> list[Person]:
        """Everyone but the forgotten, in the order of their numbers."""
        self._count(None)
        return sorted(self._people.values(), key=lambda person: person.number)

    def summaries(self) -> list[dict[str, Any]]:
        """What each person showed, as plain Python for JSON."""
        return [{"person": person.number, **person.summary.to_dict()} for person in self.people()]

    def curve(self, person: Person) -> Iterator[tuple[float, NDArray[np.float64]]]:
        """A person's probabilities: seconds and float64 in the order of `classes`, as time goes."""
        for at, sums in sorted(person._bins.items(), key=lambda each: each[0]):
            yield at * self._part, sums[:-1] / sums[-1]

    def _count(self, until: float | None) -> None:
        """Count the frame before for as long as it was shown; now that is known."""
        if self._last is None:
            return
        (time, faces), self._last = self._last, None
        shown = self._if_last(time) if until is None else min(until - time, self._longest)
        for number, face in faces.items():
            if (person := self._people.get(number)) is not None:
                person.summary.add(time, shown, face.emotion, face.probabilities)

    def _if_last(self, time: float) -> float:
        """For how long a frame counts if no other one follows."""
        left = math.inf if self._until is None else self._until - time
        return min(self._interval, left) if left > 0 else self._interval

    def _forget(self) -> None:
        """Keep those who were seen longest, and who are still there and may become so."""
        here = self._last[1] if self._last else {}
        order = sorted(
            self._people.values(), key=lambda p: (p.number not in here, -p.summary.seconds)
        )
        self.forgotten += len(order) - MOST_PEOPLE
        self._people = {person.number: person for person in order[:MOST_PEOPLE]}

    def _join(self) -> None:
        self._part *= 2
        for person in self._people.values():
            joined: dict[int, NDArray[np.float64]] = {}
            for at, sums in person._bins.items():
                joined[at // 2] = joined.get(at // 2, 0) + sums
            person._bins = joined


def clock(seconds: float, tenths: bool = False) -> str:
    """A time in a video as people write it, to the nearest second or tenth of one.

    >>> clock(75.3), clock(3674.6), clock(59.96, tenths=True)
    ('1:15', '1:01:15', '1:00.0')
    """
    count = math.floor(seconds * (10 if tenths else 1) + 0.5)
    whole, part = divmod(count, 10) if tenths else (count, 0)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"{text}.{part}" if tenths else text


def _portrait(frame: Frame, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    rgb_CHW = crop(frame.image, box, 1.4, (PORTRAIT, PORTRAIT), 3)
    return np.ascontiguousarray(rgb_CHW.transpose(1, 2, 0))
