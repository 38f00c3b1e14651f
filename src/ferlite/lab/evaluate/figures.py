"""The figures of an evaluation: confusion matrix, ROC, reliability, training curves, latencies.

All are PNG files, drawn on `Figure` objects of their own: pyplot's global state would not survive
threads, and would ask for a display.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from ferlite.files import written_whole
from ferlite.lab.evaluate.metrics import expected_calibration_error, reliability

# Okabe and Ito's colours, told apart in every common colour blindness; their yellow is left out
# because thin lines of it vanish on white.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_DASHES = ("-", "--")
_HISTORY = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate")
INK: Final = "#333333"
FAINT: Final = "#8C8C8C"


def confusion_figure(metrics: Mapping[str, Any], path: Path) -> None:
    """Draw the confusion matrix: per cell the share of the true class, and the count.

    Args:
        metrics: what `evaluate_probabilities` returned, or the same read back from JSON.
        path: the PNG file to write.

    >>> import tempfile
    >>> from ferlite.lab.evaluate.metrics import evaluate_probabilities
    >>> metrics = evaluate_probabilities(np.eye(2), np.array([0, 1]), ["sad", "happy"])
    >>> confusion_figure(metrics, Path(tempfile.mkdtemp()) / "confusion.png")
    """
    counts_KK = np.array(metrics["confusion_matrix"])
    names = list(metrics["per_class"])
    # A class absent from the labels has an empty row: leave it blank, not "0%".
    shares_KK = counts_KK / np.maximum(counts_KK.sum(axis=1, keepdims=True), 1)
    side = max(4.4, 1.8 + 0.8 * len(names))  # the title needs as much
    figure = new_figure(side, side)
    axes = figure.subplots()
    axes.imshow(shares_KK, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares_KK):
        if not counts_KK[row].any():
            continue
        colour = "white" if share > 0.6 else INK
        count = f"{counts_KK[row, column]:,}"
        axes.text(column, row, f"{share:.0%}", color=colour, ha="center", va="bottom", size=12)
        axes.text(column, row + 0.08, count, color=colour, ha="center", va="top", size=8)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    low, high = metrics["accuracy_ci95"]
    title = (
        f"Accuracy {metrics['accuracy']:.1%} on {metrics['n']:,} images\n"
        f"95% interval {low:.1%} to {high:.1%}"
    )
    dress(axes, title, "predicted emotion", "true emotion", grid=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    save(figure, path)


def roc_figure(
    probabilities_NK: NDArray[np.floating],
    labels_N: NDArray[np.integer],
    classes: Sequence[str],
    path: Path,
) -> None:
    """Draw one ROC curve per class, that class against the rest, with its AUC in the legend.

    Classes without a positive or without a negative label have no curve and are left out.

    Args:
        probabilities_NK: one row per image, one column per class, in [0, 1].
        labels_N: the true classes, integers from 0 to K − 1.
        classes: the K class names, in column order.
        path: the PNG file to write.

    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "roc.png"
    >>> roc_figure(np.eye(2), np.array([0, 1]), ["sad", "happy"], out)
    """
    figure = new_figure(6.4, 6)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1)
    for k, name in enumerate(classes):
        is_class_N = labels_N == k
        if is_class_N.all() or not is_class_N.any():
            continue
        false_rate, true_rate, _ = roc_curve(is_class_N, probabilities_NK[:, k])
        auc = roc_auc_score(is_class_N, probabilities_NK[:, k])
        axes.plot(
            false_rate,
            true_rate,
            color=COLOURS[k % len(COLOURS)],
            linestyle=_DASHES[k % len(_DASHES)],
            label=f"{name}  {auc:.3f}",
        )
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    percent(axes, "both")
    dress(
        axes,
        "ROC of each emotion against the rest",
        "false positives, share of the rest",
        "true positives, share of the emotion",
    )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(title="area under the curve", loc="lower right", frameon=False)
    save(figure, path)


def calibration_figure(
    probabilities_NK: NDArray[np.floating], labels_N: NDArray[np.integer], path: Path
) -> None:
    """Draw the reliability diagram: accuracy at each level of confidence, and how many images.

    Args:
        probabilities_NK: one row per image, one column per class, in [0, 1].
        labels_N: the true classes, integers from 0 to K − 1.
        path: the PNG file to write.

    >>> import tempfile
    >>> calibration_figure(np.eye(2), np.array([0, 1]), Path(tempfile.mkdtemp()) / "cal.png")
    """
    count_B, confidence_B, accuracy_B = reliability(probabilities_NK, labels_N)
    error = expected_calibration_error(probabilities_NK, labels_N)
    bins = len(count_B)
    centres_B = (np.arange(bins) + 0.5) / bins
    filled_B = count_B > 0

    figure = new_figure(6, 6.6)
    top, bottom = figure.subplots(2, sharex=True, height_ratios=[4, 1])
    top.bar(
        centres_B[filled_B],
        accuracy_B[filled_B],
        width=0.9 / bins,
        color=COLOURS[4],
        label="accuracy in the bin",
    )
    top.plot([0, 1], [0, 1], color=INK, linestyle=":", linewidth=1.2, label="calibrated")
    top.plot(
        confidence_B[filled_B],
        accuracy_B[filled_B],
        "o",
        color=COLOURS[1],
        markersize=5,
        label="at the bin's mean confidence",
    )
    top.set(xlim=(0, 1), ylim=(0, 1.02))
    percent(top, "both")
    dress(top, f"Expected calibration error {error:.1%}", "", "accuracy")
    top.legend(loc="upper left", frameon=False)
    bottom.bar(centres_B, count_B / count_B.sum(), width=0.9 / bins, color=FAINT)
    percent(bottom, "y")
    dress(bottom, "", "confidence in the most probable emotion", "images")
    figure.align_ylabels()
    save(figure, path)


def curves_figure(history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw loss, accuracy and learning rate over the epochs of a training.

    Args:
        history: one mapping per epoch with `epoch`, `train_loss`, `train_accuracy`, `val_loss`,
            `val_accuracy` (accuracies in [0, 1]) and `learning_rate`; other keys are left alone.
        path: the PNG file to write.

    Raises:
        ValueError: the history is empty.

    >>> import tempfile
    >>> epoch = {"epoch": 1, "train_loss": 1.8, "train_accuracy": 0.3, "val_loss": 1.7,
    ...          "val_accuracy": 0.4, "learning_rate": 1e-3}
    >>> curves_figure([epoch], Path(tempfile.mkdtemp()) / "curves.png")
    """
    if not history:
        raise ValueError("There is no epoch to draw: the history is empty.")
    column = {key: np.array([row[key] for row in history], dtype=float) for key in _HISTORY}
    epochs = column["epoch"]

    figure = new_figure(7, 8)
    loss, accuracy, rate = figure.subplots(3, sharex=True, height_ratios=[3, 3, 1.4])
    for axes, measure in ((loss, "loss"), (accuracy, "accuracy")):
        for part, name, colour in (
            ("train", "training", COLOURS[4]),
            ("val", "validation", COLOURS[1]),
        ):
            values = column[f"{part}_{measure}"]
            axes.plot(epochs, values, marker="o", markersize=3, color=colour, label=name)
        axes.legend(loc="best", frameon=False)
    percent(accuracy, "y")
    rate.step(epochs, column["learning_rate"], where="mid", color=COLOURS[2], marker="o", ms=3)
    # Linear, because a cosine schedule ends so near to zero that a logarithm shows little else.
    rate.set_ylim(0, column["learning_rate"].max() * 1.1 or 1)
    rate.yaxis.set_major_formatter("{x:g}")
    rate.set_xlim(epochs.min() - 0.5, epochs.max() + 0.5)
    rate.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    dress(loss, _best_epoch(column, "val_loss", np.argmin, "{:.3f}"), "", "loss")
    dress(accuracy, _best_epoch(column, "val_accuracy", np.argmax, "{:.1%}"), "", "accuracy")
    dress(rate, "", "epoch", "learning rate")
    figure.align_ylabels()
    save(figure, path)


