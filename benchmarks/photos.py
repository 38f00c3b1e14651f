"""How right each shipped model is on photos, by each of its label sources.

    python benchmarks/photos.py PHOTOS [--yunet face_detection_yunet_2023mar.onnx]

PHOTOS is a folder of photos with one main face each and a `labels.csv` (image, emotion). Each is
read as users read it, with the built-in detector; the largest face counts, and a photo without one
is wrong. The numbers go to results/benchmarks/photos.json.

The answer for photos has two numbers. τ is 1 because theory says so: all of the training votes'
prior is taken out (Menon et al. 2021), and nothing about it is fitted here; what other values would
give is told beside. The temperature is the one with the least expected calibration error on the
photos, in the mean over the models that ship. That has seen the labels; so it is chosen again on
random halves of the photos, and each half is answered with what the other one chose.
"""

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ferlite import EMOTIONS
from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.faces.crop import crop
from ferlite.faces.detection import Detection
from ferlite.files import written_whole
from ferlite.lab.photos import PRIOR, TAU, TEMPERATURE
from ferlite.lab.provenance import provenance
from ferlite.media.image import load
from ferlite.recognizer import MARGIN, EmotionRecognizer

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "photos.json"
TAUS: Final = np.round(np.arange(0, 1.41, 0.2), 1)
TEMPERATURES: Final = np.round(np.arange(1, 2.51, 0.1), 1)
SPLITS: Final = 5
"""So often the photos are halved; either half chooses once and measures once."""
BINS: Final = 10
DRAWS: Final = 2000
"""Of photos with replacement, for the 95% intervals."""

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def main() -> None:
    """Measure every shipped model by every label source, and choose the temperature."""
    parser = argparse.ArgumentParser(description="Measure the shipped models on photos.")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--yunet", type=Path, help="YuNet's file, to compare the detectors")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    with (arguments.photos / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels_N = np.array([EMOTIONS.index(row["emotion"]) for row in rows])
    images = [load(arguments.photos / row["image"]) for row in rows]

    found = {"blazeface": largest(EmotionRecognizer(), images)}
    if arguments.yunet:
        found["yunet"] = largest(EmotionRecognizer(detector="yunet", yunet=arguments.yunet), images)
    models: dict[str, Any] = {}
    votes: dict[str, Floats] = {}
    for name in zoo.names():
        for source in Classifier(zoo.path(name)).sources:
            p_N7 = read(Classifier(zoo.path(name), labels=source), images, found["blazeface"])
            models.setdefault(name, {})[source] = measured(p_N7, labels_N)
            if source == "ferplus":
                votes[name] = p_N7
            numbers = models[name][source]
            print(name, source, {k: numbers[k] for k in list(numbers)[:3]}, flush=True)
    default = Classifier(zoo.path(zoo.DEFAULT), labels="photos")
    report = {
        "what": "Photos with one main face, read as users read them: the largest face that the "
        "built-in detector finds; a photo without one is wrong. Balanced accuracy is the mean of "
        "the seven recalls. Calibration is that of the faces found, and a photo without one counts "
        "as certain and wrong. Intervals: 95%, by drawing photos again.",
        "fitted_to_these_photos": "the temperature of the answer for photos, "
        "the scale and offset of the built-in detector's boxes (on YuNet's boxes, not on labels), "
        "and the margin of the crop. Nothing was trained on them.",
        "photos": len(labels_N),
        "per_emotion": dict(
            zip(EMOTIONS, np.bincount(labels_N, minlength=7).tolist(), strict=True)
        ),
        "prior": PRIOR,
        "in_the_files": {"tau": TAU, "temperature": TEMPERATURE},
        "default": {"model": zoo.DEFAULT, "labels": "photos", "detector": "blazeface"},
        "models": models,
        "detectors": {
            name: measured(read(default, images, faces), labels_N) for name, faces in found.items()
        },
        "choice": choice(votes, labels_N),
        **provenance(),
    }
    print(json.dumps(report["choice"], indent=1))
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def largest(recognizer: EmotionRecognizer, images: Sequence[Image]) -> list[Detection | None]:
    """The largest face of each photo, and None where there is none."""
    return [next(iter(recognizer._detect(image)), None) for image in images]


def read(
    classifier: Classifier, images: Sequence[Image], faces: Sequence[Detection | None]
) -> Floats:
    """Probabilities (N, 7) of the faces; NaN where there is none."""
    p_N7 = np.full((len(images), len(EMOTIONS)), np.nan)
    where = [i for i, face in enumerate(faces) if face is not None]
    crops = [
        crop(images[i], face.box, MARGIN, classifier.size, classifier.channels, face.angle)
        for i in where
        if (face := faces[i]) is not None
    ]
    p_N7[where] = classifier(np.stack(crops))
    return p_N7


