"""From a model file to probabilities, and from their metrics to files and a table for people."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from ferlite.classify.classifier import Classifier
from ferlite.classify.labels import Labels
from ferlite.emotions import EMOTIONS, WITH_CONTEMPT
from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.evaluate.figures import calibration_figure, confusion_figure, roc_figure
from ferlite.lab.evaluate.metrics import headline


def predict_onnx(
    path: str | Path,
    images_NHW: NDArray[np.uint8],
    *,
    batch: int = 256,
    threads: int | None = None,
    labels: Labels = "fer2013",
) -> NDArray[np.float32]:
    """Probabilities that an ONNX model gives to gray images of any one size.

    Args:
        path: a model file that `ferlite.classify.classifier.Classifier` can read.
        images_NHW: uint8 gray faces; brought to the model's size and channels as `fitted` says.
        batch: images prepared at a time, which bounds the memory.
        threads: that the model may use; by default one for each core.
        labels: the label source; see `ferlite.classify.labels`.

    Returns:
        float32 (N, K), in the order of the network's `Classifier.classes`, rows summing to 1.

    Raises:
        FerliteError: no such file, or not an emotion model.

    >>> from ferlite.classify import zoo
    >>> predict_onnx(zoo.path(zoo.FAST), np.zeros((3, 48, 48), np.uint8)).shape
    (3, 7)
    """
    classifier = Classifier(path, threads or os.cpu_count() or 1, labels)
    return _in_batches(classifier, images_NHW, classifier.channels, classifier.size, batch)


def predict_checkpoint(
    path: Path, images_NHW: NDArray[np.uint8], *, batch: int = 32, labels: Labels = "fer2013"
) -> NDArray[np.float32]:
    """Probabilities that a checkpoint of `ferlite train` gives to gray images of any one size.

    Args:
        path: the checkpoint, a .ckpt file.
        images_NHW: uint8 gray faces; brought to the model's size and channels as `fitted` says.
        batch: images prepared and run at a time; 32 took half the processor time of 256, whose
            feature maps leave every cache.
        labels: the label source; see `ferlite.classify.labels`.

    Returns:
        float32 (N, K), in the order of the classes that the model learned, rows summing to 1.

    Raises:
        FerliteError: no such file, not a checkpoint of ferlite, or one without these labels.
    """
    import torch

    from ferlite.lab.train.checkpoint import load_model, read_checkpoint

    trained_on = read_checkpoint(path)["recipe"]["model"]
    model = load_model(path)
    if labels == "photos":
        raise FerliteError(f"{path}: a checkpoint has no answer for photos; export it first")
    if labels == "ferplus" and not model.voted:
        raise FerliteError(f"{path}: has not learned FER+'s votes; say --labels fer2013")
    answer = 1 if model.voted and labels != "fer2013" else 0

    def run(faces_NCHW: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            answers = model.probabilities(torch.from_numpy(faces_NCHW))
        probabilities_NK: NDArray[np.float32] = answers[answer].numpy()
        return probabilities_NK

    size = (trained_on["size"], trained_on["size"])
    return _in_batches(run, images_NHW, trained_on["channels"], size, batch)


def fitted(
    images_NHW: NDArray[np.uint8], channels: int, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Gray images as a network takes them: resized, and gray repeated if it wants colour.

    Args:
        images_NHW: uint8 gray images.
        channels: 1 or 3.
        size: height and width wanted; bilinear if larger, area mean if smaller.

    Returns:
        uint8 (N, channels, *size).

    >>> fitted(np.zeros((2, 48, 48), np.uint8), channels=3, size=(224, 224)).shape
    (2, 3, 224, 224)
    """
    height, width = images_NHW.shape[1:]
    if (height, width) != size:
        resized_NHW = np.empty((len(images_NHW), *size), np.uint8)
        # Bilinear shrinking would skip pixels.
        how = cv2.INTER_AREA if height > size[0] or width > size[1] else cv2.INTER_LINEAR
        for image_HW, out_HW in zip(images_NHW, resized_NHW, strict=True):
            cv2.resize(image_HW, (size[1], size[0]), dst=out_HW, interpolation=how)
        images_NHW = resized_NHW
    return np.repeat(images_NHW[:, None], channels, axis=1)


def _in_batches(
    run: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    images_NHW: NDArray[np.uint8],
    channels: int,
    size: tuple[int, int],
    batch: int,
) -> NDArray[np.float32]:
    # No images make one empty batch, so that the answer has its K columns all the same.
    starts = range(0, len(images_NHW) or 1, batch)
    return np.concatenate(
        [run(fitted(images_NHW[start : start + batch], channels, size)) for start in starts]
    )


