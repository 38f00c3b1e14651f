"""What each shipped model is worth on FER2013 and FER+ by each of its label sources.

    python benchmarks/label_sources.py FOLDER

FOLDER holds FER2013's table and FER+'s votes (fer2013new.csv). The numbers are those of PrivateTest
and go to results/benchmarks/label_sources.json; a minute on one core. Nothing is chosen here: it
says what the default answer, which is meant for photos, gives on the two test sets that papers
report.
"""

import argparse
import json
from pathlib import Path
from statistics import fmean
from typing import Any

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.files import written_whole
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.ferplus import load_ferplus
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import predict_onnx
from ferlite.lab.provenance import provenance

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "label_sources.json"
KEPT = ("accuracy", "accuracy_ci95", "macro_f1", "expected_calibration_error")


def main() -> None:
    """Measure every shipped model by every label source on both test sets."""
    parser = argparse.ArgumentParser(description="Measure the label sources on FER2013 and FER+.")
    parser.add_argument("data", type=Path, help="folder with FER2013 and FER+'s votes")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    datasets = {
        "fer2013": load_fer2013(arguments.data),
        "ferplus": load_ferplus(arguments.data),
    }
    report: dict[str, Any] = {
        "kind": "benchmark",
        "name": "label_sources",
        "what": "PrivateTest, single model, single crop; FER+ by the majority of votes for the "
        "seven emotions",
        "data": {name: {"sha256": dataset.sha256} for name, dataset in datasets.items()},
        "models": {},
    }
    for name in zoo.names():
        file = zoo.path(name)
        for source in Classifier(file).sources:
            for on, dataset in datasets.items():
                test = dataset.take(dataset.rows("test"))
                p_NK = predict_onnx(file, test.images_NHW, labels=source)
                found = evaluate_probabilities(p_NK, test.labels_N, test.classes)
                recalls = [numbers["recall"] for numbers in found["per_class"].values()]
                report["models"].setdefault(name, {}).setdefault(source, {})[on] = {
                    "faces": found["n"],
                    "balanced_accuracy": fmean(recalls),
                    **{key: found[key] for key in KEPT},
                }
                print(name, source, on, f"{found['accuracy']:.1%}", flush=True)
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report | provenance(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
