"""Made sequences are what their world says, and the same whenever they are made."""

from dataclasses import replace

import numpy as np
import pytest

from reports.temporal.made import World, make_sequences

STILL = World(shift=0, zoom=0, rotation=0, light=0, blur=0, noise=0, lost_rate=0)
FACES = np.repeat(np.arange(10, 220, 30, dtype=np.uint8), 48 * 48).reshape(7, 48, 48)
LABELS = np.array([3, 3, 4, 4, 0, 6, 6])


def test_a_still_world_shows_the_faces_of_the_labels() -> None:
    """Brightness 0.8 is the only thing that a world without disturbance does."""
    for made in make_sequences(FACES, LABELS, 20, STILL, seed=1):
        rows = np.searchsorted(FACES[:, 0, 0] * 0.8, made.images_THW[:, 0, 0] - 1)
        assert (made.images_THW == made.images_THW[:, :1, :1]).all()
        assert (LABELS[rows] == made.labels_T).all()
        assert made.seen_T.all()


def test_the_same_seed_gives_the_same_and_more_only_add() -> None:
    few = make_sequences(FACES, LABELS, 2, World(), seed=5)
    more = make_sequences(FACES, LABELS, 3, World(), seed=5)
    other = make_sequences(FACES, LABELS, 2, World(), seed=6)
    for a, b in zip(few, more, strict=False):
        np.testing.assert_array_equal(a.images_THW, b.images_THW)
    assert any((a.images_THW != b.images_THW).any() for a, b in zip(few, other, strict=True))


def held_for(labels_T: np.ndarray) -> np.ndarray:
    """Lengths of runs of one label, but the last, which the end cuts."""
    return np.diff(np.flatnonzero(np.diff(labels_T, prepend=-1)))


@pytest.mark.parametrize("mean", [1.0, 3.0])
def test_emotions_are_held_as_long_as_the_world_says(mean: float) -> None:
    world = replace(STILL, seconds=400, hold_mean=mean, same_emotion=0)
    held = held_for(make_sequences(FACES, LABELS, 1, world, seed=2)[0].labels_T) / world.rate
    assert held.min() >= world.hold_least
    assert held.mean() == pytest.approx(mean, rel=0.2)


def test_a_new_face_may_keep_the_emotion() -> None:
    world = replace(STILL, seconds=400, same_emotion=1)
    made = make_sequences(FACES, LABELS, 1, world, seed=3)[0]
    assert len(np.unique(made.labels_T)) == 1


def test_faces_are_lost_as_often_and_as_long_as_the_world_says() -> None:
    world = replace(STILL, seconds=2000, lost_rate=0.5, lost_mean=0.4)
    made = make_sequences(FACES, LABELS, 1, world, seed=4)[0]
    assert made.seen_T[0]
    assert (made.images_THW[~made.seen_T] == 0).all()
    assert 1 - made.seen_T.mean() == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("what", ["shift", "zoom", "rotation", "light", "blur", "noise"])
def test_each_disturbance_does_something_of_its_own(what: str) -> None:
    gradient = np.tile(np.arange(48, dtype=np.uint8) * 4, (2, 48, 1))
    gradient[:, 20:28, 20:28] = 255
    world = replace(STILL, **{what: getattr(World(), what)})
    still = make_sequences(gradient, np.array([3, 4]), 1, STILL, seed=7)[0]
    moved = make_sequences(gradient, np.array([3, 4]), 1, world, seed=7)[0]
    assert (still.images_THW != moved.images_THW).any()
    np.testing.assert_array_equal(still.labels_T, moved.labels_T)


def test_light_has_memory() -> None:
    """Neighbouring frames are alike: their correlation is e^(-1 / (memory × rate))."""
    world = replace(STILL, seconds=1000, light=0.2, light_memory=0.5)
    flat = np.full((2, 48, 48), 120, np.uint8)
    made = make_sequences(flat, np.array([3, 4]), 1, world, seed=8)[0]
    light_T = np.log(made.images_THW.mean((1, 2)))
    correlation = np.corrcoef(light_T[1:], light_T[:-1])[0, 1]
    assert correlation == pytest.approx(np.exp(-1 / 5), abs=0.05)
