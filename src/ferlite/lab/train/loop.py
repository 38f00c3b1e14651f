"""The whole run: recipe and data in; weights, numbers, figures and ONNX out."""

import hashlib
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
import yaml
from torch.utils.flop_counter import FlopCounterMode

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.copies import drop_copies
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.evaluate.figures import curves_figure
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import fitted, predict_onnx, write_figures
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


def load_data(recipe: Recipe, data: Path | FaceDataset) -> TrainingData:
    """Read the dataset, unless it is one already, and prepare it as the recipe says.

    Raises:
        FerliteError: the data cannot be read, or has other classes than the recipe's model.
    """
    dataset = data if isinstance(data, FaceDataset) else load_fer2013(data)
    if len(dataset.classes) != recipe.model["classes"]:
        raise FerliteError(
            f"{dataset.name}: holds {len(dataset.classes)} classes, but the recipe's model has "
            f"{recipe.model['classes']}; say --set model.classes={len(dataset.classes)}"
        )
    for split in ("train", "validation"):
        if not len(dataset.rows(split)):
            raise FerliteError(f"{dataset.name}: has no {split} rows, and training needs them")
    dropped = 0
    if recipe.data.drop_copies:
        dataset, dropped = drop_copies(dataset)
    return TrainingData(dataset, dropped)


def train(
    recipe: Recipe, data: Path | FaceDataset, out: Path, *, resume: bool = False
) -> dict[str, Any]:
    """Train by a recipe and leave everything about the run in `out`.

    Writes recipe.yaml, checkpoints/last.ckpt and best.ckpt, metrics.json, NAME.onnx, and the
    figures curves.png, confusion.png, roc.png and calibration.png.

    Args:
        recipe: the whole protocol.
        data: file or folder of the dataset, or the dataset itself.
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

    faces_N1HW = torch.from_numpy(fitted(dataset.images_NHW, 1, (recipe.model["size"],) * 2))
    module = TrainingModule(recipe)
    done = False
    if last.exists():
        content = read_checkpoint(last)
        _same_recipe(recipe, content["recipe"], out)
        done = should_stop(recipe.stopping, content["history"]) or (
            len(content["history"]) >= recipe.training.epochs
        )
    with written_whole(out / "recipe.yaml") as part:
        part.write_text(yaml.safe_dump(recipe.as_dict(), sort_keys=False), encoding="utf-8")
    if not done:
        try:
            _fit(recipe, module, faces_N1HW, dataset, last)
        except OSError as error:
            raise FerliteError(
                f"{out}: {error.strerror or error}; the finished epochs are kept: mend that and "
                f"add --resume to go on"
            ) from None
    return finish(recipe, loaded, out)


def _fit(
    recipe: Recipe, module: TrainingModule, faces_N1HW: torch.Tensor, dataset: FaceDataset,
    last: Path,
) -> None:  # fmt: skip
    """The epochs, from the last checkpoint where there is one."""
    labels_N = torch.from_numpy(dataset.labels_N)
    train, val = (torch.from_numpy(dataset.rows(split)) for split in ("train", "validation"))
    with quiet_lightning():
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
            batches(
                faces_N1HW[train], labels_N[train], recipe.training.batch_size,
                shuffle_seed=recipe.seed,
            ),
            batches(faces_N1HW[val], labels_N[val], 256),
            ckpt_path=last if last.exists() else None,
            weights_only=True,
        )  # fmt: skip


def finish(recipe: Recipe, loaded: TrainingData, out: Path) -> dict[str, Any]:
    """Export the kept weights, measure the exported file on both splits, write it all down."""
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


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Lightning's advice about workers and logging does not concern data in memory."""
    for name in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
