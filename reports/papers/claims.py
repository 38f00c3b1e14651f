"""Every number that the papers publish, what ours is, and the verdict."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from ferlite.emotions import EMOTIONS
from ferlite.lab.recipe import load_recipe
from reports.papers.anova import anova_of_summaries
from reports.papers.lookups import (
    PAPER_ORDER,
    Lookup,
    accuracy_of_both,
    as_one_vs_rest,
    counted,
    doubled,
    efficiency,
    epoch,
    in_paper_order,
    matrix_distance,
    nothing,
    recalls,
    trained,
)
from reports.papers.published import published
from reports.results import Results, converged, deviations

AUGMENTED: Final = "residual_cnn_augmented"
COPIES: Final = "residual_cnn_augmented_copies"
THREE: Final = ("clcm", "mobilenet_v2", "shufflenet_v2")
"""The systems of Gursesli et al."""
SAMPLES: Final = 50
"""Passes of each, in their paper and in `ferlite bench`'s short run."""
READINGS: Final = ("residual_cnn_gap", AUGMENTED)
"""Networks that read a paper otherwise than its text, without copies of test faces in training."""


@dataclass(frozen=True)
class Claim:
    """One published number, or several that belong together.

    Attributes:
        path: where it stands in published.yaml.
        system: ferlite's name for the system.
        quantity: what was measured, in the paper's words.
        stated: the published number, in the unit of `style`.
        ours: finds what the paper's text gives in results/; None where it was not measured.
        style: how to write it: "count", "mega" (10⁶), "megabytes", "ms", "percent", "ratio",
            "loss", "percents" (of every emotion), "matrix" or "words".
        within: how far ours may be off and still count as reproduced, in the unit of `stated`.
        because: why it cannot be reproduced, or what to know when reading the row.
        comparable: False for numbers of another machine, which get no verdict.
        best: finds the same number in the reading most favourable to the paper; None if that
            is the text.
        reading: what that reading is.
        judged: gives the verdict where a difference does not: of words.

    """

    path: str
    system: str
    quantity: str
    stated: Any
    ours: Lookup
    style: str
    within: float = 0.0
    because: str = ""
    comparable: bool = True
    best: Lookup | None = None
    reading: str = ""
    judged: Callable[[Results], str] | None = None


_NO_DATA = "cannot be here: the data set may not be redistributed; "
_QUOTED = "no verdict: of another paper, which this one quotes"
_LATENCY = "onnx_float32_one_thread.mean_ms"
_MACHINE = "another machine; ours is ONNX Runtime, one thread"
_OF_THE_TRAINING = ("percent", "ratio", "loss", "percents", "matrix")
"""Styles of what a training decides; sizes and speeds are the network's own."""
_TOLERANCE = 0.015
"""How far accuracies and F1 may be apart."""
_DATASETS = {"fer2013": "FER2013", "rafdb": "RAF-DB", "affectnet7": "AffectNet-7"}


def number(path: str, which: int = 0) -> float:
    """One of the numbers in a published value, which may have words around it.

    >>> number("mutaliyev_2026.residual_cnn.training.final_training_loss")
    0.8
    """
    return float(re.findall(r"\d+(?:\.\d+)?", str(published(path)).replace(",", ""))[which])


def _percent(path: str) -> float:
    return round(number(path) / 100, 6)


