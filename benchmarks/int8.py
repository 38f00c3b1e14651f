"""What int8 costs in accuracy, and what it saves: results/benchmarks/int8.json.

    python benchmarks/int8.py fer2013.csv                every form of the networks
    python benchmarks/int8.py fer2013.csv --latency      how fast the best ones are

The networks are those that ship in int8, too, or those that `--model` names; what was measured of
others is kept. The forms are compared on PublicTest; PrivateTest is reported. Scales come from
training faces. Latency wants a machine that does nothing else, and is added to what is there.
"""

import argparse
import hashlib
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
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.efficiency.runtimes import opened
from ferlite.lab.evaluate.report import predict_onnx
from ferlite.lab.int8 import calibration_faces, quantise
from ferlite.lab.provenance import provenance

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "int8.json"

FORMS: dict[str, dict[str, Any]] = {
    "MinMax, 7-bit weights": {},
    "MinMax, 8-bit weights": {"reduce_range": False},
    "Percentile, 7-bit weights": {"ranges": "Percentile"},
    "MinMax, 7-bit weights, QOperator": {"form": "QOperator"},
    "MinMax, 7-bit weights, first layer float": {"float_layers": [0]},
    "MinMax, 7-bit weights, last layer float": {"float_layers": [-1]},
    "Percentile, 7-bit weights, first and last layer float": {
        "ranges": "Percentile",
        "float_layers": [0, -1],
    },
    "Entropy, 8-bit weights": {"reduce_range": False, "ranges": "Entropy"},
    "Percentile, 8-bit weights": {"reduce_range": False, "ranges": "Percentile"},
}
"""What `quantise` is told, by a name for the table."""
TIMED = (
    "Percentile, 7-bit weights, first and last layer float",
    "MinMax, 7-bit weights",
    "MinMax, 7-bit weights, QOperator",
    "MinMax, 8-bit weights",
)
ROUNDS, PASSES = 40, 25


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what int8 costs and saves.")
    parser.add_argument("data", type=Path, help="FER2013")
    parser.add_argument(
        "--model", action="append", help="a name or a float32 .onnx file; as often as wanted"
    )
    parser.add_argument("--latency", action="store_true", help="measure speed alone")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    sources = [zoo.path(model) for model in arguments.model or in_pairs(zoo.names())]
    # The rows that the training saw: none that is also a row of the splits measured on.
    dataset, _ = drop_copies(load_dataset(arguments.data))
    report: dict[str, Any] = {
        "kind": "int8",
        "what": "accuracy and size of forms of each network; int8 weights with a scale for each "
        "channel, uint8 activations, scales from training faces",
        "data": {"name": dataset.name, "sha256": dataset.sha256},
        "models": kept(arguments.out),
    }
    for source in sources:
        taken = Classifier(source)
        faces = calibration_faces(dataset, taken.channels, taken.size)
        sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
        if report["models"].get(taken.name, {}).get("sha256") != sha256:
            report["models"][taken.name] = {"sha256": sha256, "calibration_faces": len(faces)}
        model = report["models"][taken.name]
        with tempfile.TemporaryDirectory() as folder:
            if arguments.latency:
                model["latency"] = {"rows": latency(forms(source, faces, Path(folder)), faces)}
                model["latency"] |= provenance()
                write(report, arguments.out)
                continue
            for rows in accuracy(source, dataset, faces, Path(folder)):
                model["rows"] = rows
                write(report | provenance(), arguments.out)


def in_pairs(names: list[str]) -> list[str]:
    """The networks that ship in int8, too."""
    return [name for name in names if f"{name}_int8" in names]


def kept(path: Path) -> dict[str, Any]:
    """What an earlier result holds of each network."""
    return dict(json.loads(path.read_text())["models"]) if path.is_file() else {}


def forms(source: Path, faces: Any, folder: Path) -> dict[str, Path]:
    """The network, and files of its forms that are timed."""
    files = {"float32": source}
    for number, name in enumerate(TIMED):
        files[name] = folder / f"{number}.onnx"
        quantise(source, files[name], faces, **FORMS[name])
    return files


def write(report: dict[str, Any], out: Path) -> None:
    with written_whole(out) as part:
        part.write_text(json.dumps(report, indent=1) + "\n")


def accuracy(
    source: Path, dataset: FaceDataset, faces: Any, folder: Path
) -> Iterator[list[dict[str, Any]]]:
    """Accuracy and size of every form; the rows so far, after each."""
    rows: list[dict[str, Any]] = []
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
        yield rows


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
