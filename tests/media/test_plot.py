"""Figures of people, looked at as pixels: which columns have a person's colour."""

import sys
from pathlib import Path

import numpy as np
import pytest

from ferlite import EMOTIONS, Face, Frame, OutputError
from ferlite.faces.timeline import Timeline
from ferlite.media import plot

pytest.importorskip("matplotlib")


def timeline(seconds: float, rate: float, *people: tuple[str, float, float]) -> Timeline:
    """People who show one emotion between two times, numbered from 1."""
    made = Timeline(rate)
    image = np.full((60, 80, 3), (0, 255, 0), np.uint8)
    for i in range(int(seconds * rate)):
        faces = [
            Face.of((20, 20, 20, 20), 0.9, tuple(float(e == emotion) for e in EMOTIONS), number)
            for number, (emotion, first, last) in enumerate(people, start=1)
            if first <= i / rate < last
        ]
        made.add(Frame(i, i / rate, image, tuple(faces)))
    return made


def pixels(made: Timeline, **how: bool) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(plot.draw(made, **how))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3]


def drawn(image: np.ndarray, color: str) -> np.ndarray:
    """Columns of the figure, below its legend, that have this colour in many rows."""
    rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return np.flatnonzero((image[60:] == rgb).all(2).sum(0) > 40)


def extent(image: np.ndarray, emotion: str) -> tuple[float, float]:
    """From where to where an emotion is drawn, as parts of the time axis."""
    left, right = (inches * 100 for inches in (plot._LEFT, plot._WIDTH - plot._RIGHT))
    columns = drawn(image, plot.COLORS[emotion])
    return (columns[0] - left) / (right - left), (columns[-1] - left) / (right - left)


def is_solid(image: np.ndarray, emotion: str) -> bool:
    columns = drawn(image, plot.COLORS[emotion])
    return len(columns) == columns[-1] - columns[0] + 1


@pytest.mark.parametrize("rate", [1, 25])
def test_each_person_has_a_row_filled_while_they_are_seen(rate: float):
    image = pixels(timeline(20, rate, ("happy", 0, 20), ("sad", 5, 15)))
    assert extent(image, "happy") == pytest.approx((0, 1), abs=0.01)
    assert extent(image, "sad") == pytest.approx((0.25, 0.75), abs=0.01)
    assert is_solid(image, "happy")
    assert is_solid(image, "sad")


def test_a_video_of_hours_is_drawn_without_holes():
    image = pixels(timeline(4 * 3600, 1, ("fear", 3600, 7200)))
    assert extent(image, "fear") == pytest.approx((0.25, 0.5), abs=0.01)
    assert is_solid(image, "fear")


def test_who_is_seen_for_a_moment_is_seen_in_the_figure():
    first, last = extent(pixels(timeline(3600, 1, ("angry", 1800, 1801))), "angry")
    assert first == pytest.approx(0.5, abs=0.01)
    assert last > first


def test_a_longer_absence_stays_empty():
    made = timeline(20, 10, ("happy", 0, 5))
    face = Face.of((20, 20, 20, 20), 0.9, (0, 0, 0, 1.0, 0, 0, 0), 1)
    for i in range(200, 250):
        made.add(Frame(i, i / 10, np.zeros((60, 80, 3), np.uint8), (face,)))
    image = pixels(made)
    assert not is_solid(image, "happy")
    assert extent(image, "happy") == pytest.approx((0, 1), abs=0.01)


def test_faces_are_left_out_if_that_is_wanted():
    made = timeline(2, 10, ("happy", 0, 2))
    assert len(drawn(pixels(made), "#00ff00")) > 50
    assert len(drawn(pixels(made, portraits=False), "#00ff00")) == 0


def test_only_those_seen_longest_are_drawn():
    image = pixels(timeline(2, 5, ("angry", 0, 1), *[("happy", 0, 2)] * plot.MOST_PEOPLE))
    assert len(drawn(image, plot.COLORS["angry"])) == 0


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".PNG"])
def test_figures_are_written_in_each_format(tmp_path: Path, suffix: str):
    path = tmp_path / f"people{suffix}"
    plot.save_plot(timeline(1, 5, ("disgust", 0, 1)), path)
    head = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix.lower()]
    assert path.read_bytes().startswith(head)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_video_without_faces_or_frames_is_drawn(tmp_path: Path):
    plot.save_plot(Timeline(), tmp_path / "a.svg")
    assert "no faces were found" in (tmp_path / "a.svg").read_text()


def test_what_cannot_be_drawn_is_refused_in_one_sentence(tmp_path: Path, monkeypatch):
    with pytest.raises(OutputError, match=r"must end in \.png, \.svg or \.pdf"):
        plot.check_plot(tmp_path / "people.gif")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(OutputError, match=r"pip install 'ferlite\[plot\]'"):
        plot.check_plot(tmp_path / "people.png")