def _residual_cnn() -> Iterator[Claim]:
    name, at = "residual_cnn", "mutaliyev_2026.residual_cnn"

    def claim(
        path: str, quantity: str, stated: Any, ours: Lookup, *rest: Any, **more: Any
    ) -> Claim:
        return Claim(f"{at}.{path}", name, quantity, stated, ours, *rest, **more)

    parameters = number(f"{at}.parameters")
    yield claim("parameters", "parameters", parameters, trained(name, "parameters"), "count",
                because="no reading of the text gives it",
                best=trained("residual_cnn_gap", "parameters"),
                reading="global average pooling (`residual_cnn_gap`)")  # fmt: skip
    yield claim("flops_millions", "MFLOPs", number(f"{at}.flops_millions"),
                doubled(trained(name, "multiply_adds")), "mega", 1,
                because="half of the text's multiply-adds would be 44.6",
                best=trained(name, "multiply_adds"), reading="multiply-adds")  # fmt: skip
    yield claim("disk_mb", "size on disk", number(f"{at}.disk_mb"), trained(name, "onnx.bytes"),
                "megabytes", 0.3, because="ours is the ONNX file")  # fmt: skip
    yield claim("latency_ms", "latency", number(f"{at}.latency_ms"), efficiency(name, _LATENCY),
                "ms", because=_MACHINE, comparable=False)  # fmt: skip

    copies = "augmented, copies of test faces kept in training"
    augmented = "augmented"
    last = "augmented, copies kept: last epoch"
    yield claim("accuracy.training_percent", "training accuracy",
                _percent(f"{at}.accuracy.training_percent"), epoch(name, -1, "train_accuracy"),
                "percent", _TOLERANCE, because="what the paper's title figure is",
                best=epoch(COPIES, -1, "train_accuracy"), reading=last)  # fmt: skip
    yield claim("accuracy.validation_percent", "validation accuracy",
                _percent(f"{at}.accuracy.validation_percent"),
                trained(name, "validation.accuracy"), "percent", _TOLERANCE,
                best=accuracy_of_both(COPIES), reading=f"{copies}: 7,178 faces")  # fmt: skip

    at_training = f"{at}.training"
    yield claim("training.start_accuracy_percent", "training accuracy, first epoch",
                _percent(f"{at_training}.start_accuracy_percent"),
                epoch(name, 1, "train_accuracy"), "percent", 0.04,
                best=epoch(AUGMENTED, 1, "train_accuracy"), reading=augmented)  # fmt: skip
    yield claim("training.after_10_epochs_percent", "after 10 epochs, validation accuracy over",
                _percent(f"{at_training}.after_10_epochs_percent"),
                epoch(name, 10, "val_accuracy"), "percent", 0.06,
                best=epoch(AUGMENTED, 10, "val_accuracy"), reading=augmented)  # fmt: skip
    yield claim("training.loss_after_5_epochs", "training loss after 5 epochs",
                number(f"{at_training}.loss_after_5_epochs", -1), epoch(name, 5, "train_loss"),
                "loss", 0.05, best=epoch(AUGMENTED, 5, "train_loss"),
                reading=augmented)  # fmt: skip
    for key, quantity, which in (
        ("final_training_loss", "training loss, last epoch", "train_loss"),
        ("final_validation_loss", "validation loss, last epoch", "val_loss"),
    ):
        yield claim(f"training.{key}", quantity, number(f"{at_training}.{key}"),
                    epoch(name, -1, which), "loss", 0.1 if which == "val_loss" else 0.06,
                    best=epoch(AUGMENTED, -1, which), reading=augmented)  # fmt: skip
    yield claim("training.plateau", "epoch of the plateau", number(f"{at_training}.plateau"),
                trained(name, "best_epoch"), "count", 5,
                best=trained(AUGMENTED, "best_epoch"),
                reading=f"{augmented}: best epoch")  # fmt: skip

    for key, true, called in (
        ("happy_correct", "happy", "happy"),
        ("neutral_correct", "neutral", "neutral"),
        ("sad_called_neutral", "sad", "neutral"),
    ):
        what = f"{true} faces called {called}, of 7,178"
        yield claim(f"confusion_counts.{key}", what, number(f"{at}.confusion_counts.{key}"),
                    counted(name, true, called), "count", 60,
                    best=counted(COPIES, true, called), reading=copies)  # fmt: skip
    for emotion, value in published(f"{at}.roc_auc").items():
        yield claim(f"roc_auc.{emotion}", f"ROC AUC, {emotion}", value,
                    trained(name, f"test.per_class.{emotion}.roc_auc"), "ratio", 0.02,
                    best=trained(AUGMENTED, f"test.per_class.{emotion}.roc_auc"),
                    reading=augmented)  # fmt: skip

    for key, others in {
        "no_shortcuts": ("residual_cnn_no_shortcuts",),
        "rgb_and_higher_resolution": ("residual_cnn_rgb", "residual_cnn_96"),
        "more_blocks": ("residual_cnn_four_blocks",),
        "no_dropout": ("residual_cnn_no_dropout",),
    }.items():
        judged = _overfits if key == "no_dropout" else _ablation(key, others)
        yield claim(f"ablation.{key}", key.replace("_", " "), published(f"{at}.ablation.{key}"),
                    _against(name, others), "words", judged=judged)  # fmt: skip
    for key, value in published(f"{at}.compared_with").items():
        yield claim(f"compared_with.{key}", f"accuracy of {key.replace('_', ' ')}", value / 100,
                    nothing, "percent", because=_QUOTED)  # fmt: skip


