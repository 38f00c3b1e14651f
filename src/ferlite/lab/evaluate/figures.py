"""The pictures of an evaluation: confusion matrix, ROC, reliability, training curves, latencies.

All are PNG files, drawn on `Figure` objects of their own: pyplot's global state would not survive
threads, and would ask for a display.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from ferlite.files import written_whole
from ferlite.lab.evaluate.metrics import expected_calibration_error, headline, reliability

if TYPE_CHECKING:
    from reports.frontier import Cost, Point

# Okabe and Ito's colours, told apart in every common colour blindness; their yellow is left out
# because thin lines of it vanish on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_DASHES = ("-", "--")
_HISTORY = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate")
_INK, _FAINT = "#333333", "#8C8C8C"


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
    side = 1.8 + 0.8 * len(names)
    figure = _figure(side, side)
    axes = figure.subplots()
    axes.imshow(shares_KK, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares_KK):
        if not counts_KK[row].any():
            continue
        colour = "white" if share > 0.6 else _INK
        count = f"{counts_KK[row, column]:,}"
        axes.text(column, row, f"{share:.0%}", color=colour, ha="center", va="bottom", size=12)
        axes.text(column, row + 0.08, count, color=colour, ha="center", va="top", size=8)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    _dress(axes, headline(metrics), "predicted emotion", "true emotion", grid=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    _save(figure, path)


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
    figure = _figure(6.4, 6)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=_FAINT, linestyle=":", linewidth=1)
    for k, name in enumerate(classes):
        is_class_N = labels_N == k
        if is_class_N.all() or not is_class_N.any():
            continue
        false_rate, true_rate, _ = roc_curve(is_class_N, probabilities_NK[:, k])
        auc = roc_auc_score(is_class_N, probabilities_NK[:, k])
        axes.plot(
            false_rate,
            true_rate,
            color=_COLOURS[k % len(_COLOURS)],
            linestyle=_DASHES[k % len(_DASHES)],
            label=f"{name}  {auc:.3f}",
        )
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    _percent(axes, "both")
    _dress(
        axes,
        "ROC of each emotion against the rest",
        "false positives, share of the rest",
        "true positives, share of the emotion",
    )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(title="area under the curve", loc="lower right", frameon=False)
    _save(figure, path)


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

    figure = _figure(6, 6.6)
    top, bottom = figure.subplots(2, sharex=True, height_ratios=[4, 1])
    top.bar(
        centres_B[filled_B],
        accuracy_B[filled_B],
        width=0.9 / bins,
        color=_COLOURS[4],
        label="accuracy in the bin",
    )
    top.plot([0, 1], [0, 1], color=_INK, linestyle=":", linewidth=1.2, label="calibrated")
    top.plot(
        confidence_B[filled_B],
        accuracy_B[filled_B],
        "o",
        color=_COLOURS[1],
        markersize=5,
        label="at the bin's mean confidence",
    )
    top.set(xlim=(0, 1), ylim=(0, 1.02))
    _percent(top, "both")
    _dress(top, f"Expected calibration error {error:.1%}", "", "accuracy")
    top.legend(loc="upper left", frameon=False)
    bottom.bar(centres_B, count_B / count_B.sum(), width=0.9 / bins, color=_FAINT)
    _percent(bottom, "y")
    _dress(bottom, "", "confidence in the most probable emotion", "images")
    figure.align_ylabels()
    _save(figure, path)


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

    figure = _figure(7, 8)
    loss, accuracy, rate = figure.subplots(3, sharex=True, height_ratios=[3, 3, 1.4])
    for axes, measure in ((loss, "loss"), (accuracy, "accuracy")):
        for part, name, colour in (
            ("train", "training", _COLOURS[4]),
            ("val", "validation", _COLOURS[1]),
        ):
            values = column[f"{part}_{measure}"]
            axes.plot(epochs, values, marker="o", markersize=3, color=colour, label=name)
        axes.legend(loc="best", frameon=False)
    _percent(accuracy, "y")
    rate.step(epochs, column["learning_rate"], where="mid", color=_COLOURS[2], marker="o", ms=3)
    # Linear, because a cosine schedule ends so near to zero that a logarithm shows little else.
    rate.set_ylim(0, column["learning_rate"].max() * 1.1 or 1)
    rate.yaxis.set_major_formatter("{x:g}")
    rate.set_xlim(epochs.min() - 0.5, epochs.max() + 0.5)
    rate.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    _dress(loss, _best_epoch(column, "val_loss", np.argmin, "{:.3f}"), "", "loss")
    _dress(accuracy, _best_epoch(column, "val_accuracy", np.argmax, "{:.1%}"), "", "accuracy")
    _dress(rate, "", "epoch", "learning rate")
    figure.align_ylabels()
    _save(figure, path)


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
    figure = _figure(7, 1.4 + 0.45 * len(names))
    axes = figure.subplots()
    axes.boxplot(
        [latencies_ms[name] for name in names],
        orientation="horizontal",
        tick_labels=names,
        widths=0.6,
        patch_artist=True,
        boxprops={"facecolor": _COLOURS[4], "edgecolor": _COLOURS[0]},
        medianprops={"color": _COLOURS[1], "linewidth": 1.6},
        whiskerprops={"color": _COLOURS[0]},
        capprops={"color": _COLOURS[0]},
        flierprops={"marker": ".", "markersize": 4, "markeredgecolor": _FAINT},
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(lambda ms, _: f"{ms:g}" if f"{ms:g}"[0] in "235" else "")
    many = f"{passes[0]}" if len(passes) == 1 else f"{passes[0]} to {passes[-1]}"
    _dress(axes, f"Latency of one face, {many} passes each", "milliseconds, logarithmic", "")
    _save(figure, path)


def temporal_figure(report: Mapping[str, Any], path: Path) -> None:
    """Draw how emotions are followed through time: what follows a change, and accuracy by flicker.

    Args:
        report: what `benchmarks/temporal.py` writes as JSON.
        path: the PNG file to write.
    """
    methods, gru = report["methods"], report["chosen_gru"]
    shown = {
        "frame": "each frame by itself",
        "default": "smoothing, default",
        "exponential": "smoothing, chosen",
        "layer_exponential": "relearned layers, smoothed",
        gru: "GRU",
    }
    figure = _figure(10, 4.2)
    left, right = figure.subplots(1, 2)
    rate = report["worlds"]["test"]["rate"]
    for colour, (name, title) in zip(_COLOURS, shown.items(), strict=False):
        curve = methods[name]["test"]["since_change"]
        left.plot(np.arange(len(curve)) / rate, curve, color=colour, label=title)
        point = methods[name]["test"]
        right.plot(point["flicker_per_s"], point["accuracy"], "o", color=colour, label=title)
    for colour, (name, values) in zip(_COLOURS[5:], report["sweeps"].items(), strict=False):
        points = [value["test"] for value in values.values()]
        titles = {"exponential": "smoothing, any half-life", "moving_average": "any moving average"}
        right.plot(
            [point["flicker_per_s"] for point in points],
            [point["accuracy"] for point in points],
            color=colour,
            label=titles[name],
            zorder=1,
        )
    _percent(left, "y")
    _percent(right, "y")
    _dress(left, "After a change of emotion", "seconds since the change", "accuracy")
    _dress(
        right, "Accuracy against flicker", "label changes per second beyond the true", "accuracy"
    )
    left.legend(frameon=False, labelcolor=_INK)
    right.legend(frameon=False, labelcolor=_INK)
    _save(figure, path)


def frontier_figure(
    points: "Sequence[Point]",
    best: "Callable[[Cost], list[Point]]",
    path: Path,
    note: str,
) -> None:
    """Draw accuracy against latency, parameters and multiply-adds, each with its frontier.

    What papers claim is hollow, and a dashed line leads from there to what was measured.

    Args:
        points: every network; those that lack the accuracy or a cost are not in that panel.
        best: of a cost, the networks that nothing beats, the cheapest first.
        path: the PNG file to write.
        note: a word that the file carries along.

    >>> import tempfile
    >>> from reports.frontier import Point
    >>> one = Point("a", "ours", 0.7, latency_ms=1, parameters=1e6, multiply_adds=1e8)
    >>> frontier_figure([one], lambda cost: [one], Path(tempfile.mkdtemp()) / "f.png", "a note")
    """
    costs: list[tuple[Cost, str, float]] = [
        ("latency_ms", "one face on one thread, ms", 1),
        ("parameters", "parameters, millions", 1e6),
        ("multiply_adds", "multiply-adds, millions", 1e6),
    ]
    looks = {
        "ours": ("o", _COLOURS[0], _COLOURS[0], "ferlite"),
        "literature": ("s", _COLOURS[1], _COLOURS[1], "the papers' systems, measured here"),
        "peer": ("D", _COLOURS[2], _COLOURS[2], "the package fer, measured here"),
        "claimed": ("s", "none", _COLOURS[1], "what the papers publish"),
    }
    figure = _figure(7.6, 12.5)
    panels = figure.subplots(len(costs), 1, sharey=True)
    for axes, (cost, label, unit) in zip(panels, costs, strict=True):
        shown = [(getattr(p, cost), p) for p in points if p.accuracy and getattr(p, cost)]
        steps = [(getattr(p, cost) / unit, float(p.accuracy or 0)) for p in best(cost)]
        if steps:  # and what costs more is no better
            steps.append((max(x for x, _ in shown) / unit, steps[-1][1]))
            axes.step(
                *zip(*steps, strict=True), where="post", color=_COLOURS[4], linewidth=1.4, zorder=1
            )
        measured = {p.name: (x, p.accuracy) for x, p in shown if p.kind != "claimed"}
        for kind, (marker, face, edge, title) in looks.items():
            those = [(x / unit, p.accuracy) for x, p in shown if p.kind == kind]
            if those:
                axes.scatter(
                    *zip(*those, strict=True), marker=marker, s=34, facecolors=face,
                    edgecolors=edge, linewidths=1.3, label=title, zorder=3,
                )  # fmt: skip
        for x, p in shown:
            if p.kind == "claimed" and p.name in measured:
                there, accuracy = measured[p.name]
                axes.plot(
                    [x / unit, there / unit], [p.accuracy, accuracy],
                    linestyle="--", linewidth=1, color=_FAINT, zorder=2,
                )  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(
            lambda x, _: f"{x:g}" if f"{x:g}".strip("0.") in ("2", "3", "5") else ""
        )
        axes.margins(x=0.16, y=0.08)
        _percent(axes, "y")
        _dress(axes, "", f"{label}, logarithmic", "accuracy on PrivateTest")
        named = [(x, p) for x, p in shown if p.kind != "ours" or p in best(cost)]
        _name(axes, [(x / unit, float(p.accuracy or 0), p.name) for x, p in named])
    titles = {t: h for a in panels for h, t in zip(*a.get_legend_handles_labels(), strict=True)}
    if titles:
        figure.legend(
            titles.values(), titles, loc="outside upper left", ncols=2, frameon=False,
            labelcolor=_INK, fontsize=9,
        )  # fmt: skip
    _save(figure, path, {"Description": note})


def _name(axes: Axes, places: Sequence[tuple[float, float, str]]) -> None:
    """Write names beside points; of names that would lie on each other the lower one moves down."""
    low, high = axes.get_ylim()
    step = (high - low) / 34
    written: list[tuple[float, float]] = []
    for x, y, name in sorted(places, key=lambda place: -place[1]):
        lower = y
        while any(abs(lower - other) < step and 0.3 < x / at < 3.3 for at, other in written):
            lower -= step / 4
        written.append((x, lower))
        axes.annotate(
            name,
            (x, lower),
            xytext=(6, 1),
            textcoords="offset points",
            va="bottom",
            size=8,
            color=_INK,
        )


def strengths_figure(
    panels: Mapping[str, Mapping[str, Any]],
    models: Mapping[str, Mapping[str, Any]],
    group: str,
    path: Path,
) -> None:
    """Draw accuracy against strength: a panel for each corruption, a line for each network.

    Args:
        panels: by a corruption's name, its `unit` and its `strengths`.
        models: by a network's name, `clean`, its accuracy on faces as they are, and `group`: by a
            corruption's name, the accuracy at each strength. What is not measured is not drawn.
        group: under which key of a model the accuracies lie.
        path: the PNG file to write.

    >>> import tempfile
    >>> blur = {"blur": {"unit": "pixels", "strengths": [1, 2]}}
    >>> models = {"ferlite_s": {"clean": 0.7, "harm": {"blur": [0.6, 0.4]}}}
    >>> strengths_figure(blur, models, "harm", Path(tempfile.mkdtemp()) / "robustness.png")
    """
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure = _figure(3.6 * columns, 0.6 + 2.9 * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes, (name, panel) in zip(grid.flat, panels.items(), strict=False):
        places = range(len(panel["strengths"]))
        for number, (model, measured) in enumerate(models.items()):
            colour = _COLOURS[number % len(_COLOURS)]
            if "clean" in measured:
                axes.axhline(measured["clean"], color=colour, linestyle=":", linewidth=1)
            if name in measured[group]:
                # Steps of equal width: the strengths of some grow, of others shrink.
                axes.plot(places, measured[group][name], "o-", color=colour, label=model, ms=4)
        axes.set_xticks(places, [f"{strength:g}" for strength in panel["strengths"]])
        _percent(axes, "y")
        _dress(axes, name, panel["unit"], "accuracy" if axes in grid[:, 0] else "")
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    # All panels share this axis; its upper end is known only now that all lines are drawn.
    grid[0, 0].set_ylim(bottom=0)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    _save(figure, path)


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


def _figure(width: float, height: float) -> Figure:
    margin = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    return Figure(figsize=(width, height), dpi=120, layout=margin)


def _dress(axes: Axes, title: str, xlabel: str, ylabel: str, *, grid: bool = True) -> None:
    """Give one panel the look that all figures share."""
    axes.set_title(title, loc="left", color=_INK, size=11)
    axes.set_xlabel(xlabel, color=_INK)
    axes.set_ylabel(ylabel, color=_INK)
    axes.tick_params(color=_FAINT, labelcolor=_INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_FAINT)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(color="#E6E6E6", linewidth=0.8)


def _percent(axes: Axes, which: str) -> None:
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if which in (name, "both"):
            axis.set_major_formatter(PercentFormatter(1))


def _save(figure: Figure, path: Path, metadata: dict[str, str] | None = None) -> None:
    with written_whole(path) as part:
        figure.savefig(part, format="png", metadata=metadata)
