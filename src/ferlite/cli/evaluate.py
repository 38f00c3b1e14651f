"""`ferlite evaluate`: how good a model is on a dataset, with how sure that is."""

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from ferlite.classify.labels import check_labels
from ferlite.cli import options
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
    kind: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            metavar="FILE.py:FUNCTION",
            help="A function of your own that reads --data.",
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Which rows: train, validation or test.")] = "test",
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="auto|photos|ferplus|fer2013",
            help="The label source, of a model that learned FER+'s votes beside labels; "
            "by default fer2013 for FER2013, ferplus for the other published datasets, and for "
            "your own what 'ferlite predict' takes.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for metrics.json and the figures.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the metrics as one JSON object.")
    ] = False,
) -> None:
    """Measure a model on one split of a dataset, its faces prepared as in the model's training.

    A model that tells contempt apart, too, is measured on FER+'s eight classes; on the other
    datasets, which have no contempt, on its seven emotions.

    Examples:

      ferlite evaluate ferlite_s --data fer2013.csv

      ferlite evaluate runs/try/checkpoints/best.ckpt --data fer2013.csv --split validation

      ferlite evaluate mine.onnx --data RAF-DB/basic --out runs/mine --json
    """
    if labels is not None:
        check_labels(labels)
    options.check_data(data)
    with options.lab("evaluating needs"):
        from ferlite.classify import zoo
        from ferlite.lab.data.dataset import SPLITS
        from ferlite.lab.evaluate.measure import faces_for, predict, read_trained
        from ferlite.lab.evaluate.metrics import evaluate_probabilities
        from ferlite.lab.evaluate.report import print_report, write_report
    if split not in SPLITS:
        (near,) = get_close_matches(split, SPLITS, n=1, cutoff=0.0)
        raise FerliteError(f"--split {split}: there is no such split; did you mean {near}?")
    if out is not None and out.exists() and not out.is_dir():
        raise FerliteError(f"--out {out}: is a file; give a folder")

    file = Path(model) if model.endswith(".ckpt") else zoo.path(model)
    if not file.is_file():
        raise FerliteError(f"{file}: there is no such model file")

    trained = read_trained(file)
    dataset = faces_for(trained, data, split, kind)
    faces = dataset.take(dataset.rows(split))
    probabilities_NK = predict(trained, faces, labels)  # type: ignore[arg-type]
    try:
        metrics = {
            "model": file.name,
            "data": {"name": dataset.name, "sha256": dataset.sha256, "split": split},
            "haar_crop": trained.haar_crop,
            "left_out": [name for name in trained.classes if name not in faces.classes],
            **evaluate_probabilities(probabilities_NK, faces.labels_N, faces.classes),
        }
    except ValueError as error:  # a training that diverged
        raise FerliteError(f"{model}: {error}") from None
    if out is not None:
        try:
            write_report(metrics, probabilities_NK, faces.labels_N, faces.classes, out)
        except OSError as error:
            raise FerliteError(f"--out {out}: cannot be written ({error.strerror})") from None
    if as_json:
        print(json.dumps(metrics, indent=2, allow_nan=False))
    else:
        print_report(metrics)
