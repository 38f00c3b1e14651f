"""Smooth what a face shows over time, so that labels do not flicker."""

import math
from collections.abc import Sequence
from typing import Final

from ferlite.errors import FerliteError

FORGET: Final = 10
"""After this many half-lives without a sign of a face, what it showed before weighs under 0.1%."""


class Smoother:
    """An exponential average of the probabilities of each face, by half-life.

    What a face showed one half-life ago counts half as much as what it shows now, however many
    frames lie between: the weights follow the clock and not the frames, so a video with a variable
    frame rate is smoothed like any other.

    >>> smooth = Smoother(half_life=0.5)
    >>> smooth(1, 0.0, (1.0, 0.0))
    (1.0, 0.0)
    >>> smooth(1, 0.5, (0.0, 1.0))
    (0.5, 0.5)
    """

    def __init__(self, half_life: float) -> None:
        """Begin without any face.

        Args:
            half_life: in seconds; 0 leaves everything as it is.

        Raises:
            FerliteError: it is negative or no number.
        """
        if not (math.isfinite(half_life) and half_life >= 0):
            raise FerliteError(f"half_life must be 0 or more seconds, not {half_life}")
        self._half_life = half_life
        self._past: dict[int, tuple[float, tuple[float, ...]]] = {}

    def __call__(
        self, track_id: int, time: float, probabilities: Sequence[float]
    ) -> tuple[float, ...]:
        """What a face shows at a time, in the light of what it showed before.

        Args:
            track_id: whose face it is.
            time: in seconds; it does not run backwards for one face.
            probabilities: what the frame by itself says; they sum to 1.

        Returns:
            As many probabilities, each between its smoothed past and its present; they sum to 1.
        """
        if self._half_life == 0:
            return tuple(probabilities)
        # Taken out and put back at the end: so the faces stay in the order of their last frames.
        before, past = self._past.pop(track_id, (time, tuple(probabilities)))
        kept = 0.5 ** (max(0.0, time - before) / self._half_life)
        smoothed = tuple(
            kept * old + (1 - kept) * new for old, new in zip(past, probabilities, strict=True)
        )
        self._past[track_id] = time, smoothed
        self._forget(time - FORGET * self._half_life)
        return smoothed

    def _forget(self, before: float) -> None:
        """Over hours many people come and go, and memory must not grow with them."""
        while self._past:
            oldest = next(iter(self._past))
            if self._past[oldest][0] >= before:
                return
            del self._past[oldest]
