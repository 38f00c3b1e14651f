"""Put a finished run into the package: its ONNX file, its card, and its numbers in results/.

    python -m ferlite.lab.ship runs/ferlite_s --ship

The card is made from the run's metrics.json alone, so that it cannot say anything else.
"""

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from ferlite.classify.zoo import WEIGHTS
from ferlite.errors import FerliteError
from ferlite.files import written_whole

RESULTS = Path("results")

LIMITS = [
    "Trained on FER2013: gray 48×48 faces from web searches, labelled by few people, about one "
    "label in ten doubtful; the accuracy below is on such faces and says little about others.",
    "It names the expression that people would most likely see in a picture. It does not know what "
    "anyone feels.",
    "Fear, sadness and disgust are told apart poorly (see accuracy per class).",
    "Nobody has measured it by age, sex, skin colour or culture; FER2013 is known to be unbalanced "
    "in all of them.",
    "Faces turned far to the side, covered, very dark, or smaller than about 40 pixels are read "
    "badly.",
]
NOT_FOR = [
    "decisions about people: hiring, schooling, insurance, credit, policing, borders, health",
    "telling lies from truth, or intent, character, or illness",
    "watching people who have not agreed to it; in workplaces and schools of the European Union "
    "that is forbidden (Regulation (EU) 2024/1689, Article 5)",
]


def card(name: str, metrics: dict[str, Any]) -> dict[str, Any]:
    """What people should know of a model, from the metrics of the run that made it."""
    test, validation = metrics["test"], metrics["validation"]
    return {
        "name": name,
        "summary": metrics["summary"],
        "task": "which of seven expressions a face shows",
        "input": f"uint8 faces (N, {metrics['recipe']['model']['channels']}, "
        f"{metrics['recipe']['model']['size']}, {metrics['recipe']['model']['size']})",
        "data": {
            **metrics["data"],
            "selected_on": "PublicTest",
            "reported_on": "PrivateTest, single model, single crop, once",
        },
        "recipe": metrics["recipe"],
        "recipe_sha256": metrics["recipe_sha256"],
        "accuracy": test["accuracy"],
        "accuracy_ci95": test["accuracy_ci95"],
        "validation_accuracy": validation["accuracy"],
        "macro_f1": test["macro_f1"],
        "expected_calibration_error": test["expected_calibration_error"],
        "accuracy_per_class": {c: v["recall"] for c, v in test["per_class"].items()},
        "parameters": metrics["parameters"],
        "multiply_adds": metrics["multiply_adds"],
        "limits": LIMITS,
        "not_for": NOT_FOR,
        "licence": "Apache-2.0 for the weights; FER2013 itself is for research",
        "made": {
            key: metrics[key] for key in ("commit", "seed", "epochs_run", "wall_time_s", "hardware")
        },
        "bytes": metrics["onnx"]["bytes"],
        "sha256": metrics["onnx"]["sha256"],
    }


def ship(run: Path, name: str | None = None) -> Path:
    """Copy a run's ONNX file into the package under `name`, with its card.

    Raises:
        FerliteError: the run is not finished, or its ONNX file is not the one it measured.
    """
    metrics = read_metrics(run)
    name = name or metrics["name"]
    exported = run / metrics["onnx"]["file"]
    if hashlib.sha256(exported.read_bytes()).hexdigest() != metrics["onnx"]["sha256"]:
        raise FerliteError(f"{exported}: is not the file that metrics.json measured")
    target = WEIGHTS / f"{name}.onnx"
    with written_whole(target) as part:
        shutil.copyfile(exported, part)
    _write_json(WEIGHTS / f"{name}.json", card(name, metrics))
    return target


def record(run: Path, results: Path = RESULTS) -> Path:
    """Keep a run's numbers in results/, under the recipe's name."""
    metrics = read_metrics(run)
    target = results / f"{metrics['name']}.json"
    _write_json(target, metrics)
    return target


def read_metrics(run: Path) -> dict[str, Any]:
    """The metrics.json of a finished run.

    Raises:
        FerliteError: there is none.
    """
    path = run / "metrics.json"
    if not path.is_file():
        raise FerliteError(f"{run}: holds no metrics.json; finish the run with --resume first")
    metrics: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return metrics


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with written_whole(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Record runs in results/; with --ship put them into the package too."""
    parser = argparse.ArgumentParser(description="Keep the numbers of finished runs.")
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--ship", action="store_true", help="put the weights into the package too")
    arguments = parser.parse_args()
    for run in arguments.runs:
        print(record(run))
        if arguments.ship:
            print(ship(run))


if __name__ == "__main__":
    main()
