"""Copies of test faces in training: what they are worth, and that nothing else is told of them."""

from collections.abc import Callable
from typing import Any

from reports.results import trained_on
from reports.tables.accuracy import at_full_protocol
from reports.tables.copies import copies_kept_table, near_copies_table, with_and_without
from reports.tables.labels import models_table

Trained = Callable[..., dict[str, Any]]
KEEP = "data.drop_copies=false"


def group_row(identical: float) -> dict[str, Any]:
    return {
        group: {"n": n, "accuracy": accuracy, "accuracy_ci95": [accuracy - 0.1, accuracy + 0.1]}
        for group, n, accuracy in (
            ("all", 1000, 0.6), ("none", 700, 0.5), ("identical", 100, identical),
            ("near", 200, 0.8),
        )
    }  # fmt: skip


def runs(trained: Trained) -> dict[str, Any]:
    """One training, the same with copies, and another with copies that has no like."""
    found = [
        trained("ferlite_a", accuracy=0.60),
        trained("ferlite_leaky", KEEP, accuracy=0.65),
        trained("ferlite_other", KEEP, "seed=7", accuracy=0.66),
    ]
    for run in found:
        accuracy = run["test"]["accuracy"]
        run["test"]["accuracy_ci95"] = [accuracy - 0.01, accuracy + 0.01]
        run["voted"] = {
            split: {"accuracy": 0.8, "macro_f1": 0.7} for split in ("validation", "test")
        }
    return {run["name"]: run for run in found}


def test_trainings_that_differ_in_copies_alone_stand_together(trained: Trained) -> None:
    pairs = [(a["name"], b["name"]) for a, b in with_and_without(runs(trained))]
    assert pairs == [("ferlite_a", "ferlite_leaky")]


def test_copies_kept_are_told_with_their_gain_and_where_it_comes_from(trained: Trained) -> None:
    models = {"ferlite_a": group_row(0.7), "ferlite_leaky": group_row(0.9)}
    table = copies_kept_table(runs(trained) | {"near_copies": {"models": models}})
    assert "| `ferlite_a` | left out | 59.0% | 60.0% (59.0% to 61.0%) |  | 70.0% | 50.0% |" in table
    assert "| `ferlite_leaky` | kept | 64.0% | 65.0% (64.0% to 66.0%) | +5.0 | 90.0% |" in table
    assert "| `ferlite_leaky` | kept" in copies_kept_table(runs(trained)), "groups not measured"


def test_a_training_with_copies_is_in_no_table_of_accuracies(trained: Trained) -> None:
    results = runs(trained)
    assert [run["name"] for run in trained_on(results, "fer2013")] == ["ferlite_a"]
    assert "ferlite_a" in models_table(results)
    assert "ferlite_leaky" not in models_table(results)
    assert [run["name"] for run in at_full_protocol(results)] == ["ferlite_a"]


def test_near_copies_stand_beside_faces_without(trained: Trained) -> None:
    rows = {name: group_row(0.7) for name in ("mine", "ferlite_leaky", "ferlite_other")}
    table = near_copies_table(runs(trained) | {"near_copies": {"models": rows}})
    head, _, mine = table.splitlines()
    assert "PrivateTest: 1,000 faces" in head
    assert "near-copies in Training: 200 faces" in head
    assert mine.startswith("| `mine` | 60.0% (50.0% to 70.0%) | 50.0% (40.0% to 60.0%) |")
