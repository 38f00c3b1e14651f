"""Every trained system on every dataset; `across_tables` sets it as CLCM's paper does."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.layout import check_exists
from ferlite.lab.evaluate.across_tables import tables
from ferlite.lab.evaluate.measure import faces_for, predict, read_trained
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.provenance import provenance


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
        # An evaluation's own report has no network, and one of other images than faces neither.
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


def measured(
    runs: Sequence[Run], data: Sequence[Path], kind: str | None = None
) -> Iterator[dict[str, Any]]:
    """Measure each run on the test rows of each dataset; one dataset is in memory at a time.

    All are of one `kind`, if that is given; see `load_dataset`.

    FER+ is read with the eight classes of a run that knows contempt; see `measure.predict`.

    Yields:
        For JSON: `run`, `system`, `trained_on`, `parameters`, `data` (name, sha256, split, n),
        `accuracy`, `accuracy_ci95`, `accuracy_per_class` (None for an emotion without images),
        `confusion_matrix` (counts; rows true, columns predicted) and `confusion_percent` (of the
        true emotion's images).

    Raises:
        FerliteError: a dataset cannot be read, has no test rows or the name of another one.
    """
    names: dict[str, int] = {}
    trained = [read_trained(run.onnx) for run in runs]
    for number, path in enumerate(data):
        loaded: dict[tuple[tuple[str, ...], int | None], FaceDataset] = {}
        for run, network in zip(runs, trained, strict=True):
            wanted = network.classes, network.size
            if wanted not in loaded:
                loaded[wanted] = faces_for(network, path, "test", kind)
            dataset = loaded[wanted]
            if names.setdefault(dataset.name, number) != number:
                raise FerliteError(
                    f"{path}: another dataset is called {dataset.name} too; rename one"
                )
            faces = dataset.take(dataset.rows("test"))
            probabilities_NK = predict(network, faces)
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


def write(results: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Write across.json and across.md into a folder.

    Raises:
        FerliteError: it cannot be written.
    """
    content = {"kind": "across", **provenance(), "results": list(results)}
    text = json.dumps(content, indent=1)
    try:
        for name, lines in (("across.json", text + "\n"), ("across.md", tables(results))):
            with written_whole(out / name) as part:
                part.write_text(lines, encoding="utf-8")
    except OSError as error:
        raise FerliteError(f"--out {out}: cannot be written ({error.strerror})") from None
