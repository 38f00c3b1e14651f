"""Accuracy on harmed and on badly framed faces: results/benchmarks/robustness.json and two figures.

    python benchmarks/robustness.py fer2013.csv --model mine=mine.onnx

The model that ferlite uses by default is measured, and every `--model`: a shipped model's name or
NAME=FILE, as often as wanted. All are measured on the same faces of PrivateTest, harmed in the same
way. What the result already holds of the same file and the same faces is kept: a further model is a
further row, and a run that was stopped goes on. Nothing is chosen by these numbers.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite import EMOTIONS
from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.evaluate.measure import read_trained
from ferlite.lab.evaluate.report import fitted
from ferlite.lab.provenance import provenance
from reports.figures import strengths_figure
from reports.robustness import (
    CORRUPTIONS,
    FRAMINGS,
    Corruption,
    accuracies,
    as_json,
    mean_corruption_accuracy,
)

ROOT = Path(__file__).parents[1]
GROUPS = {"corruptions": CORRUPTIONS, "framings": FRAMINGS}
SEED = 0
Predict = Callable[[Any], Any]
BATCH = 16
"""Faces that a network takes at a time: more leave the processor's caches."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="FER2013")
    parser.add_argument("--model", action="append", default=[], metavar="NAME[=FILE]")
    parser.add_argument("--faces", type=int, help="so many, drawn by lot; all if not given")
    parser.add_argument("--threads", type=int, default=2, help="corruptions measured side by side")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "results" / "benchmarks" / "robustness.json"
    )
    parser.add_argument("--figures", type=Path, default=ROOT / "docs" / "images")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        run(arguments)
    except FerliteError as error:
        parser.exit(1, f"{error}\n")


def run(arguments: argparse.Namespace) -> None:
    """Measure what is not measured yet, writing every number down as it comes."""
    dataset = load_dataset(arguments.data, split="test")
    rows = dataset.rows("test")
    if arguments.faces:
        rows = np.sort(np.random.default_rng(SEED).permutation(rows)[: arguments.faces])
    faces = dataset.take(rows)
    report: dict[str, Any] = {
        "kind": "robustness",
        "what": "accuracy on test faces, harmed or cut differently; chance is the same for all "
        "models and strengths",
        "seed": SEED,
        "data": {"name": dataset.name, "sha256": dataset.sha256, "n": len(faces)},
        **{group: as_json(content) for group, content in GROUPS.items()},
    }
    report["models"] = kept(arguments.out, report)
    classifiers = {}
    for given in [zoo.DEFAULT, *arguments.model]:
        name, path = named(given)
        classifiers[name] = opened(path)
        digest = sha256(path.read_bytes()).hexdigest()
        if report["models"].get(name, {}).get("sha256") != digest:
            report["models"][name] = {"sha256": digest} | {group: {} for group in GROUPS}

    def write() -> None:
        for row in report["models"].values():
            row["mean_corruption_accuracy"] = mean_corruption_accuracy(row["corruptions"])
        with written_whole(arguments.out) as part:
            part.write_text(json.dumps(report | provenance(), indent=1) + "\n")

    with ThreadPoolExecutor(arguments.threads) as workers:
        jobs = {}
        for key, corruption in missing(report["models"], list(classifiers)):
            predict = partial(probabilities, classifiers[key[0]])
            measure = partial(measured, predict, faces.images_NHW, faces.labels_N, corruption)
            jobs[workers.submit(measure)] = key
        for job in as_completed(jobs):
            name, group, condition = jobs[job]
            row = report["models"][name]
            if group == "clean":
                (row["clean"],) = job.result()
            else:
                row[group][condition] = job.result()
            write()
            print(name, condition, *(f"{each:.1%}" for each in job.result()), flush=True)
    write()
    for group, file in (("corruptions", "robustness"), ("framings", "framing_robustness")):
        strengths_figure(report[group], report["models"], group, arguments.figures / f"{file}.png")


_CLEAN = Corruption("nothing", "", (0,), lambda image_HW, *_: image_HW)


def missing(
    models: dict[str, Any], names: list[str]
) -> Iterator[tuple[tuple[str, str, str], Corruption]]:
    """Model, group and name of each condition that is still to be measured; clean faces first."""
    for name in names:
        if "clean" not in models[name]:
            yield (name, "clean", "clean"), _CLEAN
    for group, content in GROUPS.items():
        for condition, corruption in content.items():
            for name in names:
                if condition not in models[name][group]:
                    yield (name, group, condition), corruption


def measured(
    predict: Predict, images_NHW: Any, labels_N: Any, corruption: Corruption
) -> list[float]:
    found = accuracies(predict, images_NHW, labels_N, corruption, SEED)
    return [round(accuracy, 6) for accuracy in found]


def kept(path: Path, report: dict[str, Any]) -> dict[str, Any]:
    """The rows of an earlier result, if it was measured on the same faces in the same way."""
    if not path.is_file():
        return {}
    old: dict[str, Any] = json.loads(path.read_text())
    same = all(old.get(key) == report[key] for key in ("seed", "data", *GROUPS))
    return dict(old["models"]) if same else {}


def named(given: str) -> tuple[str, Path]:
    """Name and file of a `--model`."""
    name, _, file = given.partition("=")
    return name, Path(file) if file else zoo.path(name)


def opened(path: Path) -> Classifier:
    """A network, if it takes faces as they are.

    Raises:
        FerliteError: it cannot be loaded, knows other classes, or wants the face found first.
    """
    classifier = Classifier(path, labels="fer2013")
    if classifier.classes != EMOTIONS:
        raise FerliteError(f"{path}: knows other classes than FER2013's seven")
    if read_trained(path).haar_crop:
        raise FerliteError(f"{path}: was trained on faces cut by Haar, and these are not")
    return classifier


def probabilities(classifier: Classifier, images_NHW: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities (N, 7) of gray faces, in small batches on the caller's thread."""
    return np.concatenate(
        [
            classifier(fitted(images_NHW[at : at + BATCH], classifier.channels, classifier.size))
            for at in range(0, len(images_NHW), BATCH)
        ]
    )


if __name__ == "__main__":
    main()
