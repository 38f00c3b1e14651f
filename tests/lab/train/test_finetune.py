"""A network that ships goes on with a folder of faces, and is never made worse in silence."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from ferlite import EmotionRecognizer
from ferlite.classify.classifier import Classifier
from ferlite.cli import app
from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab import photos
from ferlite.lab.evaluate.measure import faces_for, read_trained
from ferlite.lab.train.finetune import recipe_for, start_from_network
from ferlite.lab.train.loop import train
from ferlite.lab.train.module import build_model

FAST = [
    "training.epochs=2", "imbalance.min_faces=0", "data.detect_faces=false",
    "optimizer.trunk_lr=0", "optimizer.lr=0.01",
]  # fmt: skip


def folder_of(path: Path, names: tuple[str, ...], count: int = 6) -> Path:
    """Images of any size: each class has a bright band at a height of its own."""
    random = np.random.default_rng(0)
    for number, name in enumerate(names):
        (path / name).mkdir(parents=True)
        for image in range(count):
            side = 40 + 5 * image
            pixels = random.integers(0, 60, (side, side + 10), dtype=np.uint8)
            pixels[side * number // len(names) :][: side // len(names)] += 150
            Image.fromarray(pixels).save(path / name / f"{image}.png")
    return path


def test_it_begins_with_the_answer_that_is_adjusted_for_photos() -> None:
    recipe, weights = recipe_for("finetune")
    assert weights is not None
    model = build_model(recipe)
    assert start_from_network(recipe, model, weights) == {"name": "ferlite_s"}
    votes = Classifier(weights, labels="ferplus")
    faces = np.random.default_rng(0).integers(0, 256, (5, 1, *votes.size), dtype=np.uint8)
    expected = (votes(faces) / np.array([*photos.PRIOR.values()]) ** photos.TAU) ** (
        1 / photos.TEMPERATURE
    )
    with torch.no_grad():
        found = model.eval()(torch.from_numpy(faces)).numpy()
    np.testing.assert_allclose(found, expected / expected.sum(1, keepdims=True), atol=1e-5)


def test_what_ships_is_kept_where_no_epoch_is_better(tmp_path: Path) -> None:
    faces = folder_of(tmp_path / "faces", EMOTIONS)
    # Steps so large that they spoil it.
    how = [*FAST, "optimizer.lr=100", "training.ema_decay=0"]
    recipe, weights = recipe_for("finetune", how, name="mine")
    metrics = train(recipe, faces, tmp_path / "mine", weights=weights)
    assert metrics["initial_weights"]["name"] == "ferlite_s"
    assert metrics["data"]["rows"] == {"train": 35, "validation": 7, "test": 0}
    before, after = metrics["before"]["validation"], metrics["validation"]
    assert after["balanced_accuracy"] >= before["balanced_accuracy"]
    if metrics["before"]["kept"]:
        assert after["log_loss"] == pytest.approx(before["log_loss"], rel=1e-3)
    assert Classifier(tmp_path / "mine" / "mine.onnx").classes == EMOTIONS


def test_classes_of_one_s_own_are_trained_exported_evaluated_and_predicted(tmp_path: Path) -> None:
    faces = folder_of(tmp_path / "faces", ("bored", "confused", "focused"))
    out = tmp_path / "own"
    order = "focused,bored,confused"
    words = ["train", "finetune", "--data", str(faces), "--out", str(out), "--classes", order]
    run = CliRunner()
    for setting in FAST:
        words += ["--set", setting]
    assert (done := run.invoke(app, words)).exit_code == 0, done.output
    for said in (
        "learning from 15 faces",
        "3 held out; up to 2 epochs",
        "always",
        "best epoch was",
    ):
        assert said in done.output
    onnx = out / "own.onnx"
    assert Classifier(onnx).classes == tuple(order.split(","))
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["initial_weights"]["head"] == "new"
    assert metrics["recipe"]["data"]["classes"] == order.split(",")

    face = EmotionRecognizer(onnx, detector="none").recognize(faces / "bored" / "0.png")[0]
    assert list(face.probabilities) == order.split(",")
    for words in (
        ["evaluate", str(onnx), "--data", str(faces)],
        ["evaluate", str(out / "checkpoints" / "best.ckpt"), "--data", str(faces)],
        ["export", str(out / "checkpoints" / "best.ckpt"), str(tmp_path / "again.onnx")],
    ):
        assert (done := run.invoke(app, words)).exit_code == 0, done.output
    assert Classifier(tmp_path / "again.onnx").classes == tuple(order.split(","))
    other, network = folder_of(tmp_path / "emotions", EMOTIONS, 1), read_trained(onnx)
    with pytest.raises(FerliteError, match="one of the classes focused, bored"):
        faces_for(network, other, "test")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("hapy", "sad"), r"'hapy' is named after none of the emotions \(did you mean happy\?\)"),
        (("happy",), "has no validation rows"),
    ],
)
def test_folders_that_do_not_fit_are_told(
    tmp_path: Path, names: tuple[str, ...], sentence: str
) -> None:
    faces = folder_of(tmp_path / "faces", names, 1)
    recipe, weights = recipe_for("finetune", FAST)
    with pytest.raises(FerliteError, match=sentence):
        train(recipe, faces, tmp_path / "mine", weights=weights)
