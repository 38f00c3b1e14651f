"""How right a network is on test faces of which its training had a near-copy, and on the others.

    python benchmarks/near_copies.py fer2013.csv [--model light_emonet=light_emonet.onnx]

Training leaves out byte-identical copies of test rows; the same photographs saved again, relit or
mirrored stay in, as they do in everybody's training. Measured are all networks that ship in
float32, and those that `--model` names; what was measured of others is kept. Writes
results/benchmarks/near_copies.json.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferlite.classify import zoo
from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.audit import find_copies
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.evaluate.measure import predict, read_trained
from ferlite.lab.evaluate.metrics import accuracy_interval
from ferlite.lab.provenance import provenance

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "near_copies.json"


def groups(dataset: FaceDataset) -> dict[str, NDArray[np.bool_]]:
    """Masks over all rows: test rows by the copies that training had of them.

    Returns:
        "near": a copy stays in training; "identical": all copies there are left out, because they
        are byte-identical to a test or validation row; "none": there is none; "all": every test
        row.
    """
    is_train_N, is_test_N = (dataset.splits_N == SPLITS.index(s) for s in ("train", "test"))
    copies = find_copies(dataset.images_NHW)
    both_ways = [(c.row, c.other, c.kind) for c in copies] + [
        (c.other, c.row, c.kind) for c in copies
    ]
    left_out_N, near_N, identical_N = np.zeros((3, len(dataset)), dtype=bool)
    for row, other, kind in both_ways:
        left_out_N[row] |= kind == "identical" and is_train_N[row] and not is_train_N[other]
    for row, other, _ in both_ways:
        if is_test_N[row] and is_train_N[other]:
            (identical_N if left_out_N[other] else near_N)[row] = True
    return {
        "all": is_test_N,
        "none": is_test_N & ~near_N & ~identical_N,
        "near": near_N,
        "identical": identical_N & ~near_N,
    }


def accuracies(right_N: NDArray[np.bool_], masks: dict[str, NDArray[np.bool_]]) -> dict[str, Any]:
    """Accuracy with its interval on each group of test rows; `right_N` is of all rows."""
    return {
        name: {
            "n": int(mask_N.sum()),
            "accuracy": float(right_N[mask_N].mean()),
            "accuracy_ci95": accuracy_interval(float(right_N[mask_N].mean()), int(mask_N.sum())),
        }
        for name, mask_N in masks.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what near-copies in training are worth.")
    parser.add_argument("data", type=Path, help="FER2013")
    parser.add_argument("--model", action="append", default=[], help="NAME=FILE; repeatable")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    models = {name: zoo.path(name) for name in zoo.names() if not name.endswith("_int8")}
    for given in arguments.model:
        name, _, file = given.partition("=")
        models[name] = Path(file)
    try:
        dataset = load_dataset(arguments.data)
        masks = groups(dataset)
        before = json.loads(arguments.out.read_text())["models"] if arguments.out.is_file() else {}
        report: dict[str, Any] = {
            "kind": "near_copies",
            "name": "near_copies",
            "what": "accuracy on PrivateTest by what training had of the same photograph",
            "data": {"name": dataset.name, "sha256": dataset.sha256},
            "models": before,
        }
        test = dataset.take(masks["all"])
        for name, path in models.items():
            right_N = np.zeros(len(dataset), dtype=bool)
            found_N = predict(read_trained(path), test).argmax(axis=1)
            right_N[masks["all"]] = found_N == test.labels_N
            report["models"][name] = accuracies(right_N, masks)
            print(name, {k: round(v["accuracy"], 4) for k, v in report["models"][name].items()})
    except FerliteError as error:
        parser.exit(1, f"{error}\n")
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report | provenance(), indent=1) + "\n")


if __name__ == "__main__":
    main()
