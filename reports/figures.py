"""The figures of docs/research: accuracy against cost, against corruption, and over time."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ferlite.lab.evaluate.figures import COLOURS, FAINT, INK, dress, new_figure, percent, save
from reports.points import Cost, Point


def frontier_figure(
    points: Sequence[Point],
    best: Callable[[Cost], list[Point]],
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
    >>> one = Point("a", "ours", 0.7, latency_ms=1, parameters=1e6, multiply_adds=1e8)
    >>> frontier_figure([one], lambda cost: [one], Path(tempfile.mkdtemp()) / "f.png", "a note")
    """
    costs: list[tuple[Cost, str, float]] = [
        ("latency_ms", "one face on one thread, ms", 1),
        ("parameters", "parameters, millions", 1e6),
        ("multiply_adds", "multiply-adds, millions", 1e6),
    ]
    looks = {
        "trial": (".", FAINT, FAINT, "other trainings of ours"),
        "ours": ("o", COLOURS[0], COLOURS[0], "ferlite"),
        "literature": ("s", COLOURS[1], COLOURS[1], "the papers' systems, measured here"),
        "peer": ("D", COLOURS[2], COLOURS[2], "the package fer, measured here"),
        "claimed": ("s", "none", COLOURS[1], "what the papers publish"),
    }
    figure = new_figure(7.6, 12.5)
    panels = figure.subplots(len(costs), 1, sharey=True)
    for axes, (cost, label, unit) in zip(panels, costs, strict=True):
        shown = [(getattr(p, cost), p) for p in points if p.accuracy and getattr(p, cost)]
        steps = [(getattr(p, cost) / unit, float(p.accuracy or 0)) for p in best(cost)]
        if steps:  # What costs more is no better.
            steps.append((max(x for x, _ in shown) / unit, steps[-1][1]))
            axes.step(
                *zip(*steps, strict=True), where="post", color=COLOURS[4], linewidth=1.4, zorder=1
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
                    linestyle="--", linewidth=1, color=FAINT, zorder=2,
                )  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(
            lambda x, _: f"{x:g}" if f"{x:g}".strip("0.") in ("2", "3", "5") else ""
        )
        axes.margins(x=0.16, y=0.08)
        percent(axes, "y")
        dress(axes, "", f"{label}, logarithmic", "accuracy on PrivateTest")
        named = [(x, p) for x, p in shown if p.kind != "trial"]
        _name(axes, [(x / unit, float(p.accuracy or 0), p.name) for x, p in named])
    titles = {t: h for a in panels for h, t in zip(*a.get_legend_handles_labels(), strict=True)}
    if titles:
        figure.legend(
            titles.values(), titles, loc="outside upper left", ncols=2, frameon=False,
            labelcolor=INK, fontsize=9,
        )  # fmt: skip
    save(figure, path, {"Description": note})


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
            color=INK,
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
    >>> models = {"ferlite_s": {"clean": 0.7, "faces": {"blur": [0.6, 0.4]}}}
    >>> strengths_figure(blur, models, "faces", Path(tempfile.mkdtemp()) / "robustness.png")
    """
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(3.6 * columns, 0.6 + 2.9 * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes, (name, panel) in zip(grid.flat, panels.items(), strict=False):
        places = range(len(panel["strengths"]))
        for number, (model, measured) in enumerate(models.items()):
            colour = COLOURS[number % len(COLOURS)]
            if "clean" in measured:
                axes.axhline(measured["clean"], color=colour, linestyle=":", linewidth=1)
            if name in measured[group]:
                # Steps of equal width: the strengths of some grow, of others shrink.
                axes.plot(places, measured[group][name], "o-", color=colour, label=model, ms=4)
        axes.set_xticks(places, [f"{strength:g}" for strength in panel["strengths"]])
        percent(axes, "y")
        dress(axes, name, panel["unit"], "accuracy" if axes in grid[:, 0] else "")
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    # All panels share this axis; its upper end is known only now that all lines are drawn.
    grid[0, 0].set_ylim(bottom=0)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    save(figure, path)


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
    figure = new_figure(10, 4.2)
    left, right = figure.subplots(1, 2)
    rate = report["worlds"]["test"]["rate"]
    for colour, (name, title) in zip(COLOURS, shown.items(), strict=False):
        curve = methods[name]["test"]["since_change"]
        left.plot(np.arange(len(curve)) / rate, curve, color=colour, label=title)
        point = methods[name]["test"]
        right.plot(point["flicker_per_s"], point["accuracy"], "o", color=colour, label=title)
    for colour, (name, values) in zip(COLOURS[5:], report["sweeps"].items(), strict=False):
        points = [value["test"] for value in values.values()]
        titles = {"exponential": "smoothing, any half-life", "moving_average": "any moving average"}
        right.plot(
            [point["flicker_per_s"] for point in points],
            [point["accuracy"] for point in points],
            color=colour,
            label=titles[name],
            zorder=1,
        )
    percent(left, "y")
    percent(right, "y")
    dress(left, "After a change of emotion", "seconds since the change", "accuracy")
    dress(right, "Accuracy against flicker", "label changes per second beyond the true", "accuracy")
    left.legend(frameon=False, labelcolor=INK)
    right.legend(frameon=False, labelcolor=INK)
    save(figure, path)
