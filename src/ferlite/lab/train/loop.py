"""The whole run: recipe and data in; weights, numbers, figures and ONNX out."""

import hashlib
import inspect
import json
import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import lightning
import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from ferlite.emotions import EMOTIONS, WITH_CONTEMPT
from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.copies import drop_copies
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.data.exclusions import exclude, read_exclusions
from ferlite.lab.data.ferplus import load_ferplus
from ferlite.lab.data.folder import splits_of
from ferlite.lab.evaluate.figures import curves_figure
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import fitted, predict_onnx, write_figures
from ferlite.lab.export import can_export, export_onnx
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.folded import is_folded, separate_statistics, unfolded
from ferlite.lab.models.published import Published
from ferlite.lab.models.weights import read_weights, start_from
from ferlite.lab.recipe import Recipe, recipe_from_dict
from ferlite.lab.train.average import mean_of
from ferlite.lab.train.batches import Batch, batches
from ferlite.lab.train.bn_recalibration import evenly
from ferlite.lab.train.checkpoint import (
    SaveEveryEpoch,
    is_checkpoint,
    load_model,
    load_trained,
    read_checkpoint,
)
from ferlite.lab.train.distill import Teacher, Teachers
from ferlite.lab.train.finetune import (
    compared_with_start,
    network_file,
    save_start,
    start_from_network,
    suited,
)
from ferlite.lab.train.haar_crop import haar_cropped
from ferlite.lab.train.image_folder import load_images
from ferlite.lab.train.imbalance import class_weights, faces_per_epoch
from ferlite.lab.train.module import TrainingModule
from ferlite.lab.train.progress import TrainingProgress
from ferlite.lab.train.rows import with_validation
from ferlite.lab.train.schedule import best_epoch, should_stop
from ferlite.lab.train.votes import with_votes_beside, with_votes_mixed


@dataclass(frozen=True)
class TrainingData:
    """A dataset as a recipe sees it.

    Attributes:
        dataset: the rows that remain.
        copies_dropped: training rows left out because a validation or test row is the same image.
        faces_found: in how many images the Haar cascade found a face, where the recipe asks.
        excluded: rows left out because the recipe's list names them.
        faceless: training rows left out because FER+'s votes, where the recipe wants them, see no
            face.
        voted: FER+ by the majority of votes, seven classes, where the recipe has outputs for it.
    """

    dataset: FaceDataset
    copies_dropped: int = 0
    faces_found: int | None = None
    excluded: int = 0
    faceless: int = 0
    voted: FaceDataset | None = None


def load_data(recipe: Recipe, data: Path | FaceDataset) -> TrainingData:
    """Read the dataset, unless it is one already, and prepare it as the recipe says.

    Raises:
        FerliteError: the data cannot be read, or has other classes than the recipe's model.
    """
    how = recipe.data
    dataset = (
        data
        if isinstance(data, FaceDataset)
        else load_dataset(
            data,
            how.dataset,
            size=how.size,
            votes=how.votes,
            contempt=recipe.model["classes"] == len(WITH_CONTEMPT),
            classes=how.classes or EMOTIONS,
            detect_faces=how.detect_faces,
            split=None if how.dataset != "folder" or splits_of(data) else "train",
        )
    )
    _same_classes(recipe, len(dataset.classes), dataset.name)
    listed = faceless = np.empty(0, np.int64)
    if how.exclude is not None:
        listed = read_exclusions(how.exclude, dataset)
    voted = None
    for key, weight in (("votes_mix", how.votes_mix), ("votes_weight", how.votes_weight)):
        if weight and (how.dataset != "fer2013" or isinstance(data, FaceDataset)):
            raise FerliteError(
                f"data.{key}: only the rows of a FER2013 table have votes; "
                f"--set data.{key}=0 does without"
            )
    if how.votes_mix and how.votes_weight:
        raise FerliteError(
            "data.votes_weight: the votes have outputs of their own; --set data.votes_mix=0"
        )
    if how.votes_mix:
        dataset, faceless = with_votes_mixed(dataset, cast(Path, data), how.votes_mix)
    if how.votes_weight:
        dataset, faceless = with_votes_beside(dataset, cast(Path, data), how.votes_weight)
        folder = cast(Path, data)
        voted = load_ferplus(folder if folder.is_dir() else folder.parent)
    dataset = exclude(dataset, np.union1d(listed, faceless))
    if not len(dataset.rows("train")):
        raise FerliteError(f"{dataset.name}: has no train rows, and training needs them")
    dataset = with_validation(dataset, recipe.data, recipe.seed)
    if not len(dataset.rows("validation")):
        raise FerliteError(
            f"{dataset.name}: has no validation rows, and training needs them; "
            f"--set data.validation=train takes a share of the training rows"
        )
    dropped = 0
    if recipe.data.drop_copies:
        dataset, dropped = drop_copies(dataset)
    found = None
    if recipe.data.haar_crop:
        images_NHW, found = haar_cropped(dataset.images_NHW)
        dataset = replace(dataset, images_NHW=images_NHW)
    return TrainingData(dataset, dropped, found, len(listed), len(faceless), voted)


