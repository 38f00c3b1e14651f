"""Do the papers agree with themselves? Checks that need no training, only arithmetic."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from reports.papers.anova import anova_of_summaries
from reports.papers.claims import number
from reports.papers.lookups import PAPER_ORDER, both_tests, true_accuracy
from reports.papers.published import published
from reports.results import Results, trained_on

RAFDB_TEST: Final = {
    "angry": 162, "disgust": 160, "fear": 74, "happy": 1185, "neutral": 680, "sad": 478,
    "surprise": 329,
}  # fmt: skip
"""How many test faces RAF-DB's basic set has of each emotion (Li et al. 2017): 3,068."""
CKPLUS_PEAKS: Final = {
    "angry": 45, "disgust": 59, "fear": 25, "happy": 69, "sad": 28, "surprise": 83,
}  # fmt: skip
"""Labelled peak frames of CK+ (Lucey et al. 2010) without contempt's 18, and without neutral."""


@dataclass(frozen=True)
class Check:
    """One comparison of a paper with itself.

    Attributes:
        system: whose paper.
        question: what is compared.
        says: what the paper publishes.
        gives: what follows from its other numbers.
        agrees: "yes", "no", or what can be said.
    """

    system: str
    question: str
    says: str
    gives: str
    agrees: str


def checks(results: Results) -> list[Check]:
    """Every check, in the order of the papers."""
    return [
        *_residual_cnn(results), *_light_emonet(results), *_clcm(results), *_dlfer(results)
    ]  # fmt: skip


def weighted(recalls: Mapping[str, float], counts: Mapping[str, int]) -> float:
    """The accuracy that follows from every class's recall and number of faces.

    >>> weighted({"sad": 1.0, "happy": 0.5}, {"sad": 10, "happy": 30})
    0.625
    """
    return sum(recalls[c] * n for c, n in counts.items()) / sum(counts.values())


def beyond_chance(a: float, a_faces: int, b: float, b_faces: int) -> float:
    """How many standard errors two accuracies on independent faces are apart.

    >>> round(beyond_chance(0.5, 100, 0.6, 100), 2)
    1.43
    """
    return abs(a - b) / math.sqrt(a * (1 - a) / a_faces + b * (1 - b) / b_faces)


def _counts(results: Results) -> dict[str, dict[str, int]]:
    """FER2013's faces of each emotion: train, validation and test (PublicTest, PrivateTest)."""
    classes: dict[str, dict[str, int]] = results["audit_fer2013"]["classes"]
    return classes


def _sum(*counts: Mapping[str, int]) -> dict[str, int]:
    return {emotion: sum(each[emotion] for each in counts) for emotion in counts[0]}


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _residual_cnn(results: Results) -> Iterator[Check]:
    name, at = "residual_cnn", "mutaliyev_2026.residual_cnn"
    counts = _counts(results)
    both = _sum(counts["validation"], counts["test"])
    happy, neutral, taken = (
        int(published(f"{at}.confusion_counts.{key}"))
        for key in ("happy_correct", "neutral_correct", "sad_called_neutral")
    )
    yield Check(
        name,
        "Which test faces does its confusion matrix have?",
        f"{happy:,} happy and {neutral} neutral right",
        f"PrivateTest has {counts['test']['happy']} and {counts['test']['neutral']}, both tests "
        f"{both['happy']:,} and {both['neutral']:,}",
        "both tests: 7,178 faces",
    )
    yield Check(
        name,
        "What recall do the counts imply?",
        "–",
        f"happy {happy / both['happy']:.1%}, neutral {neutral / both['neutral']:.1%}, "
        f"{taken / both['sad']:.1%} of the sad called neutral",
        "plausible",
    )
    for run in ("residual_cnn", "residual_cnn_augmented", "residual_cnn_augmented_copies"):
        matrix_KK = both_tests(run)(results)
        if matrix_KK is None:
            continue
        order = list(both)
        right = {e: int(matrix_KK[i, i]) for i, e in enumerate(order)}
        right |= {"happy": happy, "neutral": neutral}
        yield Check(
            name,
            f"What accuracy, if the other five emotions are as in our `{run}`?",
            f"{number(f'{at}.accuracy.validation_percent'):.1f}% (validation)",
            f"{sum(right.values()) / sum(both.values()):.1%}",
            "near" if abs(sum(right.values()) / sum(both.values()) - 0.668) < 0.02 else "no",
        )
    parameters = int(published(f"{at}.parameters"))
    yield Check(
        name,
        "Do parameters and size on disk fit?",
        f"{parameters:,} and {published(f'{at}.disk_mb')} MB",
        f"{4e-6 * parameters:.2f} MB of weights; {12e-6 * parameters:.2f} MB with Adam's two "
        "moments of each",
        "if the optimiser is saved, too",
    )
    training, validation = (
        number(f"{at}.accuracy.{which}_percent") for which in ("training", "validation")
    )
    yield Check(
        name,
        "Which of its accuracies is the title's?",
        f"{training}%",
        f"{training}% is on training faces, {validation}% on validation faces",
        "no",
    )