def write_report(
    metrics: Mapping[str, Any],
    probabilities_NK: NDArray[np.floating],
    labels_N: NDArray[np.integer],
    classes: Sequence[str],
    out: Path,
) -> None:
    """Write `metrics.json` and the figures into a folder.

    Args:
        metrics: what `evaluate_probabilities` returned, and whatever else the file should say.
        probabilities_NK: one row per image, one column per class, in [0, 1].
        labels_N: the true classes, integers from 0 to K − 1.
        classes: the K class names, in column order.
        out: the folder; made if it is missing.
    """
    with written_whole(out / "metrics.json") as part:
        text = json.dumps(metrics, indent=2, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")
    write_figures(metrics, probabilities_NK, labels_N, classes, out)


def write_figures(
    metrics: Mapping[str, Any],
    probabilities_NK: NDArray[np.floating],
    labels_N: NDArray[np.integer],
    classes: Sequence[str],
    out: Path,
) -> None:
    """Write confusion.png, roc.png and calibration.png into a folder; arguments as `write_report`.

    >>> import tempfile
    >>> from ferlite.lab.evaluate.metrics import evaluate_probabilities
    >>> probabilities, labels, classes = np.eye(2), np.array([0, 1]), ["sad", "happy"]
    >>> metrics = evaluate_probabilities(probabilities, labels, classes)
    >>> out = Path(tempfile.mkdtemp())
    >>> write_figures(metrics, probabilities, labels, classes, out)
    >>> sorted(file.name for file in out.iterdir())
    ['calibration.png', 'confusion.png', 'roc.png']
    """
    confusion_figure(metrics, out / "confusion.png")
    roc_figure(probabilities_NK, labels_N, classes, out / "roc.png")
    calibration_figure(probabilities_NK, labels_N, out / "calibration.png")


def print_report(metrics: Mapping[str, Any]) -> None:
    """Print metrics for people: the accuracy with its interval, then a row for each class.

    Args:
        metrics: what `evaluate_probabilities` returned, or the same read back from JSON.
    """
    own = not set(metrics["per_class"]) <= {*EMOTIONS, *WITH_CONTEMPT}
    table = Table("class" if own else "emotion")
    for heading in ("images", "precision", "recall", "F1", "AUC"):
        table.add_column(heading, justify="right")
    absent, wrongly = [], 0
    for k, (name, row) in enumerate(metrics["per_class"].items()):
        if not row["support"]:
            absent.append(name)
            wrongly += sum(counts[k] for counts in metrics["confusion_matrix"])
            continue
        shares = (f"{row[key]:.1%}" for key in ("precision", "recall", "f1"))
        table.add_row(name, f"{row['support']:,}", *shares, _auc(row["roc_auc"]))
    console = Console(highlight=False, soft_wrap=True)
    console.print(headline(metrics), style="bold")
    console.print(table)
    if absent:
        console.print(f"no images of {', '.join(absent)}; {wrongly:,} taken for one of these")
    console.print(
        f"macro F1 {metrics['macro_f1']:.1%}, weighted F1 {metrics['weighted_f1']:.1%}, "
        f"macro AUC {_auc(metrics['macro_roc_auc'])}\n"
        f"calibration error {metrics['expected_calibration_error']:.1%}, "
        f"log loss {metrics['log_loss']:.3f}"
    )


def _auc(auc: float | None) -> str:
    return "–" if auc is None else f"{auc:.3f}"


def print_before_and_after(metrics: Mapping[str, Any]) -> None:
    """Print what fine-tuning changed on the faces that were held out.

    A network whose classes are new had no answer before: it stands beside one that always says the
    most frequent class.

    Args:
        metrics: what `ferlite.lab.train.loop.train` returned, after a start from a network's
            weights.
    """
    split = "test" if "test" in metrics else "validation"
    after = metrics[split]
    if started := metrics.get("before"):
        before, heading = started[split], "before"
    else:
        counts = {name: row["support"] for name, row in after["per_class"].items()}
        often = max(counts, key=counts.__getitem__)
        before = {
            "accuracy": counts[often] / after["n"],
            "balanced_accuracy": 1 / sum(count > 0 for count in counts.values()),
        }
        heading = f"always {often}"
    table = Table(f"on {after['n']:,} held-out faces")
    for column in (heading, "after"):
        table.add_column(column, justify="right")
    for key in ("accuracy", "balanced_accuracy"):
        table.add_row(key.replace("_", " "), f"{before[key]:.1%}", f"{after[key]:.1%}")
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    if started and started["kept"]:
        console.print("No epoch was better than the network as it was, which is kept.")
    elif split == "validation":
        console.print(
            "The best epoch was chosen on these faces; a folder test/ gives the stricter number."
        )
