"""What a change was worth is read from two runs that differ in little else."""

from collections.abc import Callable
from typing import Any

from reports.ablation import ablation, ablation_table, differences

Trained = Callable[..., dict[str, Any]]


def by_name(*runs: dict[str, Any]) -> dict[str, Any]:
    return {run["name"]: run for run in runs}


def test_each_run_stands_beside_the_one_it_differs_least_from(trained: Trained) -> None:
    results = by_name(
        trained("ferlite_a", accuracy=0.60),
        trained("ferlite_b", "augmentation.flip=0", accuracy=0.62),
        trained("ferlite_c", "augmentation.flip=0", "seed=7", "training.epochs=9", accuracy=0.65),
    )
    found = ablation(results)
    pairs = [(c.worse["name"], c.better["name"], len(c.how)) for c in found]
    assert pairs == [("ferlite_a", "ferlite_b", 1), ("ferlite_b", "ferlite_c", 2)]
    assert found[0].how == {"augmentation.flip": ["`augmentation.flip` 0 instead of 0.5"]}


def test_what_did_harm_is_told_the_other_way_round(trained: Trained) -> None:
    results = by_name(
        trained("ferlite_a", accuracy=0.60), trained("ferlite_b", "seed=7", accuracy=0.58)
    )
    (change,) = ablation(results)
    assert change.better["name"] == "ferlite_a"
    assert change.how == {"seed": ["`seed` 42 instead of 7"]}


def test_only_like_networks_are_compared_and_only_whole_runs_of_ours(trained: Trained) -> None:
    base = trained("ferlite_a")
    assert not ablation(
        by_name(base, trained("ferlite_b", recipe="reports/plan/recipes/ferlite_xs_taught.yaml"))
    )
    assert not ablation(by_name(base, trained("mine", "seed=7")))
    cut = trained("ferlite_s_alone", "training.epochs=9")
    assert not ablation(by_name(base, cut))


def test_one_network_for_inputs_of_two_sizes_is_compared(trained: Trained) -> None:
    large = trained("ferlite_b", "model.size=64", accuracy=0.65)
    (change,) = ablation(by_name(trained("ferlite_a", accuracy=0.60), large))
    assert change.how == {"model.size": ["`model.size` 64 instead of 48"]}


def test_teachers_and_first_weights_are_one_change_each_with_all_that_belongs_to_them(
    trained: Trained,
) -> None:
    base = trained("ferlite_a")
    taught = trained("ferlite_b", "distillation.alpha=0.7", "distillation.temperature=2")
    taught["teachers"] = [
        {"name": "large", "from": "best.ckpt", "sha256": "a"}, {"from": "b.ckpt", "sha256": "b"},
    ]  # fmt: skip
    begun = trained("ferlite_c", "model.weights=file")
    begun["initial_weights"] = {"from": "faces.ckpt", "sha256": "c"}
    assert differences(taught, base) == {
        "teachers": [
            "taught by large, b.ckpt",
            "`distillation.alpha` 0.7 instead of 0",
            "`distillation.temperature` 2 instead of 1",
        ]
    }
    assert differences(begun, base) == {
        "weights": ["begun from faces.ckpt", "`model.weights` file instead of null"]
    }
    assert differences(base, begun)["weights"][0] == "begun from fresh weights"
    assert differences(base, taught)["teachers"][0] == "no teachers"
    begun["initial_weights"]["mean_of"] = "a, b"
    again = {**begun, "initial_weights": {**begun["initial_weights"], "sha256": "another file"}}
    assert differences(begun, again) == {}, "of the same trainings, written again"
    assert differences(begun, base)["weights"][0] == "begun from the mean of a, b"


def test_a_run_s_exported_file_is_another_beginning_than_its_checkpoint(trained: Trained) -> None:
    """Normalisation was folded into its filters, and how long they are is how fast they learn."""
    checkpoint, file = trained("ferlite_a"), trained("ferlite_b")
    checkpoint["initial_weights"] = {"name": "ferlite_s", "from": "best.ckpt", "sha256": "c"}
    file["initial_weights"] = {"name": "ferlite_s", "from": "ferlite_s.onnx", "sha256": "d"}
    assert differences(file, checkpoint) == {"weights": ["begun from the file ferlite_s.onnx"]}
    assert differences(checkpoint, file) == {"weights": ["begun from ferlite_s"]}
    renamed, newer = trained("ferlite_c"), trained("ferlite_d")
    renamed["initial_weights"] = {**file["initial_weights"], "from": "of_history.onnx"}
    newer["initial_weights"] = {**file["initial_weights"], "sha256": "e"}
    assert differences(renamed, file) == {}
    assert differences(newer, file) == {"weights": ["begun from the file ferlite_s.onnx"]}


def test_runs_of_before_a_setting_existed_had_its_default(trained: Trained) -> None:
    old = trained("ferlite_a")
    del old["recipe"]["augmentation"]["gain"]
    del old["recipe"]["distillation"]
    assert differences(trained("ferlite_b"), old) == {}


def test_the_table_says_what_the_change_was_worth(trained: Trained) -> None:
    table = ablation_table(
        by_name(
            trained("ferlite_a", accuracy=0.60),
            trained("ferlite_b", "training.epochs=90", accuracy=0.615),
        )
    )
    last = table.splitlines()[-1]
    assert [cell.strip() for cell in last.strip("|").split("|")] == [
        "`ferlite_a` → `ferlite_b`", "1", "`training.epochs` 90 instead of 100",
        "59.0% → 60.5%", "+1.5", "0.400 → 0.385", "60.0% → 61.5%", "+1.5", "90", "90 min",
    ]  # fmt: skip


def test_without_two_runs_there_is_nothing_to_compare(trained: Trained) -> None:
    for results in ({}, by_name(trained("ferlite_a"))):
        assert ablation_table(results) == "Not measured yet.\n"
