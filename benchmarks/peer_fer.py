"""ferlite beside the package `fer`, measured in one run: results/benchmarks/peer_fer.json.

    python benchmarks/peer_fer.py --data fer2013.csv --photos PHOTOS --yunet YUNET.onnx

Each package gets an environment of its own in runs/peers (`--envs`); the one of fer takes about
4 GB and the network, and is kept. `--skip-install` takes the environments as they are. Without
`--data` the accuracy on FER2013 is left out, without `--photos` that on photos, and without
`--yunet` ferlite finds faces with its built-in detector only. PHOTOS is a folder with one main face
in each photo and a `labels.csv` (image, emotion).

Faces in memory go through every model that ships, and FER2013's are read by its own labels, which
fer has learned, too; photos are read as ferlite reads them by default, with the default model and
the fast one, or with those that `--model` names. Both sides work on one processor core and are
asked in turns, in rounds.
`--only speed` measures one part and leaves the others in the result as they were: only the speed
needs an idle machine.
"""

import argparse
import csv
import json
import os
import statistics
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import peers
from ferlite import EMOTIONS
from ferlite.classify import zoo
from ferlite.emotions import emotion_index
from ferlite.files import written_whole
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.evaluate.metrics import accuracy_interval
from ferlite.lab.provenance import provenance

WAYS = {
    "fer, default": "default",
    "fer, Keras": "keras",
    "fer's Keras model in TensorFlow Lite": "tflite",
}
IMPORTS = {"fer": "from fer.fer import FER", "ferlite": "from ferlite import EmotionRecognizer"}
MODELS = (zoo.DEFAULT, zoo.FAST)
PARTS = ("speed", "size", "fer2013", "photos")
Action = Callable[[], list[float]]
Readers = dict[str, Callable[..., Any]]


def in_rounds(actions: Mapping[str, Action], rounds: int) -> dict[str, list[list[float]]]:
    """Ask all in turns, over and over; each once before, to warm up. Times by name and round."""
    for action in actions.values():
        action()
    times: dict[str, list[list[float]]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(action())
    return times


def compared(times: Mapping[str, list[list[float]]], base: str) -> dict[str, Any]:
    """Spread of each, and of its ratio to `base` in the same round, medians of each round."""
    medians = {name: [statistics.median(each) for each in times[name]] for name in times}
    rows = {}
    for name, found in times.items():
        ratios = [a / b for a, b in zip(medians[name], medians[base], strict=True)]
        rows[name] = {
            **peers.spread([time for each in found for time in each]),
            "ratio": round(statistics.median(ratios), 4),
            "ratio_range": [round(min(ratios), 4), round(max(ratios), 4)],
        }
    return rows


def speed(fer: peers.Worker, ferlite: peers.Worker, faces: int, passes: int, rounds: int) -> Any:
    """Milliseconds to classify faces that lie in memory, ready."""

    how: dict[str, Any] = {"do": "classify_times", "faces": faces, "passes": passes}
    actions: dict[str, Action] = {
        name: partial(fer.ask, way=way, **how) for name, way in WAYS.items()
    }
    actions |= {model: partial(ferlite.ask, model=model, **how) for model in zoo.names()}
    return compared(in_rounds(actions, rounds), "fer, default")


def readers(
    fer: peers.Worker, ferlite: peers.Worker, models: Sequence[str], yunet: Path | None
) -> Readers:
    """Who reads photos: fer, and ferlite with each model and detector."""
    found: Readers = {"fer, default": partial(fer.ask, "photos", way="default")}
    detectors = {"blazeface": None} | ({"yunet": str(yunet)} if yunet else {})
    for model in models:
        for detector, file in detectors.items():
            found[f"{model}, {detector}"] = partial(
                ferlite.ask, "photos", model=model, detector=detector, yunet=file
            )
    return found


def photo_speed(readers: Readers, paths: Sequence[Path], rounds: int) -> dict[str, Any]:
    """Milliseconds from file to emotion; every round has the same photos."""
    names = [str(path) for path in paths]

    def times(read: Callable[..., Any]) -> list[float]:
        found: list[float] = read(paths=names)["times"]
        return found

    actions = {name: partial(times, read) for name, read in readers.items()}
    return compared(in_rounds(actions, rounds), "fer, default")


def right(answers: Iterable[Any], labels: Iterable[Any]) -> dict[str, Any]:
    """Accuracy with its 95% interval; no answer is a wrong one."""
    hits = [answer == label for answer, label in zip(answers, labels, strict=True)]
    accuracy = sum(hits) / len(hits)
    low, high = accuracy_interval(accuracy, len(hits))
    return {"accuracy": round(accuracy, 4), "ci95": [low, high], "n": len(hits)}


def fer2013_accuracy(fer: peers.Worker, ferlite: peers.Worker, data: Path) -> dict[str, Any]:
    """Accuracy on PublicTest and PrivateTest; fer's faces are prepared as fer prepares them."""
    dataset = load_fer2013(data)
    report: dict[str, Any] = {}
    for split, name in (("validation", "PublicTest"), ("test", "PrivateTest")):
        part = dataset.take(dataset.rows(split))
        labels = part.labels_N.tolist()
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "faces.npy")
            np.save(file, part.images_NHW)
            report[name] = {
                who: right(fer.ask("classify", way=way, file=file), labels)
                for who, way in WAYS.items()
                if way != "tflite"  # the Keras model again
            } | {
                model: right(ferlite.ask("classify", model=model, file=file), labels)
                for model in zoo.names()
            }
    return report


