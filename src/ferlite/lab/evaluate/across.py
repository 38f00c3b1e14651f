"""Every trained system on every dataset, in the layout of the tables in CLCM's paper.

Gursesli et al., "Facial Emotion Recognition (FER) Through Custom Lightweight CNN Model: Performance
Evaluation in Public Datasets", IEEE Access, 2024, tables 4, 5, 8, 9 and 10: overall accuracy of
systems by datasets, accuracy per emotion, and confusion matrices in percent of the true emotion.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.data.layout import check_exists
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import predict_onnx
from ferlite.lab.tables import markdown


@dataclass(frozen=True)
class Run:
    """A finished training run.

    Attributes:
        folder: the name of the run's folder.
        system: the recipe's name.
        trained_on: the dataset's name.
        parameters: of the network, all of them.
        onnx: the exported network.
    """

    folder: str
    system: str
    trained_on: str
    parameters: int
    onnx: Path


def finished_runs(folder: Path) -> list[Run]:
    """The finished runs directly in a folder, in the order of their names, or the folder's own.

    Raises:
        FerliteError: there are none, or a network is missing or not the one that was measured.
    """
    check_exists(folder)
    found = []
    for path in sorted([*folder.glob("metrics.json"), *folder.glob("*/metrics.json")]):
        try:
            metrics = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FerliteError(f"{path}: cannot be read ({error})") from None
        # An evaluation's own report has no network, and one of other pictures than faces neither.
        if metrics.get("kind") != "training" or "onnx" not in metrics:
            continue
        onnx = path.parent / metrics["onnx"]["file"]
        if not onnx.is_file():
            raise FerliteError(f"{onnx}: is missing; finish the run with --resume")
        if hashlib.sha256(onnx.read_bytes()).hexdigest() != metrics["onnx"]["sha256"]:
            raise FerliteError(f"{onnx}: is not the file that {path.name} measured")
        found.append(
            Run(
                folder=path.parent.resolve().name,
                system=metrics["name"],
                trained_on=metrics["data"]["name"],
                parameters=metrics["parameters"],
                onnx=onnx,
            )
        )
    if not found:
        raise FerliteError(
            f"{folder}: holds no finished run, which is a folder with metrics.json and a network"
        )
    return found


def measured(runs: Sequence[Run], data: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Measure each run on the test rows of each dataset; one dataset is in memory at a time.

    Yields:
        For JSON: `run`, `system`, `trained_on`, `parameters`, `data` (name, sha256, split, n),
        `accuracy`, `accuracy_ci95`, `accuracy_per_class` (None for an emotion without images),
        `confusion_matrix` (counts; rows true, columns predicted) and `confusion_percent` (of the
        true emotion's images).

    Raises:
        FerliteError: a dataset cannot be read, has no test rows or the name of another one.
    """
    names: set[str] = set()
    for path in data:
        dataset = load_dataset(path, split="test")
        if dataset.name in names:
            raise FerliteError(f"{path}: another dataset is called {dataset.name} too; rename one")
        names.add(dataset.name)
        faces = dataset.take(dataset.rows("test"))
        if not len(faces):
            raise FerliteError(f"{path}: has no test rows")
        for run in runs:
            probabilities_NK = predict_onnx(run.onnx, faces.images_NHW)
            metrics = evaluate_probabilities(probabilities_NK, faces.labels_N, faces.classes)
            yield {
                "run": run.folder,
                "system": run.system,
                "trained_on": run.trained_on,
                "parameters": run.parameters,
                "data": {
                    "name": dataset.name,
                    "sha256": dataset.sha256,
                    "split": "test",
                    "n": len(faces),
                },
                "accuracy": metrics["accuracy"],
                "accuracy_ci95": metrics["accuracy_ci95"],
                "accuracy_per_class": {
                    name: row["recall"] if row["support"] else None
                    for name, row in metrics["per_class"].items()
                },
                "confusion_matrix": metrics["confusion_matrix"],
                "confusion_percent": row_percent(metrics["confusion_matrix"]),
            }


def row_percent(confusion: Sequence[Sequence[int]]) -> list[list[float]]:
    """Each row of a confusion matrix in percent of its sum, to one decimal; empty rows are zeros.

    >>> row_percent([[3, 1], [0, 0]])
    [[75.0, 25.0], [0.0, 0.0]]
    """
    counts_KK = np.array(confusion, np.float64)
    sum_K1 = np.maximum(counts_KK.sum(axis=1, keepdims=True), 1)
    percent: list[list[float]] = (100 * counts_KK / sum_K1).round(1).tolist()
    return percent


def tables(results: Sequence[Mapping[str, Any]]) -> str:
    """What `measured` gave, as Markdown: overall accuracy, accuracy per emotion, confusion."""
    datasets = list(dict.fromkeys(r["data"]["name"] for r in results))
    parts = ["# Across datasets\n", "All numbers are percent, on test rows.\n"]
    parts += ["## Overall accuracy\n", _overall(results, datasets)]
    parts.append("## Accuracy per emotion\n")
    for name in datasets:
        parts += [f"### {name}\n", _per_emotion([r for r in results if r["data"]["name"] == name])]
    parts.append("## Confusion matrices\n")
    parts.append("Rows are the true emotions, columns the predicted ones.\n")
    for result in results:
        title = f"{_system(result)} trained on {result['trained_on']}"
        parts += [f"### {title}, on {result['data']['name']}\n", _confusion(result)]
    return "\n".join(parts)


def write(results: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Write across.json and across.md into a folder.

    Raises:
        FerliteError: it cannot be written.
    """
    text = json.dumps({"kind": "across", "results": list(results)}, indent=1)
    try:
        for name, content in (("across.json", text + "\n"), ("across.md", tables(results))):
            with written_whole(out / name) as part:
                part.write_text(content, encoding="utf-8")
    except OSError as error:
        raise FerliteError(f"--out {out}: cannot be written ({error.strerror})") from None


def _overall(results: Sequence[Mapping[str, Any]], datasets: Sequence[str]) -> str:
    """Systems by datasets."""
    rows: dict[tuple[str, str, str], dict[str, float]] = {}
    for r in results:
        system = _system(r), r["trained_on"], f"{r['parameters']:,}"
        rows.setdefault(system, {})[r["data"]["name"]] = r["accuracy"]
    return markdown(
        ("system", "trained on", "parameters", *datasets),
        [
            (*system, *(_percent(found.get(name)) for name in datasets))
            for system, found in rows.items()
        ],
    )


def _per_emotion(results: Sequence[Mapping[str, Any]]) -> str:
    """Systems by emotions, on one dataset."""
    return markdown(
        ("system", "trained on", *results[0]["accuracy_per_class"], "all"),
        [
            (
                _system(r),
                r["trained_on"],
                *(_percent(share) for share in r["accuracy_per_class"].values()),
                _percent(r["accuracy"]),
            )
            for r in results
        ],
    )


def _confusion(result: Mapping[str, Any]) -> str:
    classes = list(result["accuracy_per_class"])
    rows = [
        (name, *(f"{percent:.1f}" for percent in row))
        for name, row in zip(classes, result["confusion_percent"], strict=True)
    ]
    return markdown(("true", *classes), rows, left=1)


def _system(result: Mapping[str, Any]) -> str:
    """The system, and which run of it where the folder has another name."""
    system, run = result["system"], result["run"]
    return f"`{system}`" if run == system else f"`{system}` ({run})"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
