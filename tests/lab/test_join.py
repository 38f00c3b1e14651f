"""Two trained networks become one that begins with what they would answer together."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.join import joined_of, main, write_joined
from ferlite.lab.models.two_trunks import TwoTrunks
from ferlite.lab.models.weights import read_weights, start_from
from ferlite.lab.recipe import recipe_from_dict
from ferlite.lab.soup import write_mean
from ferlite.lab.train.checkpoint import load_model
from ferlite.lab.train.loop import train

SMALL = {"epochs": 1, "batch_size": 8, "precision": "32"}


def run(
    made: FaceDataset, out: Path, weights: Path | None = None, **model: object
) -> dict[str, Any]:
    """A training of one epoch that changes next to nothing, named as its folder."""
    if weights:
        model["weights"] = "file"
    recipe = {
        "name": out.name,
        "model": {"size": 64, "scale": "-1..1", **model},
        "training": SMALL,
        "optimizer": {"name": "adamw", "lr": 1e-12},
    }
    return train(recipe_from_dict(recipe), made, out, weights=weights)


def kept(folder: Path) -> Path:
    return folder / "checkpoints" / "best.ckpt"


@pytest.fixture(scope="module")
def made() -> FaceDataset:
    generator = torch.Generator().manual_seed(0)
    return FaceDataset(
        "made",
        images_NHW=torch.randint(256, (21, 48, 48), generator=generator, dtype=torch.uint8).numpy(),
        labels_N=(torch.arange(21) % 7).numpy(),
        splits_N=(torch.arange(21) // 7).to(torch.int8).numpy(),
    )


@pytest.fixture(scope="module")
def two(made: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of an SFace and of a MobileNet."""
    folder = tmp_path_factory.mktemp("runs")
    run(made, folder / "people", system="sface", frozen=0)
    run(made, folder / "others", system="mobilenet_v1", blocks=11)
    return folder / "people", folder / "others"


@pytest.fixture(scope="module")
def joined(two: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of both."""
    file = tmp_path_factory.mktemp("joined") / "joined.safetensors"
    write_joined(*map(kept, two), file)
    return file


def test_it_answers_with_the_mean_of_what_both_would(two: tuple[Path, Path], joined: Path) -> None:
    both = TwoTrunks(size=64).eval()
    start_from(both, read_weights(joined), joined.name)
    people, others = (load_model(kept(folder)).network for folder in two)
    faces = torch.rand(3, 1, 64, 64) * 2 - 1
    with torch.no_grad():
        mean = (people(functional.avg_pool2d(faces, 2)) + others(faces)) / 2
        torch.testing.assert_close(both(faces), mean)


def test_a_training_begins_with_it_and_says_whose_they_are(
    made: FaceDataset, joined: Path, tmp_path: Path
) -> None:
    assert joined_of(joined) == "people, others"
    metrics = run(made, tmp_path / "both", joined, system="two_trunks")
    assert metrics["initial_weights"]["joined_of"] == "people, others"
    assert joined_of(write_mean_of_one(tmp_path / "both", tmp_path / "mean.safetensors")) == ""


def write_mean_of_one(folder: Path, out: Path) -> Path:
    write_mean([kept(folder)], out)
    return out


def test_other_networks_are_not_joined(two: tuple[Path, Path], tmp_path: Path) -> None:
    people, others = map(kept, two)
    out = tmp_path / "joined.safetensors"
    with pytest.raises(FerliteError, match="the first must be a training of sface"):
        write_joined(others, people, out)
    with pytest.raises(FerliteError, match="the second must be a training of mobilenet_v1"):
        write_joined(people, people, out)
    assert not out.exists()


def test_networks_that_do_not_answer_alike_are_not_joined(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    people, others = map(kept, two)
    answers_twice = load_model(others)
    answers_twice.network.classify = nn.Linear(512, 14)
    models = {people: load_model(people), others: answers_twice}
    monkeypatch.setattr("ferlite.lab.join.load_model", models.__getitem__)
    with pytest.raises(
        FerliteError, match=r"gives 14 answers and .* 7; train both with data\.voted"
    ):
        write_joined(people, others, tmp_path / "joined.safetensors")


def test_the_command_joins_the_networks_that_two_folders_kept(
    two: tuple[Path, Path], joined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "joined.safetensors"
    monkeypatch.setattr("sys.argv", ["join", *map(str, two), "--out", str(out)])
    main()
    assert out.read_bytes() == joined.read_bytes()


def test_the_command_says_in_a_sentence_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["join", str(tmp_path), str(tmp_path), "--out", str(tmp_path / "joined.safetensors")]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit):
        main()
    assert "there is no such checkpoint" in capsys.readouterr().err