def measured(p_N7: Floats, labels_N: Ints) -> dict[str, Any]:
    """What the answers are worth, with 95% intervals."""
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(labels_N), (DRAWS, len(labels_N)))
    right_N = is_right(p_N7, labels_N)
    missed_N = np.isnan(p_N7[:, 0])
    sure_N = confidence(p_N7)
    balanced = [balanced_accuracy(right_N[d], labels_N[d]) for d in draws]
    errors = [calibration_error(sure_N[d], right_N[d]) for d in draws[:200]]
    predicted_N = np.where(missed_N, len(EMOTIONS), np.nan_to_num(p_N7).argmax(axis=1))
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS) + 1), int)
    np.add.at(confusion, (labels_N, predicted_N), 1)
    numbers = {
        "accuracy": (right_N.mean(), right_N[draws].mean(axis=1)),
        "balanced_accuracy": (balanced_accuracy(right_N, labels_N), balanced),
        "expected_calibration_error": (calibration_error(sure_N, right_N), errors),
    }
    return {
        **{name: round(float(value), 4) for name, (value, _) in numbers.items()},
        **{
            f"{name}_ci95": np.percentile(drawn, [2.5, 97.5]).round(4).tolist()
            for name, (_, drawn) in numbers.items()
        },
        "misses": int(missed_N.sum()),
        "recall": {
            emotion: round(float(right_N[labels_N == i].mean()), 4)
            for i, emotion in enumerate(EMOTIONS)
        },
        "confusion": {
            "columns": [*EMOTIONS, "missed"],
            **{emotion: confusion[i].tolist() for i, emotion in enumerate(EMOTIONS)},
        },
        "reliability": list(reliability(sure_N, right_N)),
    }


def confidence(p_N7: Floats) -> Floats:
    """The greatest probability of each; 1 where there is no face, which is then surely wrong."""
    sure_N: Floats = np.where(np.isnan(p_N7[:, 0]), 1.0, np.nan_to_num(p_N7).max(axis=1))
    return sure_N


def is_right(p_N7: Floats, labels_N: Ints) -> NDArray[np.bool_]:
    """Whether the most probable emotion is the label; a photo without a face is wrong."""
    right: NDArray[np.bool_] = np.nan_to_num(p_N7).argmax(axis=1) == labels_N
    return right & ~np.isnan(p_N7[:, 0])


def balanced_accuracy(right_N: NDArray[np.bool_], labels_N: Ints) -> float:
    """The mean of the recalls of the emotions that occur."""
    return float(np.mean([right_N[labels_N == i].mean() for i in np.unique(labels_N)]))


def reliability(sure_N: Floats, right_N: NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    """For each tenth of confidence: how many faces, how sure, how often right."""
    bin_N = np.minimum((sure_N * BINS).astype(int), BINS - 1)
    for i in range(BINS):
        if (inside := bin_N == i).any():
            yield {
                "from": i / BINS,
                "faces": int(inside.sum()),
                "confidence": round(float(sure_N[inside].mean()), 4),
                "accuracy": round(float(right_N[inside].mean()), 4),
            }


def calibration_error(sure_N: Floats, right_N: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins (Guo et al. 2017)."""
    bin_N = np.minimum((sure_N * BINS).astype(int), BINS - 1)
    gap = np.bincount(bin_N, weights=sure_N - right_N, minlength=BINS)
    return float(np.abs(gap).sum() / len(sure_N))


def choice(votes: dict[str, Floats], labels_N: Ints) -> dict[str, Any]:
    """The temperature chosen on all photos, and how well such a choice does on others.

    Args:
        votes: the votes' answers (N, 7) of each model.
        labels_N: what is right.
    """
    rng = np.random.default_rng(0)
    keys = ("accuracy", "balanced_accuracy", "expected_calibration_error")
    votes_N7 = votes[zoo.DEFAULT]
    made, worth = [], []
    for _ in range(SPLITS):
        order = rng.permutation(len(labels_N))
        p_N7 = np.empty_like(votes_N7)
        for first in (0, 1):
            chooses, answers = order[first::2], order[1 - first :: 2]
            some = {name: found_N7[chooses] for name, found_N7 in votes.items()}
            made.append(chosen(some, labels_N[chooses]))
            p_N7[answers] = adjusted(votes_N7[answers], TAU, made[-1])
        numbers = measured(p_N7, labels_N)
        worth.append({key: numbers[key] for key in keys})
    right_TN = [is_right(adjusted(votes_N7, tau, 1), labels_N) for tau in TAUS]
    return {
        "tau": TAU,
        "on_all": {"temperature": chosen(votes, labels_N)},
        "by_tau": {
            str(tau): {
                "accuracy": round(float(right_N.mean()), 4),
                "balanced_accuracy": round(balanced_accuracy(right_N, labels_N), 4),
            }
            for tau, right_N in zip(TAUS, right_TN, strict=True)
        },
        "cross_validation": {
            "model": zoo.DEFAULT,
            "how": f"{SPLITS} × 2 halves, each answered with what the other one chose",
            "temperature": round(float(np.mean(made)), 2),
            **{key: round(float(np.mean([each[key] for each in worth])), 4) for key in keys},
            "chosen": made,
            "splits": worth,
        },
    }


def chosen(votes: dict[str, Floats], labels_N: Ints) -> float:
    """The temperature with the least calibration error in the mean over the models."""

    def error(temperature: float) -> float:
        answers = [adjusted(votes_N7, TAU, temperature) for votes_N7 in votes.values()]
        errors = [calibration_error(confidence(p), is_right(p, labels_N)) for p in answers]
        return float(np.mean(errors))

    return float(min(TEMPERATURES, key=error))


def adjusted(votes_N7: Floats, tau: float, temperature: float) -> Floats:
    """The votes' answer with logit adjustment and a temperature."""
    logits_N7 = np.log(np.maximum(votes_N7, 1e-30)) - tau * np.log(list(PRIOR.values()))
    logits_N7 /= temperature
    odds_N7: Floats = np.exp(logits_N7 - logits_N7.max(axis=1, keepdims=True))
    odds_N7 /= odds_N7.sum(axis=1, keepdims=True)
    return odds_N7


if __name__ == "__main__":
    main()
