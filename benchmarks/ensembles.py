"""Several networks that answer together, and Keras's binary accuracy of each.

    python benchmarks/ensembles.py --data fer2013.csv --model NAME=FILE.onnx --model NAME …

A NAME alone is a network that ships. Every one is measured by itself, and then all of those that
ship, all of the papers', and all together: by the mean of their probabilities, as FER2013's labels
would have them. Writes results/benchmarks/ensembles.json; `python -m reports.tables` makes the
tables of docs/research/reproduction.md.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ferlite.classify import zoo
from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import predict_onnx
from ferlite.lab.provenance import provenance

SPLITS: Final = ("validation", "test")
KEPT: Final = ("n", "accuracy", "accuracy_ci95", "balanced_accuracy", "binary_accuracy", "macro_f1")


def measured(probabilities: dict[str, NDArray[np.floating]], faces: FaceDataset) -> dict[str, Any]:
    """What probabilities of PublicTest and PrivateTest are worth."""
    found = {}
    for split in SPLITS:
        metrics = evaluate_probabilities(
            probabilities[split], faces.labels_N[faces.rows(split)], faces.classes
        )
        found[split] = {key: metrics[key] for key in KEPT}
    return found


def ensembles(models: dict[str, Path], ours: set[str], faces: FaceDataset) -> dict[str, Any]:
    """Every network by itself, and the ensembles that can be made of them.

    Args:
        models: files by name.
        ours: the names of those that ship.
        faces: with PublicTest as validation rows and PrivateTest as test rows.

    Returns:
        `models` (metrics by name) and `rows`, one for each ensemble of two or more.
    """
    answers = {
        name: {s: predict_onnx(file, faces.images_NHW[faces.rows(s)]) for s in SPLITS}
        for name, file in models.items()
    }
    alone = {name: measured(answer, faces) for name, answer in answers.items()}
    theirs = [name for name in models if name not in ours]
    rows = []
    for what, members in (
        ("the papers' systems", theirs),
        ("ours", [name for name in models if name in ours]),
        ("the papers' systems and ours", list(models)),
    ):
        if len(members) < 2 or (what.endswith("and ours") and not (theirs and ours)):
            continue
        together = {s: np.mean([answers[name][s] for name in members], axis=0) for s in SPLITS}
        best = max(alone[name]["test"]["accuracy"] for name in members)
        rows.append(
            {"what": what, "members": members, "best_member": best, **measured(together, faces)}
        )
    return {"models": alone, "rows": rows}


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description="Measure ensembles on FER2013.")
    parser.add_argument("--data", type=Path, required=True, help="FER2013's table")
    parser.add_argument("--model", action="append", required=True, help="NAME or NAME=FILE.onnx")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/ensembles.json"))
    arguments = parser.parse_args()
    named = [text.partition("=") for text in arguments.model]
    models = {name: Path(file) if file else zoo.path(name) for name, _, file in named}
    ours = {name for name, _, file in named if not file}
    found = {
        "kind": "benchmark",
        "name": "ensembles",
        **ensembles(models, ours, load_fer2013(arguments.data)),
        **provenance(),
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for row in found["rows"]:
        print(
            f"{row['what']}: {row['test']['accuracy']:.1%} (best member {row['best_member']:.1%})"
        )


if __name__ == "__main__":
    main()
