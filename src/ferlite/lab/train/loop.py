"""The whole run: recipe and data in; weights, numbers, figures and ONNX out."""

import hashlib
import json
import logging
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import lightning
import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.copies import drop_copies
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.export import export_onnx
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.provenance import provenance
from ferlite.lab.recipe import Recipe
from ferlite.lab.train.batches import batches
from ferlite.lab.train.checkpoint import SaveEveryEpoch, load_model, read_checkpoint
from ferlite.lab.train.module import TrainingModule
from ferlite.lab.train.progress import TrainingProgress
from ferlite.lab.train.schedule import best_epoch, should_stop


@dataclass(frozen=True)
class TrainingData:
    """A dataset as a recipe sees it.

    Attributes:
        dataset: the rows that remain.
        copies_dropped: training rows left out because a validation or test row is the same image.
    """

    dataset: FaceDataset
    copies_dropped: int


def load_data(recipe: Recipe, path: Path) -> TrainingData:
    """Read the dataset and prepare it as the recipe says.

    Raises:
        FerliteError: the data cannot be read, or has other classes than the recipe's model.
    """
    dataset = load_fer2013(path)
    if len(dataset.classes) != recipe.model["classes"]:
        raise FerliteError(
            f"{path}: holds {len(dataset.classes)} classes, but the recipe's model has "
            f"{recipe.model['classes']}; say --set model.classes={len(dataset.classes)}"
        )
    for split in ("train", "validation"):
        if not len(dataset.rows(split)):
            raise FerliteError(f"{path}: has no {split} rows, and training needs them")
    dropped = 0
    if recipe.data.drop_copies:
        dataset, dropped = drop_copies(dataset)
    return TrainingData(dataset, dropped)


