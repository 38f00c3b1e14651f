"""Delay, flicker and the rest, on sequences short enough to count by hand."""

import numpy as np
import pytest

from reports.temporal.measures import NOTHING, accuracy_since_change, answers, follow, gain

TRUE = np.array([[3, 3, 3, 4, 4, 4, 4, 0, 0, 0]])


def test_a_perfect_reader() -> None:
    perfect = {"accuracy": 1.0, "delay_s": 0.0, "noticed": 1.0, "flicker_per_s": 0.0}
    assert follow(TRUE, TRUE, rate=10) == perfect


def test_a_reader_who_is_late() -> None:
    """Two frames late after the first change, one after the second."""
    late = np.array([[3, 3, 3, 3, 3, 4, 4, 4, 0, 0]])
    found = follow(late, TRUE, rate=10)
    assert found == {"accuracy": 0.7, "delay_s": 0.15, "noticed": 1.0, "flicker_per_s": 0.0}


def test_a_reader_who_always_says_the_same() -> None:
    """It passes over both changes, and each counts for as long as its emotion lasts."""
    found = follow(np.full_like(TRUE, 3), TRUE, rate=10)
    assert found == {"accuracy": 0.3, "delay_s": 0.35, "noticed": 0.0, "flicker_per_s": -2.0}


def test_a_reader_who_wavers() -> None:
    wavers = np.array([[3, 4, 3, 4, 3, 4, 4, 0, 0, 0]])
    assert follow(wavers, TRUE, rate=10)["flicker_per_s"] == 4.0


def test_sequences_do_not_run_into_each_other() -> None:
    """The start of a sequence is no change, whatever the one before ended with."""
    two = np.array([[3, 3], [4, 4]])
    assert follow(two, two, rate=10)["flicker_per_s"] == 0
    assert accuracy_since_change(two, two, rate=10, seconds=1) == []


def test_accuracy_since_a_change_leaves_out_what_comes_before_the_first() -> None:
    late = np.array([[0, 0, 0, 3, 4, 4, 4, 4, 0, 0]])
    assert accuracy_since_change(late, TRUE, rate=10, seconds=0.3) == [0.0, 1.0, 1.0, 1.0]


def test_no_answer_before_the_first_face() -> None:
    said = np.zeros((1, 2, 7), np.float32)
    said[0, 1, 0] = 1
    assert answers(said).tolist() == [[NOTHING, 0]]


def test_the_interval_of_a_gain_is_over_sequences_and_not_frames() -> None:
    """Half of the sequences are wholly right: the number of frames must not narrow that."""
    ours = np.repeat([[True], [False]], 50, axis=0)
    few = gain(ours, np.zeros_like(ours))
    many = gain(np.repeat(ours, 100, axis=1), np.zeros((100, 100), bool))
    assert few == many
    assert few["accuracy"] == 0.5
    low, high = few["ci95"]
    assert high - low == pytest.approx(2 * 1.96 * 0.05, rel=0.1)