def photo_accuracy(readers: Readers, folder: Path, most: int | None) -> dict[str, Any]:
    """Accuracy from the file on, and how often a face is found at all."""
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:most]
    labels = [EMOTIONS[emotion_index(row["emotion"])] for row in rows]
    paths = [str(folder / row["image"]) for row in rows]
    report = {}
    for name, read in readers.items():
        answers = read(paths=paths)["emotions"]
        found = sum(answer is not None for answer in answers) / len(answers)
        report[name] = {**right(answers, labels), "faces_found": round(found, 4)}
    return report


def import_times(pythons: Mapping[str, Path], rounds: int) -> dict[str, Any]:
    """Seconds of the import that each package's users begin with, in fresh processes."""

    def seconds(name: str) -> list[float]:
        return [peers.import_seconds(pythons[name], IMPORTS[name])]

    actions = {name: partial(seconds, name) for name in pythons}
    return compared(in_rounds(actions, rounds), "fer")


def sample(folder: Path | None, count: int) -> list[Path]:
    """Photos of about 400×400, spread over the folder; the astronaut where there is none."""
    if folder is None:
        return [peers.ROOT / "examples" / "astronaut.jpg"] * count
    with (folder / "labels.csv").open(newline="") as file:
        paths = [folder / row["image"] for row in csv.DictReader(file)]
    large = [path for path in paths if path.stat().st_size > 8_000]
    return large[:: max(1, len(large) // count)][:count]


def write(report: dict[str, Any], path: Path) -> None:
    with written_whole(path) as part:
        part.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def arguments_of(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """What both benchmarks against a peer can be told."""
    parser.add_argument("--photos", type=Path, help="folder of photos with labels.csv")
    parser.add_argument("--yunet", type=Path, help="YuNet's file")
    parser.add_argument("--envs", type=Path, default=peers.ENVIRONMENTS, help="for environments")
    parser.add_argument("--skip-install", action="store_true", help="take them as they are")
    arguments = parser.parse_args()
    for given in (arguments.photos, arguments.yunet):
        if given and not given.exists():
            parser.error(f"there is no {given}")
    return arguments


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="FER2013, in any form")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be given repeatedly")
    parser.add_argument(
        "--model", choices=zoo.names(), action="append", help="that reads photos; repeatable"
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--passes", type=int, default=100, help="single faces in each round")
    parser.add_argument("--sample", type=int, default=20, help="photos in each round")
    parser.add_argument("--most", type=int, help="no more photos than this for the accuracy")
    parser.add_argument(
        "--out", type=Path, default=peers.ROOT / "results" / "benchmarks" / "peer_fer.json"
    )
    arguments = arguments_of(parser)
    pythons = {
        name: peers.environment(name, arguments.envs, arguments.skip_install)
        for name in ("fer", "ferlite")
    }
    load_average = round(os.getloadavg()[0], 2)
    fer = peers.Worker(pythons["fer"], "peer_fer_inside.py")
    ferlite = peers.Worker(pythons["ferlite"], "peer_ferlite_inside.py")
    photo_readers = readers(fer, ferlite, arguments.model or MODELS, arguments.yunet)
    parts = arguments.only or PARTS
    report = peers.kept(arguments.out, arguments.only) | {
        "kind": "benchmark",
        "name": "peer_fer",
        "what": "ferlite beside the package fer, each in its own environment, on one core, asked "
        "in turns; ratios are to fer's default in the same round",
    }
    if "speed" in parts:
        rounds, passes = arguments.rounds, arguments.passes
        paths = sample(arguments.photos, arguments.sample)
        report |= {
            "load_average_1min": load_average,
            "rounds": rounds,
            "passes_per_round": passes,
            "photos_per_round": len(paths),
            "one_face_ms": speed(fer, ferlite, 1, passes, rounds),
            "batch_of_64_ms": speed(fer, ferlite, 64, max(1, passes // 50), rounds),
            "photo_ms": photo_speed(photo_readers, paths, max(1, rounds // 2)),
            "import_s": import_times(pythons, max(1, rounds // 2)),
        }
    if "size" in parts:
        report["installed"] = {name: peers.installed(python) for name, python in pythons.items()}
    if "fer2013" in parts and arguments.data:
        report["fer2013"] = fer2013_accuracy(fer, ferlite, arguments.data)
    if "photos" in parts and arguments.photos:
        report["photos"] = photo_accuracy(photo_readers, arguments.photos, arguments.most)
    fer.close()
    ferlite.close()
    origin = provenance()
    commits = dict.fromkeys(parts, origin["commit"])
    write({**report, "commits": report.get("commits", {}) | commits, **origin}, arguments.out)
    print(json.dumps({**report, "installed": None}, indent=1))


if __name__ == "__main__":
    main()