def _light_emonet(results: Results) -> Iterator[Check]:
    name, at = "light_emonet", "kamber_2026.light_emonet"
    counts = _counts(results)
    everything = _sum(*counts.values())
    weights = published(f"{at}.class_weights")
    for words, those in (("all 35,887 faces", everything), ("the training rows", counts["train"])):
        total = sum(those.values())
        ratios = [weight * 7 * those[e] / total for e, weight in weights.items()]
        yield Check(
            name,
            f"Are its class weights N/(K·n) of {words}?",
            "its own formula",
            f"each is {min(ratios):.3f} to {max(ratios):.3f} of it",
            _yes(all(abs(ratio - 1) < 0.02 for ratio in ratios)),
        )
    faces = published(f"{at}.faces_per_epoch")
    natural = [e for e in ("happy", "neutral", "sad") if faces[e] == everything[e]]
    in_training = ", ".join(f"{counts['train'][e]:,}" for e in natural)
    yield Check(
        name,
        "Are its faces per epoch those of training rows?",
        ", ".join(f"{e} {faces[e]:,}" for e in ("happy", "neutral", "sad")),
        f"training rows have {in_training}; all splits together have its numbers",
        "no: test faces are among them" if len(natural) == 3 else "no",
    )
    total = sum(faces[e] for e in everything)
    yield Check(
        name, "Do they add up?", faces["total"], f"{total:,}",
        _yes(total == number(f"{at}.faces_per_epoch.total")),
    )  # fmt: skip
    latency, rate = published(f"{at}.latency_ms"), published(f"{at}.throughput_fps")
    yield Check(
        name, "Do latency and rate fit?", f"{latency} ms, {rate} per second",
        f"{1000 / latency:.0f} per second", _yes(round(1000 / latency) == rate),
    )  # fmt: skip
    parameters = int(published(f"{at}.parameters"))
    yield Check(
        name, "Do parameters and size on disk fit?",
        f"{parameters:,} and {published(f'{at}.disk_mb')} MB",
        f"{4e-6 * parameters:.2f} MB, {4 * parameters / 2**20:.2f} MiB of weights", "yes",
    )  # fmt: skip
    for which in ("test", "training"):
        value = number(f"{at}.accuracy.{which}_percent")
        yield Check(
            name,
            f"Which accuracy has a one-vs-rest accuracy of {value}% ({which})?",
            f"{value}%",
            f"{true_accuracy(value / 100):.1%} of faces right",
            "what a network of this size reaches",
        )


def _clcm(results: Results) -> Iterator[Check]:
    counts = _counts(results)
    spans: dict[str, tuple[int, int]] = {}
    tests = {
        "3,589 faces of PrivateTest": counts["test"],
        "7,178 test faces": _sum(counts["validation"], counts["test"]),
    }
    for name in ("clcm", "mobilenet_v2", "shufflenet_v2"):
        at = f"gursesli_2024.{name}"
        for dataset, sets in (
            ("FER2013", tests),
            ("RAF-DB", {"3,068 test faces": RAFDB_TEST}),
            ("AffectNet-7", {"500 faces of each": dict.fromkeys(PAPER_ORDER, 500)}),
        ):
            key = {"FER2013": "fer2013", "RAF-DB": "rafdb", "AffectNet-7": "affectnet7"}[dataset]
            stands = published(f"{at}.{key}")
            found = {w: weighted(stands["per_class_accuracy"], n) for w, n in sets.items()}
            holds = [abs(100 * v - stands["accuracy_percent"]) <= 1 for v in found.values()]
            yield Check(
                name,
                f"Do its classes give its accuracy on {dataset}?",
                f"{stands['accuracy_percent']}%",
                "; ".join(f"{value:.1%} for {words}" for words, value in found.items()),
                _yes(all(holds)),
            )
            diagonal = {
                e: stands["confusion_percent"][i][i] / 100 for i, e in enumerate(PAPER_ORDER)
            }
            other = [
                f"{e} {stands['per_class_accuracy'][e]:.0%} and {diagonal[e]:.0%}"
                for e in PAPER_ORDER
                if abs(diagonal[e] - stands["per_class_accuracy"][e]) > 1e-9
            ]
            if other:
                yield Check(
                    name, f"Do classes and matrix agree on {dataset}?", "one and the other",
                    ", ".join(other), "but for rounding",
                )  # fmt: skip
        neutral = [
            (_neutral_frames(published(f"{at}.ckplus_after_{key}")), key)
            for key in ("fer2013", "rafdb", "affectnet7")
        ]
        said = ", ".join(f"{low} to {high} after {key}" for (low, high), key in neutral)
        low, high = max(span[0] for span, _ in neutral), min(span[1] for span, _ in neutral)
        yield Check(
            name, "How many neutral frames of CK+ do its three accuracies imply?",
            "327 peak frames and neutral ones", said,
            f"{low} to {high}" if low <= high else "no number fits all three",
        )  # fmt: skip
        spans[name] = (low, high)
    low, high = max(low for low, _ in spans.values()), min(high for _, high in spans.values())
    yield Check(
        "all three", "Were they tested on the same CK+?", "yes",
        f"neutral frames: {', '.join(f'{a} to {b}' for a, b in spans.values())}",
        _yes(low <= high),
    )  # fmt: skip
    yield _latencies()


