"""Going on with a trained network, on faces of one's own: what to begin with, and what to keep."""

import filecmp
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ferlite.classify import zoo
from ferlite.classify.classifier import CLASSES
from ferlite.emotions import EMOTIONS
from ferlite.files import written_whole
from ferlite.lab import photos
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.detect import kind_to_read, load_dataset
from ferlite.lab.data.folder import classes_of
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import predict_checkpoint
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.folded import NAME, TEMPERATURE, read_onnx, unfolded
from ferlite.lab.models.weights import HEAD, read_weights, start_from
from ferlite.lab.own import is_own
from ferlite.lab.recipe import Recipe, read_recipe, recipe_from_dict, with_settings
from ferlite.lab.train.checkpoint import trained_recipe
from ferlite.lab.train.module import TrainingModule


def recipe_for(
    recipe: str,
    settings: Sequence[str] = (),
    weights: Path | None = None,
    model_file: str | None = None,
    *,
    name: str = "mine",
) -> tuple[Recipe, Path | None]:
    """What `ferlite train` is asked for, checked whole.

    A recipe without `model.system` goes on with a trained network, which `weights` or else its
    `model.weights` names: its layers, scale and size.

    Args:
        recipe: as for `read_recipe`.
        settings: as for `read_recipe`.
        weights: a file, or the name of a network that ships.
        model_file: "FILE.py:CLASS", a network of one's own in the place of the recipe's.
        name: of the result, where the recipe has none.

    Returns:
        The recipe, and the weights to begin with.

    Raises:
        FerliteError: no such recipe or network; an unknown key or wrong value.

    >>> recipe, weights = recipe_for("finetune")
    >>> recipe.model["system"], weights.name
    ('ferlite_net', 'ferlite_s.onnx')
    """
    tree = {"name": name, **read_recipe(recipe)}
    if model_file is not None:
        # Of the recipe's keys those stay that every network has.
        shared = {k: v for k, v in tree["model"].items() if k in ("scale", "channels", "size")}
        tree = {**tree, "name": name, "model": {**shared, "system": model_file}}
    tree = with_settings(tree, settings)
    model = dict(tree.get("model") or {})
    if "system" not in model and ("weights" in model or weights is not None):
        weights = network_file(weights or Path(str(model["weights"])))
        theirs = dict(trained_recipe(weights).model)
        del theirs["classes"]
        tree = {**tree, "model": {**theirs, **model, "weights": "file"}}
    return recipe_from_dict(tree, where=recipe), weights


def network_file(network: Path) -> Path:
    """The file of a network that ships, if that is what was named.

    Raises:
        FerliteError: it looks like the name of one and is none.
    """
    is_name = str(network) == network.stem and not network.exists()
    return zoo.path(network.name) if is_name else network


def suited(recipe: Recipe, data: Path | FaceDataset) -> tuple[Recipe, Path | FaceDataset]:
    """A recipe for the dataset that is there: its kind, and its classes where they are one's own.

    Returns:
        The recipe, and the dataset; one that a function of one's own reads has been read.

    Raises:
        FerliteError: there is no such dataset, or its folders are named after other classes.
    """
    kind, size, classes = recipe.data.dataset, recipe.data.size, recipe.data.classes
    if isinstance(data, Path):
        kind = kind_to_read(data, kind)
        if is_own(kind):
            data = load_dataset(data, kind)
        elif kind == "folder":
            classes = classes or classes_of(data)
            size = size or recipe.model["size"]
    if isinstance(data, FaceDataset) and data.classes[: len(EMOTIONS)] != EMOTIONS:
        classes = data.classes
    model = recipe.model
    if classes == EMOTIONS and recipe.data.classes is None:
        classes = None
    if classes is not None:
        model = {**model, "classes": len(classes)}
    about = recipe.data.model_copy(update={"dataset": kind, "size": size, "classes": classes})
    return recipe.model_copy(update={"data": about, "model": model}), data


