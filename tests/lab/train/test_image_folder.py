"""Images in ImageNet's layout are read while training goes on, and emotions start from them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from ferlite.errors import FerliteError
from ferlite.lab.models.weights import read_weights
from ferlite.lab.recipe import Recipe, load_recipe
from ferlite.lab.train import image_folder
from ferlite.lab.train.image_folder import load_images
from ferlite.lab.train.loop import start, train
from ferlite.lab.train.module import build_model

COLOURS = {"blue": (255, 0, 0), "green": (0, 255, 0), "red": (0, 0, 255)}  # BGR


def make(folder: Path, each: int = 4) -> Path:
    for part in ("train", "val"):
        for name, colour in COLOURS.items():
            (folder / part / name).mkdir(parents=True)
            for number in range(each):
                image = np.full((40 + 5 * number, 60), 0, np.uint8)[..., None] + np.uint8(colour)
                cv2.imwrite(str(folder / part / name / f"{number}.png"), image)
    return folder


def tiny(*more: str) -> Recipe:
    how = ["model.size=32", "model.classes=3", "training.epochs=2", "training.batch_size=4",
           "training.precision=32"]  # fmt: skip
    return load_recipe("dlfer_source", [*how, *more])


def test_images_come_square_in_rgb_with_their_folders_class(tmp_path: Path) -> None:
    images = load_images(make(tmp_path), 32)
    assert images.train.classes == ["blue", "green", "red"]
    loader, _ = images.loaders(5, seed=0, faces_K=None)
    seen = 0
    for faces, labels, extra in loader:
        assert faces.dtype == torch.uint8
        assert faces.shape[1:] == (3, 32, 32)
        assert torch.equal(faces.float().mean((2, 3)).argmax(1), 2 - labels)
        assert not extra.any()
        seen += len(labels)
    assert seen == 12


def test_processes_read_the_same_batches_and_report_a_broken_image_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = load_images(make(tmp_path), 32)
    alone = [labels.tolist() for _, labels, _ in images.loaders(5, seed=0, faces_K=None)[0]]
    monkeypatch.setattr(image_folder, "_FEW", 0)
    monkeypatch.setattr(image_folder.os, "cpu_count", lambda: 2)
    many = [labels.tolist() for _, labels, _ in images.loaders(5, seed=0, faces_K=None)[0]]
    assert many == alone
    (tmp_path / "train" / "red" / "1.png").write_bytes(b"no image")
    with pytest.raises(FerliteError, match=r"^\S*red/1\.png: not a readable image$"):
        train(tiny(), tmp_path, tmp_path / "run")


def test_emotions_start_from_what_was_learned_from_images(tmp_path: Path) -> None:
    out = tmp_path / "source"
    metrics = train(tiny(), make(tmp_path / "images"), out)
    assert metrics == json.loads((out / "metrics.json").read_text())
    assert metrics["data"]["rows"] == {"train": 12, "validation": 12}
    assert metrics["epochs_run"] == 2
    assert not list(out.glob("*.onnx"))

    best = out / "checkpoints" / "best.ckpt"
    recipe = load_recipe("dlfer")
    with pytest.raises(FerliteError, match="dlfer starts from another network's weights: add --w"):
        start(recipe, build_model(recipe), None)
    model = build_model(recipe)
    record = start(recipe, model, best)
    assert record is not None
    assert record["from"] == "best.ckpt"
    learned, fresh = read_weights(best), build_model(recipe).network.state_dict()
    for name, value in model.network.state_dict().items():
        assert torch.equal(value, (fresh if name.startswith("classify.") else learned)[name]), name


def test_a_folder_of_another_layout_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FerliteError, match=r"has no folder train/; .* as ImageNet has them"):
        load_images(tmp_path, 32)
    make(tmp_path)
    with pytest.raises(FerliteError, match=r"holds 3 classes.*--set model\.classes=3"):
        train(tiny("model.classes=1000"), tmp_path, tmp_path / "run")
    with pytest.raises(FerliteError, match=r"say model\.channels=3"):
        train(tiny("model.channels=1"), tmp_path, tmp_path / "run")
    (tmp_path / "val" / "violet").mkdir()
    with pytest.raises(FerliteError, match="violet") as error:
        load_images(tmp_path, 32)
    assert "\n" not in str(error.value)
    cv2.imwrite(str(tmp_path / "val" / "violet" / "1.png"), np.zeros((9, 9), np.uint8))
    with pytest.raises(FerliteError, match=r"the class 'violet' is not in both train/ and val/"):
        load_images(tmp_path, 32)