def resized(images_NHW: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Every image at size × size pixels, bilinear, uint8."""
    if images_NHW.shape[1:] == (size, size):
        return images_NHW
    result = np.empty((len(images_NHW), size, size), np.uint8)
    for image, out in zip(images_NHW, result, strict=True):
        cv2.resize(image, (size, size), dst=out, interpolation=cv2.INTER_LINEAR)
    return result


def train(recipe: Recipe, data: Path, out: Path, *, resume: bool = False) -> dict[str, Any]:
    """Train by a recipe and leave everything about the run in `out`.

    Writes recipe.yaml, checkpoints/last.ckpt and best.ckpt, metrics.json, NAME.onnx, and the
    figures curves.png, confusion.png, roc.png and calibration.png.

    Args:
        recipe: the whole protocol.
        data: file or folder of the dataset.
        out: folder of the run; must be new or empty, unless `resume`.
        resume: go on from the last checkpoint in `out`; starts anew where there is none.

    Returns:
        What metrics.json holds.

    Raises:
        FerliteError: unusable data or folder, or a checkpoint of another recipe.
    """
    last = out / "checkpoints" / "last.ckpt"
    if last.exists() and not resume:
        raise FerliteError(
            f"{out}: already holds a training run; add --resume to go on, or choose another --out"
        )
    out.mkdir(parents=True, exist_ok=True)
    loaded = load_data(recipe, data)
    dataset = loaded.dataset
    with written_whole(out / "recipe.yaml") as part:
        part.write_text(yaml.safe_dump(recipe.as_dict(), sort_keys=False), encoding="utf-8")

    faces = torch.from_numpy(resized(dataset.images_NHW, recipe.model["size"]))[:, None]
    labels = torch.from_numpy(dataset.labels_N)
    rows_train, rows_val = (torch.from_numpy(dataset.rows(s)) for s in ("train", "validation"))
    module = TrainingModule(recipe)
    done = False
    if last.exists():
        content = read_checkpoint(last)
        _same_recipe(recipe, content["recipe"], out)
        done = should_stop(recipe.stopping, content["history"]) or (
            len(content["history"]) >= recipe.training.epochs
        )
    if not done:
        size = recipe.training.batch_size
        with _quiet_lightning():
            trainer = lightning.Trainer(
                accelerator="auto",
                devices=1,
                max_epochs=recipe.training.epochs,
                precision="bf16-mixed" if recipe.training.precision == "bf16" else "32-true",
                callbacks=[TrainingProgress(), SaveEveryEpoch(last.parent)],
                logger=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
            )
            trainer.fit(
                module,
                batches(faces[rows_train], labels[rows_train], size, shuffle_seed=recipe.seed),
                batches(faces[rows_val], labels[rows_val], 256),
                ckpt_path=last if last.exists() else None,
                weights_only=True,
            )
    return finish(recipe, loaded, out)


def finish(recipe: Recipe, loaded: TrainingData, out: Path) -> dict[str, Any]:
    """Export the kept weights, measure the exported file on validation and test, and write it all."""
    from ferlite.lab.evaluate.figures import curves_figure
    from ferlite.lab.evaluate.metrics import evaluate_probabilities
    from ferlite.lab.evaluate.report import predict_onnx, write_figures

    dataset = loaded.dataset
    history = read_checkpoint(out / "checkpoints" / "last.ckpt")["history"]
    kept = "best.ckpt" if recipe.stopping.restore_best else "last.ckpt"
    model = load_model(out / "checkpoints" / kept)
    size, channels = recipe.model["size"], recipe.model["channels"]
    exported = out / f"{recipe.name}.onnx"
    export_onnx(
        model,
        exported,
        name=recipe.name,
        classes=dataset.classes,
        channels=channels,
        size=size,
        recipe_sha256=recipe.sha256,
    )
    curves_figure(history, out / "curves.png")
    measured: dict[str, Any] = {}
    for split in ("validation", "test"):
        rows = dataset.rows(split)
        if not len(rows):
            continue
        probabilities = predict_onnx(exported, dataset.images_NHW[rows])
        measured[split] = evaluate_probabilities(
            probabilities, dataset.labels_N[rows], dataset.classes
        )
        if split == "test" or not len(dataset.rows("test")):
            write_figures(measured[split], probabilities, dataset.labels_N[rows],
                          dataset.classes, out)  # fmt: skip
    metrics = {
        "kind": "training",
        "name": recipe.name,
        "summary": recipe.summary,
        "recipe": recipe.as_dict(),
        "recipe_sha256": recipe.sha256,
        "data": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "rows": {s: len(dataset.rows(s)) for s in ("train", "validation", "test")},
            "copies_dropped": loaded.copies_dropped,
        },
        **provenance(),
        "seed": recipe.seed,
        "wall_time_s": round(sum(epoch["seconds"] for epoch in history), 1),
        "epochs_run": len(history),
        "best_epoch": history[best_epoch(recipe.stopping, history)]["epoch"],
        "history": history,
        **size_of(model, channels, size),
        "onnx": {
            "file": exported.name,
            "bytes": exported.stat().st_size,
            "sha256": hashlib.sha256(exported.read_bytes()).hexdigest(),
        },
        **measured,
    }
    with written_whole(out / "metrics.json") as part:
        part.write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    return metrics


def size_of(model: FaceModel, channels: int, size: int) -> dict[str, int]:
    """Parameters (all and trainable) and multiply-adds of one face (convolutions and products)."""
    example = torch.zeros(1, channels, size, size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval().logits(example)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "trainable_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        # The counter gives two operations for each multiply-add.
        "multiply_adds": counter.get_total_flops() // 2,
    }


def _same_recipe(recipe: Recipe, before: dict[str, Any], out: Path) -> None:
    """Refuse to mix two protocols in one run."""
    now = recipe.as_dict()
    for key in now:
        if key in ("name", "summary"):
            continue
        if now[key] != before.get(key):
            raise FerliteError(
                f"{out}: was started with another recipe ({key} differs: "
                f"{before.get(key)} then, {now[key]} now); choose another --out"
            )


class _quiet_lightning(warnings.catch_warnings):  # noqa: N801
    """Lightning's advice about workers and logging does not concern data in memory."""

    def __enter__(self) -> Any:
        os.environ.setdefault("POSSIBLE_USER_WARNINGS", "off")
        for name in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero",
                     "lightning.fabric"):  # fmt: skip
            logging.getLogger(name).setLevel(logging.ERROR)
        answer = super().__enter__()
        warnings.simplefilter("ignore")
        return answer