def _against(name: str, others: tuple[str, ...]) -> Lookup:
    """PublicTest's accuracy of changed networks beside the whole one's, in points."""

    def look(results: Results) -> str | None:
        if any(run not in results for run in (name, *others)):
            return None
        whole = results[name]["validation"]["accuracy"]
        changes = (100 * (results[o]["validation"]["accuracy"] - whole) for o in others)
        return " and ".join(f"{change:+.1f} points" for change in changes) + " on PublicTest"

    return look


def _ablation(key: str, others: tuple[str, ...]) -> Callable[[Results], str]:
    better = key == "more_blocks"

    def judged(results: Results) -> str:
        if any(run not in results for run in ("residual_cnn", *others)):
            return "not measured yet"
        whole = results["residual_cnn"]["validation"]["accuracy"]
        holds = all((results[o]["validation"]["accuracy"] > whole) == better for o in others)
        return f"{'reproduced' if holds else 'not reproduced'}; one seed each"

    return judged


def _overfits(results: Results) -> str:
    """Whether the network without dropout is further ahead on training faces at its end."""
    gaps = []
    for name in ("residual_cnn", "residual_cnn_no_dropout"):
        if name not in results:
            return "not measured yet"
        last = results[name]["history"][-1]
        gaps.append(last["train_accuracy"] - last["val_accuracy"])
    word = "reproduced" if gaps[1] > gaps[0] else "not reproduced"
    without, with_it = (f"{100 * gap:.0f}" for gap in (gaps[1], gaps[0]))
    return f"{word}: {without} points between training and validation, {with_it} with dropout"


def _light_emonet() -> Iterator[Claim]:
    name, at = "light_emonet", "kamber_2026.light_emonet"
    plain = "light_emonet_plain"

    def claim(
        path: str, quantity: str, stated: Any, ours: Lookup, *rest: Any, **more: Any
    ) -> Claim:
        return Claim(f"{at}.{path}", name, quantity, stated, ours, *rest, **more)

    yield claim("parameters", "parameters", number(f"{at}.parameters"),
                trained(name, "parameters"), "count",
                because="the text gives 2,650,727")  # fmt: skip
    yield claim("disk_mb", "size on disk", number(f"{at}.disk_mb"), trained(name, "onnx.bytes"),
                "megabytes", 0.3, because="ours is the ONNX file")  # fmt: skip
    yield claim("latency_ms", "latency", number(f"{at}.latency_ms"), efficiency(name, _LATENCY),
                "ms", because=_MACHINE, comparable=False)  # fmt: skip
    yield claim("throughput_fps", "faces per second", number(f"{at}.throughput_fps"),
                efficiency(name, "onnx_float32_one_thread.throughput_per_s"), "count",
                because=_MACHINE, comparable=False)  # fmt: skip
    yield claim("accuracy.training_percent", "training accuracy",
                _percent(f"{at}.accuracy.training_percent"), epoch(name, -1, "train_accuracy"),
                "percent", _TOLERANCE, best=epoch(plain, -1, "train_accuracy"),
                reading=f"`{plain}`: no handling of imbalance, last epoch")  # fmt: skip
    yield claim("accuracy.test_percent",
                "accuracy on the test split, which also stopped the training",
                _percent(f"{at}.accuracy.test_percent"), trained(name, "test.accuracy"), "percent",
                _TOLERANCE, because="honest-numbers.md has what a leak gives",
                best=as_one_vs_rest(trained(name, "test.accuracy")),
                reading="one-vs-rest accuracy, another quantity")  # fmt: skip
    yield claim("macro_f1", "macro F1", number(f"{at}.macro_f1"), trained(name, "test.macro_f1"),
                "ratio", _TOLERANCE)  # fmt: skip
    weights = published(f"{at}.class_weights")
    yield claim("class_weights", f"class weights: {', '.join(weights)}", tuple(weights.values()),
                _class_weights(tuple(weights)), "ratios", 0.02,
                because="N/(K·n) of the training rows, by the text's formula")  # fmt: skip
    faces = published(f"{at}.faces_per_epoch")
    kept = [emotion for emotion in faces if emotion in EMOTIONS]
    yield claim("faces_per_epoch", f"faces per epoch: {', '.join(kept)}",
                tuple(float(faces[emotion]) for emotion in kept), _faces_per_epoch(tuple(kept)),
                "counts", 0,
                because="happy, neutral and sad are those of all 35,887 faces, tests "
                "included")  # fmt: skip
    yield claim("claims_in_words.disgust_recall_without_handling",
                "disgust's recall without handling of imbalance",
                published(f"{at}.claims_in_words.disgust_recall_without_handling"),
                _in_percent(trained(plain, "test.per_class.disgust.recall")), "words",
                judged=_disgust_is_lost)  # fmt: skip
    yield claim("claims_in_words.main_confusion", "what is confused most",
                published(f"{at}.claims_in_words.main_confusion"), _most_confused(name), "words",
                judged=_fear_and_surprise)  # fmt: skip
    for key, value in published(f"{at}.compared_with").items():
        yield claim(f"compared_with.{key}", f"accuracy of {key.removesuffix('_percent')}",
                    value / 100, nothing, "percent", because=_QUOTED)  # fmt: skip


