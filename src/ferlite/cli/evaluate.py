"""`ferlite evaluate`: how good a model is on a dataset, with how sure that is."""

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from ferlite.errors import FerliteError


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="An ONNX file, a checkpoint (.ckpt), or a shipped model's name."
        ),
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="The dataset, recognised from its content: FER2013, FER+ (fer2013new.csv), "
            "RAF-DB, AffectNet, CK+, or a folder with one subfolder for each emotion."
        ),
    ],
    split: Annotated[str, typer.Option(help="Which rows: train, validation or test.")] = "test",
    out: Annotated[
        Path | None, typer.Option(help="Folder for metrics.json and the figures.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the metrics as one JSON object.")
    ] = False,
) -> None:
    """Measure a model on one split of a dataset.

    Examples:

      ferlite evaluate ferlite_s --data fer2013.csv

      ferlite evaluate runs/try/checkpoints/best.ckpt --data fer2013.csv --split validation

      ferlite evaluate mine.onnx --data RAF-DB/basic --out runs/mine --json
    """
    try:
        from ferlite.classify import zoo
        from ferlite.lab.data.dataset import SPLITS
        from ferlite.lab.data.detect import load_dataset
        from ferlite.lab.evaluate.metrics import evaluate_probabilities
        from ferlite.lab.evaluate.report import (
            predict_checkpoint,
            predict_onnx,
            print_report,
            write_report,
        )
    except ModuleNotFoundError as error:
        raise FerliteError(
            f"evaluating needs the lab ({error.name} is missing): pip install 'ferlite[lab]'"
        ) from None
    if split not in SPLITS:
        (near,) = get_close_matches(split, SPLITS, n=1, cutoff=0.0)
        raise FerliteError(f"--split {split}: there is no such split; did you mean {near}?")
    if out is not None and out.exists() and not out.is_dir():
        raise FerliteError(f"--out {out}: is a file; give a folder")

    file = Path(model) if model.endswith(".ckpt") else zoo.path(model)
    if not file.is_file():
        raise FerliteError(f"{file}: there is no such model file")

    dataset = load_dataset(data, split=split)
    rows = dataset.rows(split)
    if not len(rows):
        raise FerliteError(f"{data}: has no {split} rows")
    images_NHW, labels_N = dataset.images_NHW[rows], dataset.labels_N[rows]
    predict = predict_checkpoint if file.suffix == ".ckpt" else predict_onnx
    probabilities_NK = predict(file, images_NHW)
    try:
        metrics = {
            "model": file.name,
            "data": {"name": dataset.name, "sha256": dataset.sha256, "split": split},
            **evaluate_probabilities(probabilities_NK, labels_N, dataset.classes),
        }
    except ValueError as error:
        # A model of other classes, or one whose training diverged.
        raise FerliteError(f"{model}: {error}") from None
    if out is not None:
        try:
            write_report(metrics, probabilities_NK, labels_N, dataset.classes, out)
        except OSError as error:
            raise FerliteError(f"--out {out}: cannot be written ({error.strerror})") from None
    if as_json:
        print(json.dumps(metrics, indent=2, allow_nan=False))
    else:
        print_report(metrics)
