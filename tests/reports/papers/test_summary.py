"""The summary says of every run how it was shorter than its paper's protocol, and no more."""

from typing import Any

from ferlite.lab.recipe import load_recipe
from reports.papers.outlook import freezing_rows
from reports.papers.summary import SUMMARY, cut_short
from reports.results import deviations


def run(*settings: str, epochs: int, weights: str | None = "weights.safetensors") -> dict[str, Any]:
    return {
        "kind": "training",
        "name": "clcm",
        "recipe": load_recipe("clcm", settings).as_dict(),
        "epochs_run": epochs,
        "initial_weights": None if weights is None else {"from": weights},
        "test": {"accuracy": 0.6},
    }


def test_what_was_cut_short_is_said_in_few_words() -> None:
    small = run("model.size=96", "training.epochs=8", epochs=8)
    assert cut_short(small) == " after 8 of 100 epochs at 96×96"
    bare = run("training.epochs=3", "model.weights=null", epochs=3, weights=None)
    assert cut_short(bare) == " after 3 of 100 epochs without ImageNet's weights"


def test_a_smaller_run_that_converged_was_long_enough_and_is_compared() -> None:
    small = run("model.size=96", "training.epochs=40", "stopping.patience=4", epochs=7)
    small["history"] = [{"val_accuracy": seen} for seen in (0.4, 0.5, 0.6, 0.5, 0.5, 0.5, 0.5)]
    small["test"] = {"accuracy": 0.6, "accuracy_ci95": (0.58, 0.62)}
    assert deviations(small) == "reduced: model.size 96 instead of 224"
    assert cut_short(small) == " at 96×96"
    (row,) = (row for row in SUMMARY if row.system == "clcm")
    why = row.why({"clcm": small})
    assert why == "3.0 points less than the paper; its images have 224×224 pixels"
    rising = {**small, "history": small["history"][:4]}
    assert deviations(rising).startswith("shortened: ")
    assert row.why({"clcm": rising}).startswith("no verdict")


def test_a_run_that_ends_by_its_own_rule_or_pads_as_its_weights_want_is_whole() -> None:
    assert cut_short(run(epochs=70)) == ""
    assert cut_short(run("model.padding=same", epochs=100)) == ""


def test_freezing_is_compared_among_runs_that_began_with_weights() -> None:
    results = {"clcm": run(epochs=3, weights=None), "clcm_features": run(epochs=40)}
    assert [words for words, _ in freezing_rows(results)] == ["all but the head"]


def test_every_system_has_a_row_also_where_nothing_was_trained() -> None:
    for row in SUMMARY:
        assert all(words({}) for words in (row.text, row.best, row.why)), row.system
