import numpy as np
import pytest

from ferlite import EMOTIONS, Face, Frame
from ferlite.faces.timeline import Timeline
from ferlite.media.plot import COLORS, MOST_PEOPLE, plot


def timeline(seconds: float, rate: float, *people: tuple[str, float, float]) -> Timeline:
    """People who show one emotion between two times, numbered from 1."""
    made = Timeline()
    image = np.full((60, 80, 3), 7, np.uint8)
    for i in range(int(seconds * rate) + 1):
        faces = [
            Face.of((20, 20, 20, 20), 0.9, tuple(float(e == emotion) for e in EMOTIONS), number)
            for number, (emotion, first, last) in enumerate(people, start=1)
            if first <= i / rate <= last
        ]
        made.add(Frame(i, i / rate, image, tuple(faces)))
    return made


def extent(image: np.ndarray, emotion: str) -> tuple[float, float]:
    """From where to where in the plot, as parts of its width, an emotion is drawn."""
    left, right = 180, image.shape[1] - 40
    drawn = (image[84:] == COLORS[emotion]).all(2).sum(0) > 50
    columns = np.flatnonzero(drawn)
    return (columns[0] - left) / (right - left), (columns[-1] - left) / (right - left)


def is_solid(image: np.ndarray, emotion: str) -> bool:
    drawn = (image[84:] == COLORS[emotion]).all(2).sum(0) > 50
    columns = np.flatnonzero(drawn)
    return len(columns) == columns[-1] - columns[0] + 1


@pytest.mark.parametrize("rate", [1, 25])
def test_each_person_has_a_row_filled_while_they_are_seen(rate: float):
    image = plot(timeline(20, rate, ("happy", 0, 20), ("sad", 5, 15)))
    assert extent(image, "happy") == pytest.approx((0, 1), abs=0.01)
    assert extent(image, "sad") == pytest.approx((0.25, 0.75), abs=0.01)
    assert is_solid(image, "happy")
    assert is_solid(image, "sad")


def test_a_film_of_hours_is_drawn_without_holes():
    image = plot(timeline(4 * 3600, 1, ("fear", 3600, 7200)))
    assert extent(image, "fear") == pytest.approx((0.25, 0.5), abs=0.01)
    assert is_solid(image, "fear")


def test_who_is_seen_for_a_moment_is_seen_in_the_plot():
    first, last = extent(plot(timeline(3600, 1, ("angry", 1800, 1800))), "angry")
    assert first == pytest.approx(0.5, abs=0.01)
    assert last > first


def test_the_portrait_stands_left_of_the_row():
    image = plot(timeline(2, 10, ("happy", 0, 2)))
    assert (image[118:230, 44:156] == 7).all()


def test_a_longer_absence_stays_empty():
    made = timeline(20, 10, ("happy", 0, 5))
    for i in range(150, 200):
        face = Face.of((20, 20, 20, 20), 0.9, (0, 0, 0, 1.0, 0, 0, 0), 1)
        made.add(Frame(i, i / 10, np.zeros((60, 80, 3), np.uint8), (face,)))
    image = plot(made)
    assert not is_solid(image, "happy")
    assert extent(image, "happy") == pytest.approx((0, 1), abs=0.01)


def test_only_those_seen_longest_are_drawn():
    most = [("happy", 0.0, 2.0)] * MOST_PEOPLE
    full = plot(timeline(2, 5, *most))
    crowd = plot(timeline(2, 5, ("angry", 0, 1), *most))
    assert crowd.shape == full.shape
    assert not (crowd[84:] == COLORS["angry"]).all(2).any()
    assert (crowd != full).any()  # it says how many more there were


@pytest.mark.parametrize("seconds", [0, 0.04, 1, 100, 1e6])
def test_a_film_of_any_length_without_faces_is_drawn(seconds: float):
    made = Timeline()
    for i, time in enumerate((0, seconds)):
        made.add(Frame(i, time, np.zeros((8, 8, 3), np.uint8), ()))
    assert plot(made).min() < 200  # it says so


def test_a_film_of_one_frame_is_drawn():
    assert (plot(timeline(0, 25, ("disgust", 0, 0)))[84:] == COLORS["disgust"]).all(2).any()
