"""A plan is checked whole before anything runs, and says each run's exact command."""

import shlex
from pathlib import Path

import pytest

from ferlite.classify import zoo
from ferlite.errors import FerliteError
from reports.plan.plan import read_plan


@pytest.fixture
def plan(tmp_path):
    def write(text):
        path = tmp_path / "plan.yaml"
        path.write_text(text)
        return path

    return write


def test_runs_are_named_by_their_recipe_or_their_own_name(plan):
    first, second = read_plan(
        plan(
            "- {recipe: residual_cnn, minutes: 3}\n"
            "- {recipe: residual_cnn, minutes: 3, name: wide, settings: {model.dropout: 0.1}}\n"
        )
    )
    assert (first.name, second.name) == ("residual_cnn", "wide")
    recipe = second.read_recipe()
    assert (recipe.name, recipe.model["dropout"]) == ("wide", 0.1)
    assert first.read_recipe().sha256 != recipe.sha256


def test_students_and_starts_take_what_the_named_runs_left(plan):
    runs = read_plan(
        plan(
            "- {recipe: residual_cnn, minutes: 3, name: teacher}\n"
            "- recipe: tests/lab/recipes/small.yaml\n"
            "  minutes: 1.5\n"
            "  settings: {distillation.alpha: 0.5, augmentation.zoom: [0.9, 1.1]}\n"
            "  teachers: [teacher, other.ckpt]\n"
            "  weights: teacher\n"
        )
    )
    names = [run.name for run in runs]
    assert runs[1].needs(names) == ["teacher"]
    words = runs[1].command(names=names)
    best = "runs/teacher/checkpoints/best.ckpt"
    assert words[words.index("--weights") + 1] == best
    assert [words[i + 1] for i, word in enumerate(words) if word == "--teacher"] == [
        best,
        "other.ckpt",
    ]
    assert "'augmentation.zoom=[0.9, 1.1]'" in shlex.join(words)
    assert runs[1].read_recipe().augmentation.zoom == (0.9, 1.1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("recipe: residual_cnn", "a plan is a list of runs"),
        ("- [", "not a readable YAML file"),
        ("- {recipe: residual_cnn}", r"run 1 \(residual_cnn\): minutes: is missing"),
        ("- {recipe: residual_cn, minutes: 1}", "did you mean 'residual_cnn'"),
        ("- {recipe: residual_cnn, minutes: 1, set: {}}", "set: there is no such key"),
        ("- {recipe: residual_cnn, minutes: 1, after: x}", "after: must be a list"),
        ("- {recipe: residual_cnn, minutes: 1, settings: {training.epoch: 1}}", "training.epoch"),
        (
            "- {recipe: residual_cnn, minutes: 1}\n- {recipe: residual_cnn, minutes: 1}",
            "there is a run named residual_cnn already",
        ),
        (
            "- {recipe: residual_cnn, minutes: 1, after: [clcm]}\n- {recipe: clcm, minutes: 1}",
            "needs clcm, which must stand before it",
        ),
        (
            "- {recipe: residual_cnn, minutes: 1, settings: {distillation.alpha: 0.5}}",
            "its recipe learns from teachers: name them",
        ),
    ],
)
def test_a_wrong_plan_is_refused_in_one_sentence(plan, text, complaint):
    with pytest.raises(FerliteError, match=complaint):
        read_plan(plan(text))


def test_the_plan_that_comes_with_ferlite_is_sound():
    assert all(run.settles for run in read_plan())


def test_what_a_run_needs_of_this_project_is_a_run_of_the_plan_or_ships() -> None:
    runs = read_plan()
    known = {*(run.name for run in runs), *zoo.names()}
    for run in runs:
        for wanted in (run.weights, *run.teachers):
            assert wanted is None or wanted in known or Path(wanted).suffix, wanted
