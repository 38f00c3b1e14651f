"""Harm grows with its strength, falls alike on every model, and is what its name says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.robustness import (
    CORRUPTIONS,
    EYES,
    FRAMINGS,
    MOUTH,
    accuracies,
    corrupted,
    mean_corruption_accuracy,
)

ALL = {**CORRUPTIONS, **FRAMINGS}
every = pytest.mark.parametrize("name", ALL)


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """Smooth pictures with detail: what blur, JPEG and shrinking can take away."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:48, :48] / 48
    waves = [np.sin(2 * np.pi * (a * x + b * y)) for a, b in rng.uniform(1, 6, (20, 2))]
    return np.stack([np.clip(128 + 80 * wave, 0, 255).astype(np.uint8) for wave in waves])


def damage(faces: np.ndarray, name: str, strength: float) -> float:
    return float(np.abs(corrupted(faces, ALL[name], strength).astype(float) - faces).mean())


@every
def test_faces_keep_shape_and_type_and_the_originals_stay(name: str, faces: np.ndarray) -> None:
    before = faces.copy()
    for strength in ALL[name].strengths:
        harmed = corrupted(faces, ALL[name], strength)
        assert (harmed.shape, harmed.dtype) == (faces.shape, np.uint8)
        assert (harmed != faces).any()
    assert (faces == before).all()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_there_are_five_strengths_and_each_harms_more(name: str, faces: np.ndarray) -> None:
    harm = [damage(faces, name, strength) for strength in CORRUPTIONS[name].strengths]
    assert len(harm) == 5
    assert harm == sorted(harm)


@every
def test_chance_depends_on_the_seed_and_the_face_alone(name: str, faces: np.ndarray) -> None:
    corruption, strength = ALL[name], ALL[name].strengths[2]
    once = corrupted(faces, corruption, strength, seed=3)
    assert (corrupted(faces, corruption, strength, seed=3) == once).all()
    assert (corrupted(faces[:5], corruption, strength, seed=3) == once[:5]).all()
    if name in ("square covered", "noise", "rotation", "shift"):
        assert (corrupted(faces, corruption, strength, seed=4) != once).any()


@pytest.mark.parametrize(("name", "centre"), [("eyes covered", EYES), ("mouth covered", MOUTH)])
def test_a_band_covers_its_part_and_nothing_else(
    name: str, centre: float, faces: np.ndarray
) -> None:
    for share in CORRUPTIONS[name].strengths:
        changed_HW = (corrupted(faces, CORRUPTIONS[name], share) != faces).any(axis=0)
        rows = np.flatnonzero(changed_HW.any(axis=1))
        assert rows.mean() + 0.5 == pytest.approx(48 * centre, abs=1)
        assert len(rows) == pytest.approx(48 * share, abs=1)


@given(st.floats(0.01, 0.9), st.integers(0, 1000))
def test_a_square_has_its_area_and_lies_inside(share: float, seed: int) -> None:
    image_1HW = np.zeros((1, 48, 48), np.uint8)
    image_1HW[0, ::2] = 255
    covered = corrupted(image_1HW, CORRUPTIONS["square covered"], share, seed)[0] == 128
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    side = round((share * 48 * 48) ** 0.5)
    assert covered.sum() == side**2
    assert (np.ptp(rows), np.ptp(columns)) == (side - 1, side - 1)


def test_framings_are_cut_as_a_photo_is(faces: np.ndarray) -> None:
    inner = corrupted(faces, FRAMINGS["crop scale"], 0.5)
    assert (inner[:, 0, 0] == faces[:, 12, 12]).all()
    outer = corrupted(faces, FRAMINGS["crop scale"], 2)
    assert (outer[:, :8, :8] == faces[:, :1, :1]).all(), "its edge pixels are drawn out"
    assert (corrupted(faces, FRAMINGS["crop scale"], 1) == faces).all()
    assert (corrupted(faces, FRAMINGS["shift"], 0) == faces).all()


def test_a_shift_goes_as_far_as_it_says() -> None:
    dot = np.zeros((60, 48, 48), np.uint8)
    dot[:, 24, 24] = 255
    harmed = corrupted(dot, FRAMINGS["shift"], 0.25)
    _, rows, columns = np.nonzero(harmed)
    assert len(rows) == 60
    far = np.hypot(rows - 24, columns - 24)
    assert np.abs(far - 12).max() < 1
    assert rows.min() < 18 < 30 < rows.max(), "in all directions"


def test_accuracy_is_that_on_the_harmed_faces() -> None:
    faces = np.full((10, 48, 48), 200, np.uint8)

    def bright(images_NHW: np.ndarray) -> np.ndarray:
        is_bright_N = images_NHW.mean(axis=(1, 2)) > 60
        return np.stack([~is_bright_N, is_bright_N], axis=1).astype(float)

    labels = np.array([1] * 8 + [0] * 2)
    found = list(accuracies(bright, faces, labels, CORRUPTIONS["low light"]))
    assert found == [0.8, 0.8, 0.2, 0.2, 0.2]


def test_the_mean_wants_every_corruption() -> None:
    whole = {name: [0.2, 0.4] for name in CORRUPTIONS}
    assert mean_corruption_accuracy(whole) == pytest.approx(0.3)
    assert mean_corruption_accuracy(whole | {"shift": [0.0]}) == pytest.approx(0.3)
    del whole["blur"]
    assert mean_corruption_accuracy(whole) is None
