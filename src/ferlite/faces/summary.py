"""What one person showed over a video, in a few numbers that are updated frame by frame.

Valence is computed, not learned: "the intensity of 'happy' minus the intensity of the negative
expression with the highest intensity", as Noldus defines it for FaceReader (L. Loijens, O. Krips:
FaceReader Methodology Note, Noldus Information Technology). The negative ones are angry, disgust,
fear and sad; intensities are here the probabilities.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

NEGATIVE: Final = ("angry", "disgust", "fear", "sad")
"""What valence takes for negative; surprise may be either, and counts for neither."""
LONGEST_LINK: Final = 0.75
"""In seconds: who is unseen for longer begins a new episode when they are seen again."""


class Episode(NamedTuple):
    """A time in which one emotion was the strongest without interruption."""

    emotion: str
    start: float
    """In seconds."""
    seconds: float


@dataclass(slots=True)
class Summary:
    """What one person showed.

    Attributes:
        first: when they were first seen, in seconds.
        last: when they were last seen.
        seconds: for how long they were seen.
        changes: how often the strongest emotion changed while they were seen.
        longest: their longest episode; None before the first frame.

    >>> summary = Summary()
    >>> summary.add(0.0, 2.0, "happy", {"happy": 0.9, "sad": 0.1})
    >>> summary.add(2.0, 1.0, "sad", {"happy": 0.2, "sad": 0.8})
    >>> round(summary.shares["happy"], 2), summary.changes, round(summary.valence, 2)
    (0.67, 1, 0.33)
    >>> summary.longest
    Episode(emotion='happy', start=0.0, seconds=2.0)
    """

    first: float = 0.0
    last: float = 0.0
    seconds: float = 0.0
    changes: int = 0
    longest: Episode | None = None
    _now: Episode | None = None
    _shown: dict[str, float] = field(default_factory=dict)  # seconds of each strongest emotion
    _sums: dict[str, float] = field(default_factory=dict)  # probabilities times seconds
    _valence: float = 0.0

    def add(
        self, time: float, seconds: float, emotion: str, probabilities: Mapping[str, float]
    ) -> None:
        """Take note of a frame.

        Args:
            time: when it begins, in seconds; later than the one before.
            seconds: for how long it is shown.
            emotion: the strongest.
            probabilities: of each emotion, in [0, 1].
        """
        if self._now is None:
            self.first = time
        self.last = time
        self.seconds += seconds
        self._shown[emotion] = self._shown.get(emotion, 0.0) + seconds
        for name, p in probabilities.items():
            self._sums[name] = self._sums.get(name, 0.0) + p * seconds
        self._valence += valence(probabilities) * seconds
        self._follow(time, seconds, emotion)

    @property
    def shares(self) -> dict[str, float]:
        """For which share of the time each emotion was the strongest; they sum to 1."""
        return {name: self._shown.get(name, 0.0) / self.seconds for name in self._sums}

    @property
    def probabilities(self) -> dict[str, float]:
        """The mean probability of each emotion over the time; they sum to 1."""
        return {name: total / self.seconds for name, total in self._sums.items()}

    @property
    def valence(self) -> float:
        """The mean valence over the time, in [-1, 1]."""
        return self._valence / self.seconds

    @property
    def mostly(self) -> str:
        """The emotion that was the strongest for longest."""
        return max(self._shown, key=self._shown.__getitem__)

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain Python for JSON; numbers are rounded to six decimals."""
        assert self.longest is not None
        numbers = ("first", "last", "seconds", "valence")
        return {
            **{name: round(getattr(self, name), 6) for name in numbers},
            "mostly": self.mostly,
            "changes": self.changes,
            "longest_episode": {
                "emotion": self.longest.emotion,
                "start": round(self.longest.start, 6),
                "seconds": round(self.longest.seconds, 6),
            },
            "shares": {name: round(share, 6) for name, share in self.shares.items()},
            "probabilities": {name: round(p, 6) for name, p in self.probabilities.items()},
        }

    def _follow(self, time: float, seconds: float, emotion: str) -> None:
        start = time
        if (now := self._now) is not None:
            seen = time - (now.start + now.seconds) <= LONGEST_LINK
            self.changes += seen and emotion != now.emotion
            if seen and emotion == now.emotion:
                start = now.start
        self._now = Episode(emotion, start, time + seconds - start)
        if self.longest is None or self._now.seconds > self.longest.seconds:
            self.longest = self._now


def valence(probabilities: Mapping[str, float]) -> float:
    """Happy minus the strongest of the negative emotions, in [-1, 1].

    >>> valence({"happy": 0.5, "sad": 0.25, "angry": 0.125, "surprise": 0.125})
    0.25
    """
    worst = max((probabilities.get(name, 0.0) for name in NEGATIVE), default=0.0)
    return probabilities.get("happy", 0.0) - worst
