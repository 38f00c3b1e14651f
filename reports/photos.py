"""Give every shipped model that learned votes its answer for photos, and say so in its card.

    python -m reports.photos --votes fer2013new.csv            rewrite files, cards and results
    python -m reports.photos --votes fer2013new.csv --check    say what would be the prior, no more

The prior is counted anew from FER+ as the networks learn it: the mean of the shares of the votes
for the seven emotions, over the Training rows; single votes are dropped, as FER+'s authors do. τ is
1, which is theory's; the temperature is the one that benchmarks/photos.py chose.
"""

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.emotions import EMOTIONS
from ferlite.lab.photos import PRIOR, TAU, TEMPERATURE, with_photos
from reports.results import place_of, shipped
from reports.ship import card, file_of, write_json

RESULT = Path("results/benchmarks/photos.json")
_COLUMNS = dict(
    zip(
        EMOTIONS,
        ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"),
        strict=True,
    )
)


def main() -> None:
    """Rewrite the shipped files and their cards."""
    parser = argparse.ArgumentParser(description="Add the answer for photos to what ships.")
    parser.add_argument("--votes", type=Path, required=True, help="fer2013new.csv")
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    counted = prior(arguments.votes)
    print({emotion: round(share, 3) for emotion, share in counted.items()})
    if any(abs(share - PRIOR[emotion]) > 0.0006 for emotion, share in counted.items()):
        raise SystemExit("this is not the prior of ferlite.lab.photos; put these numbers there")
    if arguments.check:
        return
    for name, result in zip(zoo.names(), shipped(), strict=True):
        if "ferplus" in Classifier(zoo.path(name)).sources:
            give_photos(name, place_of(result))
            print(name, zoo.card(name)["sha256"])


def prior(votes: Path) -> dict[str, float]:
    """The mean share of each emotion in the votes for FER+'s Training faces."""
    with votes.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Usage"] == "Training"]
    votes_N7 = np.array([[int(row[column]) for column in _COLUMNS.values()] for row in rows])
    votes_N7[votes_N7 == 1] = 0
    votes_N7 = votes_N7[votes_N7.any(axis=1)]
    shares: list[float] = (votes_N7 / votes_N7.sum(axis=1, keepdims=True)).mean(axis=0).tolist()
    return dict(zip(EMOTIONS, shares, strict=True))


def measured(name: str) -> dict[str, Any]:
    """What the benchmark says of a model's answer for photos; nothing before it has run."""
    if not RESULT.is_file():
        return {}
    models = json.loads(RESULT.read_text(encoding="utf-8"))["models"]
    numbers = models.get(name, {}).get("photos", {})
    keys = ("accuracy", "accuracy_ci95", "balanced_accuracy", "expected_calibration_error")
    return {key: numbers[key] for key in keys if key in numbers}


def described() -> dict[str, Any]:
    """How the answer for photos is made, for a card."""
    return {
        "method": "logit adjustment of the votes' answer (Menon et al. 2021), then a temperature",
        "prior": PRIOR,
        "prior_from": "mean shares of the votes for FER+'s Training faces, single votes dropped",
        "tau": TAU,
        "temperature": TEMPERATURE,
        "fitted_on": "1,156 development photos: the temperature alone",
    }


def give_photos(name: str, result: Path) -> None:
    """Write one shipped model's file again with the answer for photos, its card, and its result."""
    file = zoo.path(name)
    with_photos(file, file)
    metrics = json.loads(result.read_text(encoding="utf-8"))
    metrics["onnx"] = file_of(file)
    write_json(result, metrics)
    made = card(name, metrics) | {"photos": measured(name) | described()}
    # The file comes last in a card.
    for key in ("bytes", "sha256"):
        made[key] = made.pop(key)
    write_json(zoo.WEIGHTS / f"{name}.json", made)


if __name__ == "__main__":
    main()
