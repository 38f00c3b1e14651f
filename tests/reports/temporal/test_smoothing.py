"""Running averages look back and never ahead, and keep the last answer where no face is seen."""

from collections.abc import Callable

import numpy as np
import pytest

from reports.temporal.smoothing import exponential, held, moving_average

WAYS: dict[str, Callable[..., np.ndarray]] = {
    "held": held,
    "moving average": lambda said, seen: moving_average(said, seen, 10, 0.4),
    "exponential": lambda said, seen: exponential(said, seen, 10, 0.3),
}


@pytest.fixture
def said() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    seen_ST = random.random((3, 30)) < 0.6
    said_STK = random.dirichlet(np.ones(7), (3, 30)).astype(np.float32)
    said_STK[~seen_ST] = 0
    seen_ST[0, :4] = False
    return said_STK, seen_ST


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_comes_later_changes_nothing(
    way: Callable[..., np.ndarray], said: tuple[np.ndarray, np.ndarray]
) -> None:
    said_STK, seen_ST = said
    whole_STK = way(said_STK, seen_ST)
    np.testing.assert_array_equal(whole_STK[:, :20], way(said_STK[:, :20], seen_ST[:, :20]))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_lost_face_has_some_answer_once_it_was_seen(
    way: Callable[..., np.ndarray], said: tuple[np.ndarray, np.ndarray]
) -> None:
    said_STK, seen_ST = said
    sums_ST = way(said_STK, seen_ST).sum(2)
    known_ST = np.maximum.accumulate(seen_ST, axis=1)
    np.testing.assert_allclose(sums_ST, known_ST, atol=1e-5)
    assert not known_ST.all()


def test_a_window_of_one_frame_and_no_half_life_are_no_smoothing(
    said: tuple[np.ndarray, np.ndarray],
) -> None:
    np.testing.assert_allclose(moving_average(*said, 10, 0.1), held(*said))
    np.testing.assert_allclose(exponential(*said, 10, 0), held(*said))


def test_a_moving_average_is_numpys() -> None:
    said_STK = np.random.default_rng(1).dirichlet(np.ones(7), (1, 12)).astype(np.float32)
    ours_TK = moving_average(said_STK, np.ones((1, 12), bool), rate=10, window=0.3)[0]
    np.testing.assert_allclose(ours_TK[5], said_STK[0, 3:6].mean(0), rtol=1e-5)
