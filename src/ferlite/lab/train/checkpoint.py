"""Checkpoints: written whole every epoch, read without running anything in them."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import lightning
import torch
import yaml
from lightning.pytorch.callbacks import Checkpoint

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.folded import RECIPE_SHA256, read_onnx, start_from_onnx
from ferlite.lab.recipe import Recipe, modernised, recipe_from_dict
from ferlite.lab.train.module import TrainingModule, build_model
from ferlite.lab.train.schedule import best_epoch

AVERAGED = "averaged.module."
"""How the averaged weights are named in a checkpoint."""


class SaveEveryEpoch(Checkpoint):
    """Writes last.ckpt after every epoch, and best.ckpt when the epoch is the one to keep.

    Lightning's own callback can leave half a file when the disk is full; this one writes beside
    and renames, so that the previous checkpoint stays good.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Write the checkpoint; called after the module has finished its history."""
        assert isinstance(pl_module, TrainingModule)
        last, best = self.folder / "last.ckpt", self.folder / "best.ckpt"
        history = pl_module.history
        with written_whole(last) as part:
            trainer.save_checkpoint(part)
            # The best first: a run killed between the two repeats this epoch and writes the same.
            if best_epoch(pl_module.recipe.stopping, history) == len(history) - 1:
                with written_whole(best) as copy:
                    shutil.copyfile(part, copy)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a training checkpoint of ferlite, on the CPU.

    One of an older ferlite gets its recipe's keys renamed.

    Raises:
        FerliteError: no file, or not such a checkpoint.
    """
    if not path.is_file():
        raise FerliteError(f"{path}: there is no such checkpoint")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch raises many kinds for files that are not its own
        raise FerliteError(
            f"{path}: not a readable checkpoint; it may be cut short or damaged"
        ) from None
    needed = {"recipe", "history", "provenance", "state_dict"}
    if not isinstance(content, dict) or not needed <= content.keys():
        raise FerliteError(f"{path}: not a checkpoint that `ferlite train` wrote")
    return {**content, "recipe": modernised(content["recipe"])}


def is_checkpoint(path: Path) -> bool:
    """Whether a file of weights is a training checkpoint of ferlite."""
    try:
        read_checkpoint(path)
    except FerliteError:
        return False
    return True


def load_model(path: Path) -> FaceModel:
    """The trained model of a checkpoint, ready to use: uint8 faces (N, C, H, W) to probabilities.

    Raises:
        FerliteError: no file, not a checkpoint of ferlite, or one of another model.
    """
    content = read_checkpoint(path)
    model = build_model(recipe_from_dict(content["recipe"], where=path.name))
    state = content["state_dict"]
    # Where training averaged its weights, the average is the model.
    kept = AVERAGED if any(name.startswith(AVERAGED) for name in state) else "model."
    weights = {
        name.removeprefix(kept): value for name, value in state.items() if name.startswith(kept)
    }
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise FerliteError(f"{path}: the weights are of another model ({reason})") from None
    return model.eval()


def load_trained(path: Path) -> tuple[Recipe, FaceModel]:
    """A trained model, ready to use, and its recipe: of a checkpoint, or of an ONNX file.

    What ships has its recipe in the card beside it, what `ferlite train` leaves in `recipe.yaml`.

    Raises:
        FerliteError: as `load_model`; or an ONNX file without its recipe beside it.
    """
    recipe = trained_recipe(path)
    if path.suffix != ".onnx":
        return recipe, load_model(path)
    model = build_model(recipe)
    start_from_onnx(model, path)
    return recipe, model.eval()


def trained_recipe(path: Path) -> Recipe:
    """The recipe that a network was trained by; see `load_trained`.

    Raises:
        FerliteError: no such network, or its recipe is not to be found.
    """
    if path.suffix != ".onnx":
        return recipe_from_dict(read_checkpoint(path)["recipe"], where=path.name)
    _, about = read_onnx(path)
    recipe = _recipe_beside(path, about.get(RECIPE_SHA256, ""))
    if recipe is None:
        raise FerliteError(
            f"{path}: the recipe that it was trained by is not beside it; name the checkpoint of "
            "the training instead"
        )
    return recipe


def _recipe_beside(path: Path, sha256: str) -> Recipe | None:
    """The recipe in the card of this very file, or in a run's folder if it has this hash.

    What ships says the hash of its recipe before keys were renamed; its card knows the file.
    """
    card, run = path.with_suffix(".json"), path.parent / "recipe.yaml"
    if card.is_file():
        about = json.loads(card.read_text("utf-8"))
        if about["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest():
            return recipe_from_dict(modernised(about["recipe"]), where=card.name)
    elif run.is_file():
        stored = yaml.safe_load(run.read_text("utf-8"))
        recipe = recipe_from_dict(modernised(stored), where=run.name)
        return recipe if recipe.sha256 == sha256 else None
    return None