def _same_classes(recipe: Recipe, classes: int, where: str) -> None:
    if classes != recipe.model["classes"]:
        raise FerliteError(
            f"{where}: holds {classes} classes, but the recipe's model has "
            f"{recipe.model['classes']}; say --set model.classes={classes}"
        )


def train(
    recipe: Recipe,
    data: Path | FaceDataset,
    out: Path,
    *,
    weights: Path | None = None,
    teachers: Sequence[Path] = (),
    resume: bool = False,
) -> dict[str, Any]:
    """Train by a recipe and leave everything about the run in `out`.

    Writes recipe.yaml, checkpoints/last.ckpt and best.ckpt and metrics.json; and, if the data are
    faces and not just any images, NAME.onnx and the figures curves.png, confusion.png, roc.png
    and calibration.png.

    Args:
        recipe: the whole protocol.
        data: file or folder of the dataset, or the dataset itself.
        out: folder of the run; must be new or empty, unless `resume`.
        weights: file of the weights to start from, in the place of those that the recipe names, or
            the name of a network that ships.
        teachers: checkpoints of the networks to learn from, where the recipe has a share for them,
            or names of networks that ship.
        resume: go on from the last checkpoint in `out`; starts anew where there is none. Teachers
            have to be named again.

    Returns:
        What metrics.json holds.

    Raises:
        FerliteError: unusable data, folder or weights, or a checkpoint of another recipe.
    """
    weights = None if weights is None else network_file(weights)
    teachers = [network_file(teacher) for teacher in teachers]
    recipe, data = suited(recipe, data)
    last = out / "checkpoints" / "last.ckpt"
    if last.exists() and not resume:
        raise FerliteError(
            f"{out}: already holds a training run; add --resume to go on, or choose another --out"
        )
    content = read_checkpoint(last) if last.exists() else None
    if content is not None:
        _same_recipe(recipe, content["recipe"], out)
        _same_weights(weights, content.get("initial_weights"), out)
    module = TrainingModule(recipe)
    _can_remember(recipe, module)
    folded = content is None and weights is not None and _folded(module.model, weights)
    if folded and recipe.data.dataset == "image_folder":
        raise FerliteError(
            f"{weights}: has no batch statistics, and an image_folder is not in memory to measure "
            "them; start from a checkpoint"
        )
    if content is None:
        module.initial_weights = start(recipe, module.model, weights)
        begun = module.initial_weights or {}
        if recipe.stopping.keep_start and "name" in begun and "head" not in begun:
            save_start(module, out)
    _listen_to(module, teachers, None if content is None else content.get("teachers", []), out)
    if recipe.data.dataset == "image_folder" and isinstance(data, Path):
        return _train_on_images(recipe, module, data, out)

    loaded = load_data(recipe, data)
    _say_what_was_left_out(loaded)
    dataset = loaded.dataset
    classes = torch.from_numpy(dataset.labels_N)
    labels = classes if dataset.targets_NK is None else torch.from_numpy(dataset.targets_NK)
    faces_N1HW = _no_larger(dataset.images_NHW, recipe.model["size"])
    rows, val = (torch.from_numpy(dataset.rows(split)) for split in ("train", "validation"))
    counts_K = torch.bincount(classes[rows], minlength=len(dataset.classes))
    if recipe.imbalance.class_weights:
        module.weights_K = class_weights(counts_K)
    if recipe.training.bn_recalibration:
        module.clean_NCHW = evenly(faces_N1HW[rows])
    if folded and not recipe.training.freeze_bn:
        _separate_statistics(module, evenly(faces_N1HW[rows]))
    loader = batches(
        faces_N1HW[rows],
        labels[rows],
        recipe.training.batch_size,
        shuffle_seed=recipe.seed,
        faces_K=faces_per_epoch(recipe.imbalance, counts_K, dataset.classes),
        orders=recipe.repeats_after,
    )
    val_loader = batches(faces_N1HW[val], labels[val], 256 if recipe.model["size"] < 128 else 64)
    _fit(recipe, module, loader, val_loader, out)
    if not can_export():
        print(
            f"{out}: is trained, but not exported and measured, for onnx and onnxscript are "
            "missing; install them and go on with --resume",
            file=sys.stderr,
        )
        return _about_the_run(recipe, out, load_model(_kept(recipe, out)))
    return finish(recipe, loaded, out)


