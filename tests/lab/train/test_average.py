"""A training can begin with the mean of several others."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.average import mean_of, mean_weights, write_mean
from ferlite.lab.train.checkpoint import load_model
from ferlite.lab.train.loop import train

SMALL = ["training.epochs=1", "training.precision=32", "training.batch_size=8", "model.blocks=1"]


def run(made: FaceDataset, out: Path, *settings: str) -> Path:
    """The checkpoint that a short training keeps."""
    train(load_recipe("tests/lab/recipes/small.yaml", [*SMALL, *settings]), made, out)
    return out / "checkpoints" / "best.ckpt"


@pytest.fixture(scope="module")
def made() -> FaceDataset:
    generator = torch.Generator().manual_seed(0)
    return FaceDataset(
        "made",
        images_NHW=torch.randint(256, (42, 48, 48), generator=generator, dtype=torch.uint8).numpy(),
        labels_N=(torch.arange(42) % 7).numpy(),
        splits_N=(torch.arange(42) // 14).to(torch.int8).numpy(),
    )


@pytest.fixture(scope="module")
def two(made: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two trainings: one keeps the mean of its steps, the other its last."""
    folder = tmp_path_factory.mktemp("runs")
    first = run(made, folder / "a", "seed=1", "training.ema_decay=0.9", "name=one")
    return [first, run(made, folder / "b", "seed=2", "name=other")]


def test_it_is_the_mean_of_the_weights_that_each_training_kept(two: list[Path]) -> None:
    kept = [load_model(path).network.state_dict() for path in two]
    mean = mean_weights(two)
    assert mean.keys() == kept[0].keys()
    weight = mean["classify.weight"]
    assert torch.allclose(weight, (kept[0]["classify.weight"] + kept[1]["classify.weight"]) / 2)
    assert torch.equal(mean_weights(two[:1])["classify.weight"], kept[0]["classify.weight"])


def test_a_training_begins_with_it_and_says_whose_mean_it_is(
    two: list[Path], made: FaceDataset, tmp_path: Path
) -> None:
    file = tmp_path / "mean.safetensors"
    write_mean(two, file)
    assert mean_of(file) == "one, other"
    recipe = load_recipe(
        "tests/lab/recipes/small.yaml", [*SMALL, "model.weights=file", "optimizer.lr=1e-12"]
    )
    metrics = train(recipe, made, tmp_path / "run", weights=file)
    assert metrics["initial_weights"]["mean_of"] == "one, other"
    found = load_model(tmp_path / "run" / "checkpoints" / "best.ckpt").network.state_dict()
    mean = mean_weights(two)["classify.weight"]
    assert torch.allclose(found["classify.weight"], mean, atol=1e-6)


def test_networks_that_differ_have_no_mean(
    two: list[Path], made: FaceDataset, tmp_path: Path
) -> None:
    other = run(made, tmp_path / "c", "model.blocks=2")
    with pytest.raises(FerliteError, match="is of another network than"):
        mean_weights([*two, other])


def test_the_command_says_in_a_sentence_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ferlite.lab.train.average", tmp_path, "--out", tmp_path / "m"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "there is no such checkpoint" in done.stderr
    assert "Traceback" not in done.stderr