def _class_weights(emotions: tuple[str, ...]) -> Lookup:
    def look(results: Results) -> tuple[float, ...] | None:
        if "audit_fer2013" not in results:
            return None
        counts = results["audit_fer2013"]["classes"]["train"]
        total = sum(counts.values())
        return tuple(total / (len(counts) * counts[emotion]) for emotion in emotions)

    return look


def _faces_per_epoch(emotions: tuple[str, ...]) -> Lookup:
    def look(results: Results) -> tuple[float, ...] | None:
        if "audit_fer2013" not in results:
            return None
        counts = results["audit_fer2013"]["classes"]["train"]
        raised = load_recipe("light_emonet").imbalance.faces_per_epoch
        return tuple(float(raised.get(emotion, counts[emotion])) for emotion in emotions)

    return look


def _in_percent(lookup: Lookup) -> Lookup:
    return lambda results: None if (found := lookup(results)) is None else f"{found:.1%}"


def _disgust_is_lost(results: Results) -> str:
    recall = trained("light_emonet_plain", "test.per_class.disgust.recall")(results)
    if recall is None:
        return "not measured yet"
    return "reproduced" if recall < 0.1 else "not reproduced; of 55 faces of PrivateTest"


def _most_confused(name: str) -> Lookup:
    """The two emotions that are taken for one another most often, as a share of their faces."""

    def look(results: Results) -> str | None:
        matrix = results.get(name, {}).get("test", {}).get("confusion_matrix")
        if matrix is None:
            return None
        pairs = {
            (a, b): (matrix[a][b] + matrix[b][a]) / (sum(matrix[a]) + sum(matrix[b]))
            for a in range(len(matrix))
            for b in range(a)
        }
        (a, b), share = max(pairs.items(), key=lambda item: item[1])
        return f"{EMOTIONS[b]} and {EMOTIONS[a]} ({share:.0%} of their faces)"

    return look


def _fear_and_surprise(results: Results) -> str:
    found = _most_confused("light_emonet")(results)
    if found is None:
        return "not measured yet"
    return "reproduced" if found.startswith("fear and surprise") else "not reproduced"


def _clcm_paper() -> Iterator[Claim]:
    for name in THREE:
        at = f"gursesli_2024.{name}"
        yield from _costs(name, f"{at}.efficiency")
        yield Claim(f"{at}.fer2013.accuracy_percent", name, "accuracy, FER2013",
                    _percent(f"{at}.fer2013.accuracy_percent"), trained(name, "test.accuracy"),
                    "percent", _TOLERANCE)  # fmt: skip
        per_class = published(f"{at}.fer2013.per_class_accuracy")
        yield Claim(f"{at}.fer2013.per_class_accuracy", name,
                    f"accuracy per class, FER2013: {', '.join(PAPER_ORDER)}",
                    tuple(per_class[emotion] for emotion in PAPER_ORDER), recalls(name),
                    "percents", 0.05)  # fmt: skip
        matrix = published(f"{at}.fer2013.confusion_percent")
        yield Claim(f"{at}.fer2013.confusion_percent", name, "confusion matrix, FER2013", matrix,
                    _distance(name, matrix), "matrix", 0.05)  # fmt: skip
        for key in ("rafdb", "affectnet7"):
            dataset, stands = _DATASETS[key], published(f"{at}.{key}")
            how = f"`ferlite train {name} --data {dataset} --set data.dataset={key.rstrip('7')}`"
            yield Claim(f"{at}.{key}.accuracy_percent", name, f"accuracy, {dataset}",
                        stands["accuracy_percent"] / 100, nothing, "percent",
                        because=_NO_DATA + how)  # fmt: skip
            yield Claim(f"{at}.{key}.per_class_accuracy", name,
                        f"accuracy per class, {dataset}: {', '.join(PAPER_ORDER)}",
                        tuple(stands["per_class_accuracy"][e] for e in PAPER_ORDER), nothing,
                        "percents", because=_NO_DATA + how)  # fmt: skip
            yield Claim(f"{at}.{key}.confusion_percent", name, f"confusion matrix, {dataset}",
                        stands["confusion_percent"], nothing, "matrix",
                        because=_NO_DATA + how)  # fmt: skip
        for key, dataset in _DATASETS.items():
            stands = published(f"{at}.ckplus_after_{key}")
            how = f"`ferlite report runs/{name}_{key} --data CK+`"
            yield Claim(f"{at}.ckplus_after_{key}.accuracy_percent", name,
                        f"test on CK+ after training on {dataset}",
                        stands["accuracy_percent"] / 100, nothing, "percent",
                        because=_NO_DATA + how)  # fmt: skip
            yield Claim(f"{at}.ckplus_after_{key}.confusion_percent", name,
                        f"confusion matrix, CK+ after {dataset}", stands["confusion_percent"],
                        nothing, "matrix", because=_NO_DATA + how)  # fmt: skip
    for pair, seconds in published("gursesli_2024.anova_mean_difference_s").items():
        if pair != "note":
            a, b = pair.split(" - ")
            yield Claim(f"gursesli_2024.anova_mean_difference_s.{pair}", a,
                        f"latency, difference to `{b}`", 1000 * seconds, _difference(a, b),
                        "signed ms", judged=_sign(a, b, seconds))  # fmt: skip


