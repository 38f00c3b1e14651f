"""Give every shipped model that learned votes its answer for photos, and say so in its card.

    python -m reports.photos --votes fer2013new.csv            rewrite files and cards
    python -m reports.photos --votes fer2013new.csv --check    say what would be the prior, no more

The prior is counted anew from FER+ as the networks learn it: the mean of the shares of the votes
for the seven emotions, over the Training rows; single votes are dropped, as FER+'s authors do. τ is
1, which is theory's; the temperature is the one that benchmarks/photos.py chose.
"""

import argparse
import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.emotions import EMOTIONS
from ferlite.files import written_whole
from ferlite.lab.photos import PRIOR, TAU, TEMPERATURE, with_photos

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
    for name in zoo.names():
        if "ferplus" in Classifier(zoo.path(name)).sources:
            give_photos(name)
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


def give_photos(name: str) -> None:
    """Write one shipped model's file again with the answer for photos, and its card."""
    file = zoo.path(name)
    with_photos(file, file)
    content = file.read_bytes()
    card = zoo.card(name)
    card["photos"] = measured(name) | described()
    card |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    # The file comes last in a card, as it was.
    for key in ("bytes", "sha256"):
        card[key] = card.pop(key)
    with written_whole(zoo.WEIGHTS / f"{name}.json") as part:
        part.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