def _say_what_was_left_out(loaded: TrainingData) -> None:
    """Before an hour of training, not after it."""
    if loaded.copies_dropped:
        print(
            f"{loaded.copies_dropped} training rows left out: copies of validation or test rows "
            "(--set data.drop_copies=false keeps them)",
            file=sys.stderr,
        )
    if loaded.excluded:
        print(f"{loaded.excluded} rows left out: listed in data.exclude", file=sys.stderr)
    if loaded.faceless:
        print(f"{loaded.faceless} training rows left out: no face by FER+'s votes", file=sys.stderr)


def _train_on_images(
    recipe: Recipe, module: TrainingModule, data: Path, out: Path
) -> dict[str, Any]:
    """Learn any labelled images, whose network emotions can then start from."""
    if recipe.model["channels"] != 3:
        raise FerliteError("model.channels: an image_folder is in colour; say model.channels=3")
    if recipe.training.bn_recalibration:
        raise FerliteError("training.bn_recalibration: needs faces in memory, not an image_folder")
    images = load_images(data, recipe.model["size"])
    _same_classes(recipe, len(images.train.classes), str(data))
    counts_K = torch.bincount(images.train.labels_N, minlength=len(images.train.classes))
    if recipe.imbalance.class_weights:
        module.weights_K = class_weights(counts_K)
    faces_K = faces_per_epoch(recipe.imbalance, counts_K, images.train.classes)
    loaders = images.loaders(
        recipe.training.batch_size,
        seed=recipe.seed,
        faces_K=faces_K,
        orders=recipe.repeats_after,
    )
    _fit(recipe, module, *loaders, out)
    metrics = {
        **_about_the_run(recipe, out, load_model(_kept(recipe, out))),
        "kind": "pretraining",
        "data": {
            "name": "image_folder",
            "classes": len(counts_K),
            "rows": {"train": len(images.train), "validation": len(images.validation)},
        },
    }
    return _written(metrics, out)


def _separate_statistics(module: TrainingModule, faces_NCHW: Tensor) -> None:
    """Let batch normalisation begin with the statistics that an ONNX file has no more."""
    module.eval()
    separate_statistics(
        module.model.network,
        lambda faces_BCHW: module.all_logits(module.prepared(faces_BCHW)),
        torch.split(faces_NCHW, 64),
    )
    module.train()


def _can_remember(recipe: Recipe, module: TrainingModule) -> None:
    """Refuse to remember what no frozen layers make of faces, or what other layers need, too."""
    if not recipe.training.cached_epochs:
        return
    if not getattr(module.model.network, "trunk_stages", 0):
        raise FerliteError(
            f"training.cached_epochs: {recipe.name} has no frozen first layers; leave it 0, or "
            "freeze some: --set model.system=clcm --set model.frozen=features"
        )
    if recipe.distillation.taught or recipe.data.votes_weight or recipe.optimizer.sam_rho:
        raise FerliteError(
            "training.cached_epochs: does not go with teachers, votes or optimizer.sam_rho; leave "
            "it 0"
        )


def _folded(model: FaceModel, weights: Path) -> bool:
    """Whether a file has its normalisation folded into the convolutions, and no statistics."""
    if weights.suffix == ".safetensors":
        return is_folded(model.network, read_weights(weights))
    return weights.suffix == ".onnx"


def start(recipe: Recipe, model: FaceModel, weights: Path | None) -> dict[str, str] | None:
    """Give a fresh model the weights that `--weights` or else the recipe names, if any.

    Returns:
        For the record: "from" (a file's name or a web address) and, of a file, its "sha256"; of
        a run's checkpoint the run's "name", and of the mean of several "mean_of", their names.

    Raises:
        FerliteError: there are no such weights, or they are of another network.
    """
    wanted = recipe.model["weights"]
    if weights is not None:
        if weights.suffix == ".onnx" or is_checkpoint(weights):
            of_run = start_from_network(recipe, model, weights)
        else:
            tensors = read_weights(weights)
            if is_folded(model.network, tensors):
                tensors = _of_keras(model.network, tensors, weights)
            start_from(model.network, tensors, str(weights))
            names = mean_of(weights) if weights.suffix == ".safetensors" else ""
            of_run = {"mean_of": names} if names else {}
        return {**of_run, "from": weights.name, "sha256": _sha256(weights)}
    if wanted == "file":
        raise FerliteError(
            f"{recipe.name} starts from another network's weights: add --weights FILE"
        )
    if wanted == "imagenet":
        published = cast(Published, model.network.imagenet)
        start_from(model.network, published.fetch(), "the ImageNet weights")
        return {"from": published.weights.url}
    return None