def _costs(name: str, at: str) -> Iterator[Claim]:
    """Parameters, operations and time of one system of Gursesli et al."""
    wide = name == "shufflenet_v2"
    key = "trainable_parameters" if name == "clcm" else "parameters"
    yield Claim(f"{at}.trainable_parameters", name, key.replace("_", " "),
                number(f"{at}.trainable_parameters"), efficiency(name, key), "count",
                because="no standard width has it; the nearest is built" if wide
                else "")  # fmt: skip
    yield Claim(f"{at}.gflops", name, "MFLOPs", 1000 * number(f"{at}.gflops"),
                doubled(efficiency(name, "multiply_adds")), "mega", 5,
                because="as for its parameters" if wide
                else "two for each multiply-add")  # fmt: skip
    yield Claim(f"{at}.mean_inference_s", name, "latency",
                1000 * number(f"{at}.mean_inference_s"), efficiency(name, _LATENCY), "ms",
                because=_MACHINE, comparable=False)  # fmt: skip
    yield Claim(f"{at}.sd_inference_s", name, "latency, standard deviation of 50",
                1000 * number(f"{at}.sd_inference_s"),
                efficiency(name, "onnx_float32_one_thread.short_run.sd_ms"), "ms",
                because=_MACHINE, comparable=False)  # fmt: skip


def _distance(name: str, theirs_KK: list[list[float]]) -> Lookup:
    def look(results: Results) -> float | None:
        matrix = results.get(name, {}).get("test", {}).get("confusion_matrix")
        return None if matrix is None else matrix_distance(theirs_KK, in_paper_order(matrix))

    return look


def passes(results: Results) -> list[dict[str, float]]:
    """Mean and deviation over 50 passes of the three systems here; none where not measured."""
    systems = results.get("efficiency", {}).get("systems", {})
    if any(name not in systems for name in THREE):
        return []
    return [systems[name]["onnx_float32_one_thread"]["short_run"] for name in THREE]


def _difference(a: str, b: str) -> Lookup:
    def look(results: Results) -> float | None:
        if not (measured := dict(zip(THREE, passes(results), strict=False))):
            return None
        return measured[a]["mean_ms"] - measured[b]["mean_ms"]

    return look


def _sign(a: str, b: str, stated: float) -> Callable[[Results], str]:
    def judged(results: Results) -> str:
        if not (measured := passes(results)):
            return "not measured yet"
        _, _, tukey = anova_of_summaries(
            [each["mean_ms"] for each in measured], [each["sd_ms"] for each in measured], SAMPLES
        )
        pairs = [set(pair) for pair in combinations(THREE, 2)]
        p = tukey[pairs.index({a, b})]
        words = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
        if p >= 0.05:
            return f"not reproduced: no difference beyond chance here ({words}); another machine"
        same = _difference(a, b)(results) * stated > 0
        return (
            f"{'reproduced' if same else 'not reproduced'} in its sign ({words}); another machine"
        )

    return judged


