"""What int8 costs in accuracy, and what it saves: results/int8.json.

    python benchmarks/int8.py fer2013.csv [--model ferlite_s]       every form of the network
    python benchmarks/int8.py fer2013.csv --latency                 how fast the best ones are

The forms are compared on PublicTest; PrivateTest is reported. Scales come from training faces.
Latency wants a machine that does nothing else; it is added to the numbers that are there.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.files import written_whole
from ferlite.lab.data.copies import drop_copies
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.efficiency.runtimes import opened
from ferlite.lab.evaluate.report import predict_onnx
from ferlite.lab.int8 import calibration_faces, quantise
from ferlite.lab.provenance import provenance

RESULT = Path(__file__).parents[1] / "results" / "int8.json"

FORMS: dict[str, dict[str, Any]] = {
    "MinMax, 7-bit weights": {},
    "MinMax, 8-bit weights": {"reduce_range": False},
    "Percentile, 7-bit weights": {"ranges": "Percentile"},
    "MinMax, 7-bit weights, QOperator": {"form": "QOperator"},
    "MinMax, 7-bit weights, first layer float": {"float_layers": [0]},
    "MinMax, 7-bit weights, last layer float": {"float_layers": [-1]},
    "Entropy, 8-bit weights": {"reduce_range": False, "ranges": "Entropy"},
    "Percentile, 8-bit weights": {"reduce_range": False, "ranges": "Percentile"},
}
"""What `quantise` is told, by a name for the table."""
TIMED = ("MinMax, 7-bit weights", "MinMax, 7-bit weights, QOperator", "MinMax, 8-bit weights")
ROUNDS, PASSES = 40, 25


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what int8 costs and saves.")
    parser.add_argument("data", type=Path, help="FER2013")
    parser.add_argument("--model", default=zoo.DEFAULT, help="a name or an .onnx file, float32")
    parser.add_argument("--latency", action="store_true", help="measure speed alone")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    source = zoo.path(arguments.model)
    # The rows that the training saw: none that is also a row of the splits measured on.
    dataset, _ = drop_copies(load_dataset(arguments.data))
    taken = Classifier(source)
    faces = calibration_faces(dataset, taken.channels, taken.size)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.latency:
            files = {"float32": source}
            for number, name in enumerate(TIMED):
                files[name] = Path(folder) / f"{number}.onnx"
                quantise(source, files[name], faces, **FORMS[name])
            report = json.loads(arguments.out.read_text())
            report["latency"] = {"rows": latency(files, faces), **provenance()}
            write(report, arguments.out)
        else:
            for report in accuracy(source, dataset, faces, Path(folder)):
                write(report | provenance(), arguments.out)


def write(report: dict[str, Any], out: Path) -> None:
    with written_whole(out) as part:
        part.write_text(json.dumps(report, indent=1) + "\n")


def accuracy(source: Path, dataset: Any, faces: Any, folder: Path) -> Iterator[dict[str, Any]]:
    """Accuracy and size of every form; the report so far, after each."""
    rows: list[dict[str, Any]] = []
    report = {
        "kind": "int8",
        "what": "accuracy and size of forms of one network; int8 weights with a scale for each "
        "channel, uint8 activations, scales from training faces",
        "model": Classifier(source).name,
        "calibration_faces": len(faces),
        "data": {"name": dataset.name, "sha256": dataset.sha256},
        "rows": rows,
    }
    for name, how in {"float32": None, **FORMS}.items():
        path = source
        if how is not None:
            path = folder / "int8.onnx"
            quantise(source, path, faces, **how)
        row: dict[str, Any] = {"form": name, "bytes": path.stat().st_size}
        for split in ("validation", "test"):
            where = dataset.rows(split)
            found_NK = predict_onnx(path, dataset.images_NHW[where], batch=16, threads=1)
            row[split] = float((found_NK.argmax(axis=1) == dataset.labels_N[where]).mean())
            # Of the rows alone accuracy may not tell a good form from a lucky one.
            loss_N = -np.log(found_NK[np.arange(len(where)), dataset.labels_N[where]] + 1e-12)
            row[f"{split}_log_loss"] = float(loss_N.mean())
        rows.append(row)
        print(row, flush=True)
        yield report


def latency(files: dict[str, Path], faces_NCHW: Any) -> list[dict[str, Any]]:
    """Milliseconds for one face on one thread; rounds, so that a busy moment hurts all alike."""
    runs = {name: opened(path, threads=1) for name, path in files.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for round_number in range(ROUNDS + 1):  # the first does not count
        for name, run in runs.items():
            for number in range(PASSES):
                start = time.perf_counter()
                run(faces_NCHW[number : number + 1])
                if round_number:
                    seconds[name].append(time.perf_counter() - start)
    return [
        {
            "form": name,
            "passes": len(each),
            "median_ms": round(1e3 * median(each), 4),
            "p5_ms": round(1e3 * float(np.percentile(each, 5)), 4),
            "p95_ms": round(1e3 * float(np.percentile(each, 95)), 4),
        }
        for name, each in seconds.items()
    ]


if __name__ == "__main__":
    main()