def _of_keras(network: nn.Module, tensors: dict[str, Tensor], weights: Path) -> dict[str, Tensor]:
    """Keras's weights, folded as TensorFlow Lite keeps them, under the names of PyTorch's layers.

    Raises:
        FerliteError: the network pads as PyTorch does, which is one pixel off.
    """
    if getattr(network, "padding", "same") != "same":
        raise FerliteError(
            f"{weights}: are Keras's weights, whose convolutions pad right and below; add "
            "--set model.padding=same"
        )
    return unfolded(network, tensors)


def _listen_to(
    module: TrainingModule,
    files: Sequence[Path],
    before: list[dict[str, str]] | None,
    out: Path,
) -> None:
    """Give the student its teachers, the same ones as before where the run goes on.

    Raises:
        FerliteError: the recipe has a share for teachers and there are none, or the other way
            round; they are others than the run began with, or tell other classes apart.
    """
    recipe = module.recipe
    how = recipe.distillation
    if how.votes_alpha and not recipe.data.votes_weight:
        raise FerliteError(
            f"distillation.votes_alpha: {recipe.name} has no outputs for votes; add "
            "--set data.votes_weight=0.9, or leave it 0"
        )
    if bool(files) != how.taught:
        raise FerliteError(
            f"{recipe.name} has no share for teachers: say --set distillation.alpha=0.5"
            if files
            else f"{recipe.name} learns from teachers: name their checkpoints with --teacher FILE"
        )
    trained = [load_trained(file) for file in files]
    module.teachers_seen = [
        {"name": taught_by.name, "from": file.name, "sha256": _sha256(file)}
        for file, (taught_by, _) in zip(files, trained, strict=True)
    ]
    if before is not None and [t["sha256"] for t in before] != [
        t["sha256"] for t in module.teachers_seen
    ]:
        raise FerliteError(
            f"{out}: was started with other teachers; name the same, or choose another --out"
        )
    taught = []
    for file, (taught_by, teacher) in zip(files, trained, strict=True):
        model = taught_by.model
        if model["classes"] != recipe.model["classes"]:
            raise FerliteError(
                f"{file}: tells {model['classes']} classes apart, and {recipe.name} "
                f"{recipe.model['classes']}"
            )
        teacher.requires_grad_(False).to(memory_format=torch.channels_last)
        taught.append(Teacher(teacher, model["size"], model["channels"]))
    if taught:
        teachers = Teachers(taught, mirrored=how.flip_tta)
        if how.votes_alpha and not teachers.voted:
            raise FerliteError(
                f"distillation.votes_alpha: none of the teachers of {recipe.name} learned votes; "
                "name one that did (data.votes_weight), or leave it 0"
            )
        module.teach(teachers)


def _no_larger(images_NHW: NDArray[np.uint8], size: int) -> Tensor:
    """Images (N, 1, H, W) of at most the model's size.

    Smaller ones are magnified on the device, batch by batch: all of FER2013 is 83 MB at its own
    size and 1.8 GB at 224×224.
    """
    shrinks = max(images_NHW.shape[1:]) > size
    return torch.from_numpy(
        fitted(images_NHW, 1, (size, size) if shrinks else images_NHW.shape[1:3])
    )


def _fit(
    recipe: Recipe,
    module: TrainingModule,
    loader: DataLoader[Batch],
    val_loader: DataLoader[Batch],
    out: Path,
) -> None:
    """The epochs that are still to come, from the last checkpoint where there is one."""
    last = out / "checkpoints" / "last.ckpt"
    out.mkdir(parents=True, exist_ok=True)
    with written_whole(out / "recipe.yaml") as part:
        part.write_text(yaml.safe_dump(recipe.as_dict(), sort_keys=False), encoding="utf-8")
    if last.exists():
        history = read_checkpoint(last)["history"]
        if should_stop(recipe.stopping, history) or len(history) >= recipe.training.epochs:
            return
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
        # Lightning before 2.6 cannot be told to run nothing of the file, which we have read so.
        safely: dict[str, Any] = {}
        if "weights_only" in inspect.signature(trainer.fit).parameters:
            safely["weights_only"] = True
        try:
            trainer.fit(
                module,
                loader,
                val_loader,
                ckpt_path=last if last.exists() else None,
                **safely,
            )
        except OSError as error:
            raise FerliteError(
                f"{out}: {error.strerror or error}; the finished epochs are kept: mend that and "
                f"add --resume to go on"
            ) from None
        except FerliteError as error:
            # From a process that reads images it comes with the whole traceback in its text.
            sentence = str(error).strip().splitlines()[-1]
            raise FerliteError(sentence.partition("FerliteError: ")[2] or sentence) from None


