"""What ships is made again by naming the steps that led to it."""

from collections.abc import Callable
from typing import Any

import pytest

from ferlite.lab.recipe import load_recipe
from reports.chain import chain, chain_table, command

Trained = Callable[..., dict[str, Any]]


@pytest.fixture
def run(trained: Trained) -> Trained:
    """`run(recipe, *teachers)`: the result of a run of that recipe and name."""

    def make(recipe: str, *teachers: str, **more: Any) -> dict[str, Any]:
        taught_by = [{"from": f"{teacher}.ckpt", "sha256": "0"} for teacher in teachers]
        return {**trained(recipe, recipe=recipe), "teachers": taught_by, **more}

    return make


@pytest.fixture
def results(run: Trained) -> dict[str, Any]:
    """As if the small network had been taught by the others, and the middle one by the large."""
    runs = (
        run("ferlite_xs", "ferlite_s", "ferlite_m"),
        run("ferlite_s", "ferlite_m"),
        run("ferlite_m"),
    )
    return {result["name"]: result for result in runs}


def names(of: list[str], results: dict[str, Any]) -> list[str]:
    return [result["name"] for result in chain(of, results)]


def test_teachers_come_before_their_students_and_once(results: dict[str, Any]) -> None:
    assert names(["ferlite_xs"], results) == ["ferlite_m", "ferlite_s", "ferlite_xs"]
    assert names(["ferlite_m", "ferlite_xs"], results) == ["ferlite_m", "ferlite_s", "ferlite_xs"]


def test_a_command_names_teachers_and_first_weights(run: Trained, results: dict[str, Any]) -> None:
    assert command(results["ferlite_s"]) == (
        "ferlite train ferlite_s --data fer2013.csv --out runs/ferlite_s "
        "--teacher runs/ferlite_m/checkpoints/best.ckpt"
    )
    begun = run("ferlite_s", initial_weights={"from": "b.safetensors"})
    assert command(begun).endswith("--out runs/ferlite_s --weights b.safetensors")


def test_a_trial_is_made_again_from_its_result(trained: Trained) -> None:
    assert command(trained("some_trial")) == (
        "ferlite train results/trials/some_trial.json --data fer2013.csv --out runs/some_trial"
    )


def test_the_run_that_a_run_began_from_comes_before_it(
    run: Trained, results: dict[str, Any]
) -> None:
    first = {"name": "ferlite_m", "from": "best.ckpt", "sha256": "0"}
    results["ferlite_xs"] = run("ferlite_xs", initial_weights=first)
    assert names(["ferlite_xs"], results) == ["ferlite_m", "ferlite_xs"]
    assert command(results["ferlite_xs"]).endswith("--weights runs/ferlite_m/checkpoints/best.ckpt")


def test_a_teacher_s_name_counts_before_its_file_s(run: Trained) -> None:
    teachers = [{"name": "ferlite_m", "from": "best.ckpt", "sha256": "0"}]
    student = run("ferlite_s", teachers=teachers)
    assert "runs/ferlite_m/checkpoints/best.ckpt" in command(student)


def test_networks_that_shipped_are_named_as_a_user_names_them(run: Trained) -> None:
    teachers = [{"name": "ferlite_m", "from": "ferlite_m_int8.onnx", "sha256": "0"}]
    began = {"name": "ferlite_s", "from": "ferlite_s.onnx", "sha256": "1"}
    found = command(run("ferlite_s", teachers=teachers, initial_weights=began))
    assert "--teacher ferlite_m_int8 --weights ferlite_s" in found
    # Another has taken its place since.
    earlier = {**began, "name": "ferlite_s_mean"}
    found = command(run("ferlite_s", teachers=teachers, initial_weights=earlier))
    assert "--weights runs/ferlite_s_mean/checkpoints/best.ckpt" in found


def test_the_table_says_what_ships(results: dict[str, Any]) -> None:
    lines = chain_table(["ferlite_xs", "ferlite_xs_int8"], results).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| `ferlite_m`",
        "| `ferlite_s`",
        "| `ferlite_xs` (ships)",
    ]
    epochs = load_recipe("ferlite_m").training.epochs  # a minute each
    assert f"| {epochs} | {epochs} min | a processor, bf16 | 59.0% | 60.0% |" in lines[2]
    assert "Nothing ships" in chain_table(["else"], results)


def test_what_ships_in_int8_alone_has_its_training_in_the_table(results: dict[str, Any]) -> None:
    results["ferlite_s_int8"] = {
        **results["ferlite_s"], "name": "ferlite_s_int8", "kind": "quantisation",
    }  # fmt: skip
    assert names(["ferlite_s_int8"], results) == ["ferlite_m", "ferlite_s", "ferlite_s_int8"]
    assert "`ferlite_s` (ships in int8)" in chain_table(["ferlite_s_int8"], results)


def test_the_runs_whose_mean_a_run_began_from_come_before_it(
    run: Trained, results: dict[str, Any]
) -> None:
    mean = {"from": "mean.safetensors", "sha256": "0", "mean_of": "ferlite_m, ferlite_s"}
    results["ferlite_xs"] = run("ferlite_xs", initial_weights=mean)
    assert names(["ferlite_xs"], results) == ["ferlite_m", "ferlite_s", "ferlite_xs"]
    assert command(results["ferlite_xs"]) == (
        "python -m ferlite.lab.train.average runs/ferlite_m runs/ferlite_s "
        "--out mean.safetensors && "
        "ferlite train ferlite_xs --data fer2013.csv --out runs/ferlite_xs "
        "--weights mean.safetensors"
    )