def _neutral_frames(stands: Mapping[str, Any], most: int = 2000) -> tuple[int, int]:
    """The numbers of neutral frames for which the matrix gives the accuracy, within rounding."""
    diagonal = {e: stands["confusion_percent"][i][i] / 100 for i, e in enumerate(PAPER_ORDER)}
    right = sum(diagonal[e] * n for e, n in CKPLUS_PEAKS.items())
    peaks = sum(CKPLUS_PEAKS.values())
    fitting = [
        n
        for n in range(most + 1)
        if abs((right + diagonal["neutral"] * n) / (peaks + n) - stands["accuracy_percent"] / 100)
        <= 0.0075
    ]
    return (fitting[0], fitting[-1]) if fitting else (0, -1)


def _latencies() -> Check:
    names = ("mobilenet_v2", "clcm", "shufflenet_v2")
    at = [published(f"gursesli_2024.{name}.efficiency") for name in names]
    f, p, tukey = anova_of_summaries(
        [e["mean_inference_s"] for e in at], [e["sd_inference_s"] for e in at], at[0]["samples"]
    )
    assert p < 0.001
    said = ", ".join(
        f"{v:+.4f} s" for k, v in published("gursesli_2024.anova_mean_difference_s").items()
        if k != "note"
    )  # fmt: skip
    gives = ", ".join(
        f"{a['mean_inference_s'] - b['mean_inference_s']:+.4f} s" for a, b in combinations(at, 2)
    )
    degrees = f"F(2, {3 * (at[0]['samples'] - 1)}) = {f:.0f}"
    return Check(
        "clcm", "Do means and deviations give its differences, all significant?", said,
        f"{gives}; {degrees}, the largest p of Tukey's test {max(tukey):.1g}",
        _yes(max(tukey) < 0.05),
    )  # fmt: skip


def _dlfer(results: Results) -> Iterator[Check]:
    name, at = "dlfer", "hussan_2025.dlfer"
    precision, recall, f1 = (number(f"{at}.{k}_percent") for k in ("precision", "recall", "f1"))
    mean = 2 * precision * recall / (precision + recall)
    yield Check(
        name, "Is its F1 the harmonic mean of precision and recall?", f"{f1}%", f"{mean:.2f}%",
        _yes(abs(mean - f1) < 0.015),
    )  # fmt: skip
    faces = round(28_709 * 0.2)
    for key, words in (("with_source", "with"), ("without_source", "without")):
        validation, test = (number(f"{at}.{key}.{s}_percent") for s in ("validation", "test"))
        apart = beyond_chance(validation / 100, faces, test / 100, 7178)
        yield Check(
            name,
            f"Can validation and test differ so much, {words} the cascade?",
            f"{validation}% of {faces:,} and {test}% of 7,178",
            f"{apart:.0f} standard errors apart",
            _yes(apart < 3),
        )
    for key, words in (("with_source", "with"), ("without_source", "without")):
        value = number(f"{at}.{key}.test_percent")
        accuracy = true_accuracy(value / 100)
        yield Check(
            name,
            f"Which accuracy has this value by its formula (one-vs-rest), {words} the cascade?",
            f"{value}%",
            f"{accuracy:.1%} of faces right",
            "no: 71.4% is the least that seven classes give" if accuracy < 0 else "possible",
        )
    test = number(f"{at}.with_source.test_percent")
    trained = [r["test"] for r in trained_on(results, "fer2013")]
    above = sum(
        np.mean([c["recall"] for c in test["per_class"].values()]) > test["accuracy"]
        for test in trained
    )
    test = number(f"{at}.with_source.test_percent")
    yield Check(
        name, "Are accuracy and macro recall of one test set?", f"{test}% and {recall}%",
        f"a recall above the accuracy has {above} of our {len(trained)} trainings on FER2013",
        "possible" if above else "unlikely",
    )  # fmt: skip
