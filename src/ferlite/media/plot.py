"""Draw what each person of a video showed over time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ferlite.errors import OutputError
from ferlite.faces.summary import LONGEST_LINK
from ferlite.faces.timeline import Person, Timeline, clock
from ferlite.files import written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".svg", ".pdf")
MOST_PEOPLE: Final = 8
"""Those who are seen longest are drawn."""
COLORS: Final = {
    "angry": "#d55e00",
    "disgust": "#009e73",
    "fear": "#cc79a7",
    "happy": "#f0e442",
    "sad": "#0072b2",
    "surprise": "#56b4e9",
    "neutral": "#d0d0d0",
}
"""Okabe and Ito's palette, which colour-blind people can tell apart, and gray."""
_OTHERS: Final = ("#e69f00", "#555555", "#8c6d31", "#7b4173")
_WIDTH, _ROW, _TOP, _BOTTOM = 10.0, 1.35, 0.45, 0.55  # inches
_LEFT, _RIGHT = 1.7, 0.25
_DARK, _DIM = "#303030", "#707070"


def check_plot(path: Path) -> None:
    """Refuse a figure that cannot be drawn before any work is done.

    Raises:
        OutputError: the suffix names no format of figures, or matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        *some, last = SUFFIXES
        raise OutputError(f"{path}: the name of a figure must end in {', '.join(some)} or {last}")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise OutputError(
            "figures need matplotlib, which is not installed: pip install 'ferlite[plot]'"
        ) from error


def save_plot(timeline: Timeline, path: Path, *, portraits: bool = True) -> None:
    """Draw a row for each person: their emotions over time, and their portrait beside it.

    At each moment the probabilities are stacked and fill the row from bottom to top; where it is
    empty the person was not seen. At most eight people are drawn, those who are seen longest.

    Args:
        timeline: what people showed.
        path: where the figure goes; its suffix, one of `SUFFIXES`, says the format.
        portraits: whether faces are shown.

    Raises:
        OutputError: the suffix names no format, matplotlib is not installed, or the file cannot be
            written.
    """
    check_plot(path)
    try:
        with written_whole(path) as part:
            figure = draw(timeline, portraits=portraits)
            figure.savefig(part, format=path.suffix[1:].lower(), dpi=150)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def draw(timeline: Timeline, *, portraits: bool = True) -> "Figure":
    """The figure of `save_plot`, for matplotlib to show or save."""
    from matplotlib.figure import Figure

    everyone = timeline.people()
    longest = sorted(everyone, key=lambda person: -person.summary.seconds)[:MOST_PEOPLE]
    people = sorted(longest, key=lambda person: person.number)
    height = _TOP + _ROW * max(1, len(people)) + _BOTTOM
    figure = Figure(figsize=(_WIDTH, height))
    colors = _colors(timeline.classes)
    _legend(figure, colors, height)
    for i, person in enumerate(people):
        bottom = height - _TOP - (i + 1) * _ROW
        axes = figure.add_axes(
            (
                _LEFT / _WIDTH,
                (bottom + 0.1) / height,
                (_WIDTH - _LEFT - _RIGHT) / _WIDTH,
                (_ROW - 0.4) / height,
            )
        )
        _row(axes, timeline, person, list(colors.values()))
        _time_axis(axes, timeline.end, labelled=person is people[-1])
        if portraits:
            _portrait(figure, person, bottom, height)
    if not people:
        figure.text(0.5, 0.5, "no faces were found", ha="center", color=_DIM, size=13)
    if more := len(everyone) + timeline.forgotten - len(people):
        text = f"and {more} more, seen for a shorter time"
        figure.text(_LEFT / _WIDTH, 0.08 / height, text, color=_DIM, size=9)
    return figure


def _colors(classes: Sequence[str]) -> dict[str, str]:
    others = iter(_OTHERS * len(classes))
    return {name: COLORS.get(name) or next(others) for name in classes}


def _legend(figure: "Figure", colors: dict[str, str], height: float) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=color, label=name) for name, color in colors.items()]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=((_LEFT - 0.08) / _WIDTH, 1 - 0.06 / height),
        ncols=len(handles),
        frameon=False,
        fontsize=10,
        handlelength=1.0,
        handleheight=1.0,
        columnspacing=1.4,
        handletextpad=0.5,
    )


def _row(axes: "Axes", timeline: Timeline, person: Person, colors: list[str]) -> None:
    link = max(LONGEST_LINK, 1.5 * timeline.step)
    run: list[tuple[float, Any]] = []
    for time, seen in timeline.curve(person):
        if run and time - run[-1][0] > link:
            _stack(axes, run, timeline, colors)
            run = []
        run.append((time, seen))
    _stack(axes, run, timeline, colors)
    summary = person.summary
    shares = sorted(summary.shares.items(), key=lambda each: -each[1])[:3]
    mostly = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= 0.005)
    title = f"Person {person.number}"
    about = f"seen for {clock(summary.seconds)}: {mostly}; valence {summary.valence:+.2f}"
    axes.set_title(title, loc="left", size=10, color=_DARK, weight="bold", pad=4)
    axes.set_title(about, loc="right", size=9, color=_DIM, pad=4)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "", "100%"], size=7, color=_DIM)


def _stack(
    axes: "Axes", run: list[tuple[float, Any]], timeline: Timeline, colors: list[str]
) -> None:
    """Fill the row over a time in which the person was always seen."""
    # Who is seen for a moment only is seen in the figure, too.
    least = max(timeline.step, timeline.end / 250)
    times = [*(time for time, _ in run), max(run[-1][0] + timeline.step, run[0][0] + least)]
    seen = np.array([*(seen for _, seen in run), run[-1][1]])
    axes.stackplot(times, seen.T, colors=colors, linewidth=0)


def _time_axis(axes: "Axes", end: float, labelled: bool) -> None:
    end = max(end, 1e-3)
    seconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
    minutes = [60.0 * m for m in (1, 2, 5, 10, 15, 30)]
    steps = [*seconds, *minutes, *(3600.0 * 2**h for h in range(20))]
    step = next(s for s in steps if end / s <= 10)
    ticks = [i * step for i in range(int(end / step) + 1)]
    texts = [clock(tick) if step >= 1 else f"{tick:g} s" for tick in ticks]
    axes.set_xlim(0, end)
    axes.set_xticks(ticks, texts if labelled else [""] * len(ticks), size=8, color=_DIM)
    axes.tick_params(color="#a0a0a0", length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#a0a0a0")
    axes.set_axisbelow(True)
    axes.grid(axis="x", color="#ececec", linewidth=0.8)


def _portrait(figure: "Figure", person: Person, bottom: float, height: float) -> None:
    side = _ROW - 0.4
    box = (0.2 / _WIDTH, (bottom + 0.1) / height, side / _WIDTH, side / height)
    axes = figure.add_axes(box)
    axes.imshow(person.portrait_HWC)
    axes.set_axis_off()