def start_from_network(recipe: Recipe, model: FaceModel, network: Path) -> dict[str, str]:
    """Give a model the weights of a network of ferlite's.

    Where it tells other classes apart, the last layer begins anew. Of two answers, a model with one
    goes on with that of the labels on FER2013, whose they are, and everywhere else with that of the
    votes: as the network answers by default, its logits adjusted for how seldom people voted for
    disgust and fear (Menon et al. 2021).

    Args:
        recipe: of the training that begins.
        model: changed in place.
        network: a checkpoint or an ONNX file.

    Returns:
        For the record: the network's name, and "head" where that is new.

    Raises:
        FerliteError: no such file, or one of another network; the model is unchanged.
    """
    if network.suffix == ".onnx":
        tensors, about = read_onnx(network)
        name, voted = about[NAME], "voted" in about
        calibrated = float(about.get(TEMPERATURE, 1))
        listed = about.get(CLASSES) or about.get("ferlite.emotions", "")
        classes: tuple[str, ...] | None = tuple(listed.split(","))
        tensors = unfolded(model.network, tensors)
    else:
        theirs = trained_recipe(network)
        name, voted = theirs.name, bool(theirs.data.votes_weight)
        classes = None if theirs.data.dataset == "image_folder" else theirs.classes
        tensors, calibrated = read_weights(network), 1.0
    head = {name for name in tensors if name.startswith(HEAD)}
    record = {"name": name}
    if classes != recipe.classes:
        tensors = {name: value for name, value in tensors.items() if name not in head}
        record["head"] = "new"
    elif voted and not model.voted:
        by_votes = recipe.data.dataset != "fer2013"
        for name in head:
            tensors[name] = tensors[name].chunk(2)[by_votes]
        if by_votes and head == {f"{HEAD}weight", f"{HEAD}bias"}:
            weight, bias = (tensors[f"{HEAD}{of}"] / calibrated for of in ("weight", "bias"))
            prior = torch.tensor([*photos.PRIOR.values()])
            tensors[f"{HEAD}weight"] = weight / photos.TEMPERATURE
            tensors[f"{HEAD}bias"] = (bias - photos.TAU * prior.log()) / photos.TEMPERATURE
    start_from(model.network, tensors, str(network))
    return record


def save_start(module: TrainingModule, out: Path) -> None:
    """Keep the network that training begins with, as a checkpoint beside the others."""
    content = {
        "state_dict": {f"model.{name}": t for name, t in module.model.state_dict().items()},
        "recipe": module.recipe.as_dict(),
        "history": [],
        "provenance": module.provenance,
    }
    file = start_file(out)
    file.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(file) as part:
        torch.save(content, part)


def start_file(out: Path) -> Path:
    """Where `save_start` keeps it."""
    return out / "checkpoints" / "start.ckpt"


def compared_with_start(dataset: FaceDataset, out: Path, kept: Path) -> dict[str, Any] | None:
    """Measure the network that training began with, and keep that if no epoch was better.

    Args:
        dataset: with the faces that were held out.
        out: folder of the run.
        kept: checkpoint of the best epoch; overwritten with the start where that has a better
            balanced accuracy on the validation rows, or the same and a better log loss.

    Returns:
        The start's metrics of the validation and the test rows, and whether it was "kept"; None
        where nothing could be compared, as the last layer began anew.
    """
    if not start_file(out).is_file():
        return None
    measured: dict[str, Any] = {}
    for split in ("validation", "test"):
        faces = dataset.take(dataset.rows(split))
        if len(faces):
            measured[split] = _measured(start_file(out), faces)
    trained = _measured(kept, dataset.take(dataset.rows("validation")))
    # Few faces often end in a draw, which the probabilities decide.
    better = _score(trained) > _score(measured["validation"])
    if not better:
        shutil.copyfile(start_file(out), kept)
    return {**measured, "kept": not better or filecmp.cmp(start_file(out), kept, shallow=False)}


def _score(measured: dict[str, Any]) -> tuple[float, float]:
    return measured["balanced_accuracy"], -measured["log_loss"]


def _measured(checkpoint: Path, faces: FaceDataset) -> dict[str, Any]:
    found_NK = predict_checkpoint(checkpoint, faces.images_NHW)
    return evaluate_probabilities(found_NK, faces.labels_N, faces.classes)