def finish(recipe: Recipe, loaded: TrainingData, out: Path) -> dict[str, Any]:
    """Export the kept weights, measure the exported file on both splits, write it all down."""
    dataset = loaded.dataset
    started = compared_with_start(dataset, out, _kept(recipe, out))
    model = load_model(_kept(recipe, out))
    exported = out / f"{recipe.name}.onnx"
    export_onnx(
        model,
        exported,
        name=recipe.name,
        classes=dataset.classes,
        channels=recipe.model["channels"],
        size=recipe.model["size"],
        recipe=recipe,
    )
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
    if started is not None:
        measured["before"] = started
    if loaded.voted is not None:
        measured["voted"] = measure_votes(exported, loaded.voted)
    about = _about_the_run(recipe, out, model)
    curves_figure(about["history"], out / "curves.png")
    metrics = {
        **about,
        "data": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "rows": {s: len(dataset.rows(s)) for s in ("train", "validation", "test")},
            "copies_dropped": loaded.copies_dropped,
            "faces_found": loaded.faces_found,
            "excluded": loaded.excluded,
            "faceless": loaded.faceless,
        },
        "onnx": {
            "file": exported.name,
            "bytes": exported.stat().st_size,
            "sha256": _sha256(exported),
        },
        **measured,
    }
    return _written(metrics, out)


def measure_votes(exported: Path, ferplus: FaceDataset) -> dict[str, Any]:
    """What a network that learned votes is worth on FER+, by the majority of the votes.

    Returns:
        Metrics of the validation and the test rows, as for labels.
    """
    measured: dict[str, Any] = {}
    for split in ("validation", "test"):
        faces = ferplus.take(ferplus.rows(split))
        if len(faces):
            found_NK = predict_onnx(exported, faces.images_NHW, labels="ferplus")
            measured[split] = evaluate_probabilities(found_NK, faces.labels_N, faces.classes)
    return measured


def _about_the_run(recipe: Recipe, out: Path, model: FaceModel) -> dict[str, Any]:
    """What metrics.json says whatever was learned."""
    content = read_checkpoint(out / "checkpoints" / "last.ckpt")
    history = content["history"]
    return {
        "kind": "training",
        "name": recipe.name,
        "summary": recipe.summary,
        "recipe": recipe.as_dict(),
        "recipe_sha256": recipe.sha256,
        "initial_weights": content.get("initial_weights"),
        "teachers": content.get("teachers", []),
        **content["provenance"],
        "seed": recipe.seed,
        "wall_time_s": round(sum(epoch["seconds"] for epoch in history), 1),
        "epochs_run": len(history),
        "best_epoch": history[best_epoch(recipe.stopping, history)]["epoch"],
        "history": history,
        **size_of(model, recipe.model["channels"], recipe.model["size"]),
    }


def _written(metrics: dict[str, Any], out: Path) -> dict[str, Any]:
    with written_whole(out / "metrics.json") as part:
        part.write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    return metrics


def _kept(recipe: Recipe, out: Path) -> Path:
    """The checkpoint of the epoch whose weights the recipe keeps."""
    keeps_best = recipe.stopping.restore_best or recipe.stopping.keep_start
    return out / "checkpoints" / ("best.ckpt" if keeps_best else "last.ckpt")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def _same_recipe(recipe: Recipe, stored: dict[str, Any], out: Path) -> None:
    """Refuse to mix two protocols in one run; a key newer than the run has its default in it."""
    before, now = recipe_from_dict(stored, where=str(out)).as_dict(), recipe.as_dict()
    for key in now:
        if key not in ("name", "summary") and now[key] != before[key]:
            raise FerliteError(
                f"{out}: was started with another recipe ({key} differs: "
                f"{before[key]} then, {now[key]} now); choose another --out"
            )


def _same_weights(weights: Path | None, before: dict[str, str] | None, out: Path) -> None:
    """Refuse to go on from other weights than the run began with; naming none is no matter."""
    if weights is not None and (before is None or before.get("sha256") != _sha256(weights)):
        raise FerliteError(
            f"{out}: was not started from {weights}; leave out --weights, or choose another --out"
        )


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Lightning's advice about workers and logging does not concern data in memory."""
    for name in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
