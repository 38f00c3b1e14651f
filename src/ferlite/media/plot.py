"""Draw what each person of a film showed over time."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS
from ferlite.faces.timeline import PORTRAIT, Person, Timeline, clock, ranked

MOST_PEOPLE: Final = 8
"""Those who are seen longest are drawn."""
LONGEST_LINK: Final = 0.75
"""In seconds: over a longer absence nothing is drawn, if frames are not rarer than that."""

COLORS: Final = {
    "angry": (66, 58, 205),
    "disgust": (74, 138, 62),
    "fear": (150, 78, 128),
    "happy": (68, 196, 250),
    "sad": (196, 134, 66),
    "surprise": (72, 140, 242),
    "neutral": (206, 206, 206),
}
"""BGR."""

_WIDTH, _LEFT, _RIGHT = 1400, 180, 40
_TOP, _PANEL, _TITLE, _GAP, _BOTTOM = 84, PORTRAIT, 34, 26, 72
_DARK, _DIM, _GRID = (48, 48, 48), (120, 120, 120), (232, 232, 232)
_FONT = cv2.FONT_HERSHEY_DUPLEX
_FINE = 4  # bits of a pixel, for edges between pixels


def plot(timeline: Timeline) -> NDArray[np.uint8]:
    """A picture with a row for each person: their portrait, and their emotions over time.

    At each moment the seven probabilities are stacked and fill the row from bottom to top; where it
    is empty the person was not seen. At most eight people are drawn, those who are seen longest.

    Returns:
        uint8, (H, 1400, 3), BGR.

    >>> plot(Timeline()).shape[1:]
    (1400, 3)
    """
    everyone = timeline.people()
    longest = sorted(everyone, key=lambda person: -person.frames)[:MOST_PEOPLE]
    people = sorted(longest, key=lambda person: person.track_id)
    row = _TITLE + _PANEL + _GAP
    canvas = np.full((_TOP + max(1, len(people)) * row + _BOTTOM, _WIDTH, 3), 255, np.uint8)
    _legend(canvas)
    if not people:
        _write(canvas, "no faces were found", (_LEFT, _TOP + _TITLE + 40), 0.8, _DIM)
        return canvas
    end = max(timeline.end, 1e-3)
    bottom = _TOP + len(people) * row - _GAP
    _axis(canvas, end, bottom)
    for i, person in enumerate(people):
        top = _TOP + i * row + _TITLE
        _row(canvas, timeline, person, end, top)
    if more := len(everyone) + timeline.forgotten - len(people):
        text = f"and {more} more, seen for a shorter time"
        _write(canvas, text, (_LEFT, bottom + 62), 0.5, _DIM)
    return canvas


def _legend(canvas: NDArray[np.uint8]) -> None:
    x = _LEFT
    for emotion, color in COLORS.items():
        cv2.rectangle(canvas, (x, 34, 18, 18), color, cv2.FILLED, cv2.LINE_AA)
        _write(canvas, emotion, (x + 28, 49), 0.6, _DARK)
        x += 164


def _axis(canvas: NDArray[np.uint8], end: float, bottom: int) -> None:
    step = next(s for s in _steps() if end / s <= 10)
    for i in range(int(end / step) + 1):
        x = round(_x(i * step, end))
        cv2.line(canvas, (x, _TOP), (x, bottom + 6), _GRID, 1)
        text = clock(i * step) if step >= 1 else f"{i * step:g} s"
        (width, _), _ = cv2.getTextSize(text, _FONT, 0.5, 1)
        _write(canvas, text, (x - width // 2, bottom + 28), 0.5, _DIM)


def _steps() -> Sequence[float]:
    """Distances of marks on the axis that people find round."""
    seconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
    minutes = [60 * m for m in (1, 2, 5, 10, 15, 30)]
    return [*seconds, *minutes, *(3600 * 2**h for h in range(20))]


def _row(
    canvas: NDArray[np.uint8], timeline: Timeline, person: Person, end: float, top: int
) -> None:
    most = "   ".join(f"{emotion} {share:.0%}" for emotion, share in ranked(person.shares)[:3])
    _write(canvas, f"person {person.track_id}", (_LEFT, top - 11), 0.6, _DARK)
    _write(canvas, most, (_LEFT + 150, top - 11), 0.5, _DIM)
    canvas[top : top + PORTRAIT, _LEFT - 24 - PORTRAIT : _LEFT - 24] = person.portrait_HWC
    link = max(LONGEST_LINK, 1.5 * timeline.step)
    run: list[tuple[float, NDArray[np.float64]]] = []
    for time, seen_7 in timeline.curve(person):
        if run and time - run[-1][0] > link:
            _stack(canvas, run, end, top)
            run = []
        run.append((time, seen_7))
    _stack(canvas, run, end, top)
    corner = round(_x(end, end)), top + _PANEL
    cv2.rectangle(canvas, (_LEFT, top), corner, _DIM, 1)


def _stack(
    canvas: NDArray[np.uint8], run: list[tuple[float, NDArray[np.float64]]], end: float, top: int
) -> None:
    """Fill the row over a time in which the person was always seen."""
    x_T = np.array([_x(time, end) for time, _ in run])
    x_T[-1] = max(x_T[-1], x_T[0] + 2)  # who is seen for a moment only is seen in the picture too
    if len(run) == 1:
        x_T, run = np.array([x_T[0] - 2, x_T[0]]), [*run, *run]
    edges_T8 = np.cumsum([[0.0, *seen_7] for _, seen_7 in run], axis=1)
    y_T8 = top + _PANEL * (1 - np.minimum(edges_T8, 1))
    for i, emotion in enumerate(EMOTIONS):
        below_T2 = np.stack([x_T, y_T8[:, i]], axis=1)
        above_T2 = np.stack([x_T, y_T8[:, i + 1]], axis=1)
        outline_P2 = np.concatenate([below_T2, above_T2[::-1]]) * (1 << _FINE)
        points_P2 = np.round(outline_P2).astype(np.int32)
        cv2.fillPoly(canvas, [points_P2], COLORS[emotion], cv2.LINE_AA, _FINE)


def _x(time: float, end: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * time / end


def _write(
    canvas: NDArray[np.uint8],
    text: str,
    at: tuple[int, int],
    size: float,
    color: tuple[int, int, int],
) -> None:
    cv2.putText(canvas, text, at, _FONT, size, color, 1, cv2.LINE_AA)
