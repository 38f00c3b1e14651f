"""The verdict on a published number follows from results/ alone."""

from dataclasses import replace
from typing import Any

import pytest

from ferlite.lab.recipe import load_recipe
from reports.papers.claims import CLAIMS, Claim, verdict, written
from reports.papers.lookups import matrix_distance, nothing, trained
from reports.results import deviations


def result(accuracy: float = 0.66, **recipe: Any) -> dict[str, Any]:
    return {
        "kind": "training",
        "name": "residual_cnn",
        "recipe": load_recipe("residual_cnn", [f"{k}={v}" for k, v in recipe.items()]).as_dict(),
        "validation": {"accuracy": accuracy},
        "parameters": 1_479_527,
    }


CLAIM = Claim(
    "a.path", "residual_cnn", "accuracy", 0.668, trained("residual_cnn", "validation.accuracy"),
    "percent", 0.015,
)  # fmt: skip


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [(0.66, "reproduced"), (0.68, "reproduced"), (0.64, "not reproduced"), (0.7, "not reproduced")],
)
def test_an_accuracy_within_the_tolerance_is_reproduced(accuracy: float, expected: str) -> None:
    assert verdict(CLAIM, {"residual_cnn": result(accuracy)}) == expected


def test_a_run_that_was_not_made_has_no_verdict() -> None:
    assert "not measured yet" in verdict(CLAIM, {})
    assert "not measured yet" in verdict(CLAIM, {"residual_cnn": {"recipe": {}}})


def test_what_cannot_be_measured_here_says_why() -> None:
    claim = Claim("", "x", "RAF-DB", 0.8, nothing, "percent", because="no data")
    assert verdict(claim, {}) == "no data"


def test_a_shortened_run_says_so_in_its_row() -> None:
    short = result(0.66, **{"training.epochs": 3, "model.size": 64})
    said = verdict(CLAIM, {"residual_cnn": short})
    assert said.startswith("no verdict")  # less training says nothing against the paper
    assert "training.epochs 3 instead of 30" in said
    assert "model.size 64 instead of 48" in said
    assert deviations(result()) == ""
    size = Claim("", "residual_cnn", "size", 1.0, trained("residual_cnn", "seed"), "count", 0)
    assert verdict(size, {"residual_cnn": {**short, "seed": 1}}) == "reproduced"


def test_a_smaller_run_that_converged_is_compared_and_says_so() -> None:
    history = [{"val_accuracy": seen} for seen in (0.5, 0.66, *[0.65] * 4)]
    small = {**result(0.66, **{"training.epochs": 9, "model.size": 40}), "history": history}
    said = verdict(CLAIM, {"residual_cnn": small})
    assert said == "reproduced; reduced: model.size 40 instead of 48"


def test_sizes_are_compared_in_millions() -> None:
    claim = Claim("", "a", "size", 6.5, trained("a", "bytes"), "megabytes", 0.3)
    assert verdict(claim, {"a": {"bytes": 6_300_000}}).startswith("reproduced")
    assert written(6_300_000, "megabytes") == "6.3 MB"
    assert written(6.5, "megabytes", stated=True) == "6.5 MB"


def test_every_system_of_the_papers_has_its_accuracy_among_the_claims() -> None:
    with_accuracy = {claim.system for claim in CLAIMS if "accuracy" in claim.quantity}
    assert with_accuracy >= {
        "residual_cnn", "light_emonet", "clcm", "mobilenet_v2", "shufflenet_v2", "dlfer",
        "dlfer_scratch",
    }  # fmt: skip


def test_a_reading_that_the_text_does_not_have_may_reproduce_a_number() -> None:
    best = replace(CLAIM, best=trained("other", "validation.accuracy"), reading="augmented")
    results = {"residual_cnn": result(0.6), "other": result(0.66)}
    assert verdict(best, results) == "not by the text; reproduced by another reading: augmented"
    assert verdict(best, {"residual_cnn": result(0.6)}) == "not reproduced"


def test_numbers_of_every_emotion_must_all_be_near() -> None:
    claim = Claim("", "a", "classes", (0.5, 0.9), lambda _: (0.52, 0.8), "percents", 0.05)
    assert verdict(claim, {}) == "not reproduced"
    assert verdict(replace(claim, within=0.11), {}) == "reproduced"
    apart = matrix_distance([[60, 40], [0, 100]], [[5, 5], [0, 10]])
    assert apart == pytest.approx(0.05)