def _dlfer() -> Iterator[Claim]:
    at = "hussan_2025.dlfer"
    cascade = "its first half, EfficientNet-B3 on ImageNet, cannot be had here"
    splits = {
        "train": ("training accuracy", "history"),
        "validation": ("accuracy on its own validation faces", "validation.accuracy"),
        "test": ("accuracy, FER2013", "test.accuracy"),
    }
    for system, key, note in (
        ("dlfer", "with_source", cascade),
        ("dlfer_scratch", "without_source", ""),
    ):
        for split, (quantity, path) in splits.items():
            of_test = path != "history"
            lookup = trained(system, path) if of_test else epoch(system, -1, "train_accuracy")
            words = quantity if system == "dlfer" else f"{quantity}, without the cascade"
            yield Claim(f"{at}.{key}.{split}_percent", system, words,
                        _percent(f"{at}.{key}.{split}_percent"), lookup, "percent", _TOLERANCE,
                        because=note)  # fmt: skip
    for key, path in (
        ("precision", "macro_precision"),
        ("recall", "balanced_accuracy"),
        ("f1", "macro_f1"),
    ):
        yield Claim(f"{at}.{key}_percent", "dlfer", f"macro {key.replace('f1', 'F1')}",
                    _percent(f"{at}.{key}_percent"), trained("dlfer", f"test.{path}"), "ratio",
                    _TOLERANCE, because=cascade)  # fmt: skip


CLAIMS: Final = [*_residual_cnn(), *_light_emonet(), *_clcm_paper(), *_dlfer()]


def written(value: Any, style: str, *, stated: bool = False) -> str:
    """A number as people read it; published ones come in the unit they were published in.

    >>> written(0.668, "percent"), written(1_479_527, "count"), written(None, "ms")
    ('66.8%', '1,479,527', '–')
    >>> written((0.4, 0.05), "percents")
    '40 / 5'
    """
    if value is None:
        return "–"
    match style:
        case "words":
            return str(value)
        case "matrix":
            return "below" if stated else f"{value:.1%} apart"
        case "percents":
            return " / ".join(f"{100 * each:.0f}" for each in value)
        case "ratios":
            return " / ".join(f"{each:.2f}" for each in value)
        case "counts":
            return " / ".join(f"{each:,.0f}" for each in value)
        case "count":
            return f"{value:,.0f}"
        case "percent":
            return f"{value:.1%}"
        case "ratio":
            return f"{value:.3f}"
        case "loss":
            return f"{value:.2f}"
        case "signed ms":
            return f"{value:+.1f} ms" if stated else f"{value:+.2f} ms"
        case "ms":
            return f"{value:.1f} ms" if stated or value >= 10 else f"{value:.2f} ms"
    unit = {"mega": "M", "megabytes": "MB"}[style]
    return f"{value if stated else value / 1e6:.4g} {unit}"


def verdict(claim: Claim, results: Results) -> str:
    """reproduced, not reproduced, or why there is no answer."""
    if claim.judged is not None:
        return claim.judged(results)
    ours = claim.ours(results)
    if ours is None:
        if claim.ours is nothing:
            return claim.because
        return "; ".join(part for part in ("not measured yet", claim.because) if part)
    if not claim.comparable:
        return f"no verdict: {claim.because}"
    short = shortened(claim, results) if claim.style in _OF_THE_TRAINING else ""
    if short and not converged(results[claim.system]):
        # A run cut short says nothing against the paper.
        return "; ".join(part for part in ("no verdict", claim.because, short) if part)
    if _agrees(claim, ours):
        word = "reproduced"
    elif claim.best and (best := claim.best(results)) is not None and _agrees(claim, best):
        word = f"not by the text; reproduced by another reading: {claim.reading}"
    else:
        word = "not reproduced"
    return "; ".join(part for part in (word, claim.because, short) if part)


def _agrees(claim: Claim, ours: Any) -> bool:
    if claim.style == "matrix":
        return bool(ours <= claim.within)
    if isinstance(claim.stated, tuple):
        return all(abs(a - b) <= claim.within for a, b in zip(claim.stated, ours, strict=True))
    in_its_unit = ours / 1e6 if claim.style in ("mega", "megabytes") else ours
    return bool(abs(in_its_unit - claim.stated) <= claim.within)


def shortened(claim: Claim, results: Results) -> str:
    """What a row must say when our run was shorter or smaller than the paper's protocol."""
    result = results.get(claim.system, {})
    return deviations(result) if result.get("kind") == "training" else ""
