"""Learning rate and stopping follow the papers' rules from the history alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferlite.lab.recipe import Schedule, Stopping
from ferlite.lab.train.schedule import Epoch, best_epoch, learning_rate_scale, should_stop


def epochs(losses: list[float]) -> list[Epoch]:
    return [{"val_loss": loss, "val_accuracy": 1 / (1 + loss)} for loss in losses]


def test_plateau_halves_at_the_third_epoch_in_a_row_without_a_better_loss() -> None:
    plateau = Schedule(name="plateau", factor=0.5, patience=3)
    losses = [1.0, 0.9, 0.95, 0.9, 1.0, 0.99, 0.92, 0.91, 0.8]
    scales = [learning_rate_scale(plateau, 0, epochs(losses[:n])) for n in range(len(losses) + 1)]
    assert scales == [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


@given(st.lists(st.floats(0.01, 10), max_size=40), st.integers(1, 8))
def test_plateau_never_raises_and_never_falls_while_losses_get_better(
    losses: list[float], patience: int
) -> None:
    plateau = Schedule(name="plateau", patience=patience)
    scales = [learning_rate_scale(plateau, 0, epochs(losses[:n])) for n in range(len(losses) + 1)]
    assert scales == sorted(scales, reverse=True)
    better = sorted(set(losses), reverse=True)
    assert learning_rate_scale(plateau, 0, epochs(better)) == 1


def test_cosine_warms_up_peaks_and_ends_at_zero() -> None:
    cosine = Schedule(name="cosine", warmup=0.2)
    at = [learning_rate_scale(cosine, progress, []) for progress in (0, 0.1, 0.2, 0.6, 1)]
    assert at == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert learning_rate_scale(Schedule(name="cosine", warmup=0), 0, []) == 1


def test_constant_stays() -> None:
    assert learning_rate_scale(Schedule(name="constant"), 0.7, epochs([1, 2, 3])) == 1


def test_stopping_waits_for_patience_epochs_after_the_best() -> None:
    stopping = Stopping(monitor="val_loss", patience=2)
    assert [should_stop(stopping, epochs([3.0, 2.0, 2.5, 2.4][:n])) for n in range(5)] == [
        False,
        False,
        False,
        False,
        True,
    ]
    assert not should_stop(Stopping(monitor="val_loss", patience=None), epochs([1.0] * 100))


def test_the_kept_epoch_is_the_first_best_one_or_the_last() -> None:
    history = epochs([2.0, 1.0, 1.0, 3.0])
    assert best_epoch(Stopping(monitor="val_loss"), history) == 1
    assert best_epoch(Stopping(monitor="val_accuracy"), history) == 1
    assert best_epoch(Stopping(monitor="val_loss", restore_best=False), history) == 3


@given(st.floats(0, 1), st.floats(0, 0.9))
def test_cosine_stays_between_zero_and_one(progress: float, warmup: float) -> None:
    scale = learning_rate_scale(Schedule(name="cosine", warmup=warmup), progress, [])
    assert 0 <= scale <= 1
    assert math.isfinite(scale)
