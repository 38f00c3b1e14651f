"""One row per system: what its paper says, what its text gives, what its best reading gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ferlite.lab.recipe import load_recipe
from reports.papers.claims import AUGMENTED, COPIES
from reports.papers.lookups import accuracy_of_both, epoch, one_vs_rest, trained
from reports.papers.published import published
from reports.results import Result, Results, converged, deviations

Words = Callable[[Results], str]


@dataclass(frozen=True)
class Row:
    """A system in the summary.

    Attributes:
        system: ferlite's name for it.
        says: the paper's accuracy.
        text: what the network and protocol of the text give here.
        best: what the reading most favourable to the paper gives here.
        why: why they differ.
    """

    system: str
    says: str
    text: Words
    best: Words
    why: Words


def _whole(name: str) -> Words:
    """A training's accuracy on PrivateTest, and how it was cut short if it was."""

    def look(results: Results) -> str:
        if (accuracy := trained(name, "test.accuracy")(results)) is None:
            return "not trained yet"
        return f"{accuracy:.1%}" + cut_short(results[name])

    return look


def cut_short(result: Result) -> str:
    """How a training was shorter or smaller than its recipe, in few words; "" if it was not."""
    if not deviations(result):
        return ""
    whole, run = load_recipe(result["name"]), result["recipe"]
    words = []
    if not converged(result):
        words.append(f"after {result['epochs_run']} of {whole.training.epochs} epochs")
    if run["model"]["size"] != whole.model["size"]:
        words.append(f"at {run['model']['size']}×{run['model']['size']}")
    if whole.model["weights"] == "imagenet" and result["initial_weights"] is None:
        words.append("without ImageNet's weights")
    return "".join(f" {word}" for word in words)


def _residual(name: str, *, copies: bool = False) -> Words:
    def look(results: Results) -> str:
        training = epoch(name, -1, "train_accuracy")(results)
        if training is None:
            return "not trained yet"
        private, both = (
            trained(name, "test.accuracy")(results), accuracy_of_both(name)(results)
        )  # fmt: skip
        words = "with copies of test faces in training" if copies else ""
        return (
            f"training {training:.1%}, PrivateTest {private:.1%}, all 7,178 test faces {both:.1%}"
            + (f" {words}" if words else "")
        )

    return look


def _residual_best(results: Results) -> str:
    honest = _residual(AUGMENTED)(results)
    leaking = _residual(COPIES, copies=True)(results)
    return f"mild augmentation: {honest}; {leaking}" if COPIES in results else (
        f"mild augmentation: {honest}"
    )  # fmt: skip


def _emonet_best(results: Results) -> str:
    plain = _whole("light_emonet_plain")(results)
    accuracy = trained("light_emonet", "test.accuracy")(results)
    if accuracy is None:
        return plain
    return (
        f"{plain} without handling of imbalance; {one_vs_rest(accuracy):.1%} as one-vs-rest "
        "accuracy, which is another quantity"
    )


def _first_task(results: Results) -> str:
    """The cascade's idea with the ImageNet weights that can be had."""
    name = "ferlite_teacher_imagenet_lite0"
    accuracy = trained(name, "test.accuracy")(results)
    if accuracy is None:
        return "–"
    return f"{accuracy:.1%} with EfficientNet-Lite0 from ImageNet (`{name}`)"


def _said(path: str, words: str = "") -> str:
    return f"{published(path)}%{words}"


_CLCM = "gursesli_2024"
_DLFER = "hussan_2025.dlfer"


def _why_clcm(name: str) -> Words:
    """How far the paper's accuracy and ours are apart, once a training has converged."""

    def look(results: Results) -> str:
        result = results.get(name)
        if result is None or (deviations(result) and not converged(result)):
            return "no verdict before a whole training: the row says how ours was shorter"
        test, size = result["test"], result["recipe"]["model"]["size"]
        theirs = load_recipe(name).model["size"]
        said = published(f"{_CLCM}.{name}.fer2013.accuracy_percent") / 100
        low, high = test["accuracy_ci95"]
        more = 100 * (test["accuracy"] - said)
        if low <= said <= high:
            word = "the paper's figure is inside our interval"
        else:
            word = f"{abs(more):.1f} points {'more' if more > 0 else 'less'} than the paper"
        return word if size == theirs else f"{word}; its images have {theirs}×{theirs} pixels"

    return look


SUMMARY: Final = (
    Row(
        "residual_cnn",
        "71.4% training, 66.8% validation",
        _residual("residual_cnn"),
        _residual_best,
        lambda _: (
            "its curves are those of a training with augmentation, of which the text says "
            "nothing; its title figure is a training accuracy"
        ),
    ),
    Row(
        "light_emonet",
        "91.0% training, 88.5% test",
        _whole("light_emonet"),
        _emonet_best,
        lambda _: (
            "no honest choice comes near as a share of right answers; as one-vs-rest "
            "accuracies its figures would be 68.5 and 59.8%"
        ),
    ),
    Row(
        "clcm",
        _said(f"{_CLCM}.clcm.fer2013.accuracy_percent"),
        _whole("clcm"),
        lambda _: "–",
        _why_clcm("clcm"),
    ),
    Row(
        "mobilenet_v2",
        _said(f"{_CLCM}.mobilenet_v2.fer2013.accuracy_percent"),
        _whole("mobilenet_v2"),
        lambda _: "–",
        _why_clcm("mobilenet_v2"),
    ),
    Row(
        "shufflenet_v2",
        _said(f"{_CLCM}.shufflenet_v2.fer2013.accuracy_percent"),
        _whole("shufflenet_v2"),
        lambda _: "–",
        _why_clcm("shufflenet_v2"),
    ),
    Row(
        "dlfer",
        _said(f"{_DLFER}.with_source.test_percent"),
        _whole("dlfer"),
        _first_task,
        lambda _: (
            "its first half, EfficientNet-B3 on ImageNet, cannot be had here; its validation "
            "and test accuracies are five standard errors apart, so not of one population"
        ),
    ),
    Row(
        "dlfer_scratch",
        _said(f"{_DLFER}.without_source.test_percent", " without the cascade"),
        _whole("dlfer_scratch"),
        lambda _: "–",
        lambda _: "validation 57.7% and test 66.2% are ten standard errors apart",
    ),
)
"""The systems of the papers."""
