"""Which faces normalisation layers should be measured on: results/benchmarks/usual_faces.json.

    python benchmarks/usual_faces.py fer2013.csv runs/ferlite_s_votes runs/ferlite_xs_votes

Each run's network as training left it, and then with its batch statistics measured anew
(`ferlite.lab.train.bn_recalibration`) on training faces that are changed as its
recipe changes them, in part or not at all. All else stays. Compared on PublicTest alone; minutes on
one core.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.provenance import provenance
from ferlite.lab.recipe import Recipe, recipe_from_dict
from ferlite.lab.train.augment import Augmentation, augment
from ferlite.lab.train.bn_recalibration import evenly, measure_statistics
from ferlite.lab.train.checkpoint import load_model, read_checkpoint
from ferlite.lab.train.loop import load_data

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "usual_faces.json"
BATCH = 64


def changes(how: Augmentation) -> dict[str, Augmentation]:
    """The parts of an augmentation that are compared, by what the table calls them."""
    still = Augmentation()
    light = ("brightness", "contrast", "gain", "gamma", "blur", "noise")
    geometry = ("flip", "rotation", "shift", "zoom", "shear", "fill")
    moved = replace(still, **{key: getattr(how, key) for key in geometry})
    return {
        "as they are": still,
        "changed in light alone": replace(still, **{key: getattr(how, key) for key in light}),
        "turned, shifted and magnified, bilinear": replace(moved, resampling="bilinear"),
        "turned, shifted and magnified, bicubic": replace(moved, resampling="bicubic"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare faces to measure statistics on.")
    parser.add_argument("data", type=Path, help="FER2013, with FER+'s votes where runs want them")
    parser.add_argument("runs", type=Path, nargs="+", help="folders of trainings")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    report: dict[str, Any] = {
        "kind": "benchmark",
        "name": "usual_faces",
        "what": "accuracy and log loss on PublicTest with batch statistics from different faces",
        "runs": {},
    }
    for run in arguments.runs:
        checkpoint = run / "checkpoints" / "best.ckpt"
        recipe = recipe_from_dict(read_checkpoint(checkpoint)["recipe"], where=str(checkpoint))
        dataset = load_data(recipe, arguments.data).dataset
        report["data"] = {"name": dataset.name, "sha256": dataset.sha256}
        rows = dict(compared(load_model(checkpoint), recipe, dataset))
        report["runs"][recipe.name] = rows
        print(recipe.name, json.dumps(rows, indent=1), flush=True)
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report | provenance(), indent=1) + "\n", encoding="utf-8")


def compared(
    model: FaceModel, recipe: Recipe, dataset: FaceDataset
) -> Iterator[tuple[str, dict[str, float]]]:
    """The network as it is, and with statistics of each kind of faces; it keeps the last."""
    side = recipe.model["size"]
    clean = evenly(torch.from_numpy(dataset.images_NHW[dataset.rows("train")])[:, None])
    validation = dataset.take(dataset.rows("validation"))
    yield "as training left them", measured(model, validation, side)
    for name, how in changes(recipe.augmentation).items():
        torch.manual_seed(recipe.seed)
        changed = [augment(prepared(batch, side), how) for batch in torch.split(clean, BATCH)]
        measure_statistics(model, model.all_logits, changed)
        yield name, measured(model, validation, side)


def prepared(faces: Tensor, side: int) -> Tensor:
    """As training prepares them: float faces in [0, 1] of the network's size."""
    x = faces.float() / 255
    if x.shape[-1] == side:
        return x
    return functional.interpolate(x, (side, side), mode="bilinear")


@torch.no_grad()
def measured(model: FaceModel, faces: FaceDataset, side: int) -> dict[str, float]:
    """Accuracy and log loss of the answer that labels taught."""
    batches = torch.split(torch.from_numpy(faces.images_NHW)[:, None], BATCH)
    logits_NK = torch.cat([model.logits(prepared(batch, side)) for batch in batches])
    p_NK = torch.softmax(logits_NK, 1).numpy().astype(np.float32)
    found = evaluate_probabilities(p_NK, faces.labels_N, faces.classes)
    return {key: found[key] for key in ("accuracy", "log_loss")}


if __name__ == "__main__":
    main()