def latency_figure(latencies_ms: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw one box per network: median, quartiles, whiskers to 1.5 × their distance, and the rest.

    Args:
        latencies_ms: by a network's name, the milliseconds of each pass, all above 0.
        path: the PNG file to write.

    >>> import tempfile
    >>> latency_figure({"a": [1.0, 1.1, 1.3]}, Path(tempfile.mkdtemp()) / "latency.png")
    """
    # The fastest on top; a logarithm, because the slowest takes a hundred times as long.
    names = sorted(latencies_ms, key=lambda name: -float(np.median(latencies_ms[name])))
    passes = sorted({len(each) for each in latencies_ms.values()})
    figure = new_figure(7, 1.4 + 0.45 * len(names))
    axes = figure.subplots()
    axes.boxplot(
        [latencies_ms[name] for name in names],
        orientation="horizontal",
        tick_labels=names,
        widths=0.6,
        patch_artist=True,
        boxprops={"facecolor": COLOURS[4], "edgecolor": COLOURS[0]},
        medianprops={"color": COLOURS[1], "linewidth": 1.6},
        whiskerprops={"color": COLOURS[0]},
        capprops={"color": COLOURS[0]},
        flierprops={"marker": ".", "markersize": 4, "markeredgecolor": FAINT},
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(lambda ms, _: f"{ms:g}" if f"{ms:g}"[0] in "235" else "")
    many = f"{passes[0]}" if len(passes) == 1 else f"{passes[0]} to {passes[-1]}"
    dress(axes, f"Latency of one face, {many} passes each", "milliseconds, logarithmic", "")
    save(figure, path)


def _best_epoch(
    column: Mapping[str, NDArray[np.float64]],
    measure: str,
    best: Callable[[NDArray[np.float64]], np.integer],
    style: str,
) -> str:
    """A panel's title: the best validation value and its epoch, unless training diverged."""
    finite = np.flatnonzero(np.isfinite(column[measure]))
    if not len(finite):
        return ""
    row = finite[best(column[measure][finite])]
    value = style.format(column[measure][row])
    return f"Best on validation: {value} in epoch {column['epoch'][row]:.0f}"


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches."""
    margin = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    return Figure(figsize=(width, height), dpi=120, layout=margin)


def dress(axes: Axes, title: str, xlabel: str, ylabel: str, *, grid: bool = True) -> None:
    """Give one panel the look that all figures share."""
    axes.set_title(title, loc="left", color=INK, size=11)
    axes.set_xlabel(xlabel, color=INK)
    axes.set_ylabel(ylabel, color=INK)
    axes.tick_params(color=FAINT, labelcolor=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(color="#E6E6E6", linewidth=0.8)


def percent(axes: Axes, which: str) -> None:
    """Write an axis ("x", "y" or "both") in percent."""
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if which in (name, "both"):
            axis.set_major_formatter(PercentFormatter(1))


def save(figure: Figure, path: Path, metadata: dict[str, str] | None = None) -> None:
    """Write a PNG file, whole or not at all; `metadata` are texts that it carries along."""
    with written_whole(path) as part:
        figure.savefig(part, format="png", metadata=metadata)
