"""The tables of docs/research/temporal.md, from what benchmarks/temporal.py measured."""

from collections.abc import Mapping
from typing import Any, Final

from ferlite.lab.markdown import markdown

METHODS: Final = {
    "frame": "each frame by itself",
    "moving_average": "moving average",
    "default": "exponential smoothing, ferlite's default",
    "exponential": "exponential smoothing, chosen",
    "layer": "relearned last layers, no memory",
    "layer_exponential": "the same, smoothed",
    "gru_probabilities": "GRU on the probabilities",
    "gru": "GRU on the last layer's input",
    "gru_training_rows": "the same, learned from Training rows",
}
_SETS: Final = {
    "held_out": "to learn from",
    "select": "to select on",
    "test": "to measure on",
    "calm": "the same, calmer",
    "train": "to learn from, instead",
}
_ROWS: Final = {"held_out": "PublicTest, 70%", "select": "PublicTest, 30%", "test": "PrivateTest",
                "calm": "PrivateTest", "train": "Training"}  # fmt: skip


def default_table(report: Mapping[str, Any]) -> str:
    """What ferlite does in videos, beside no smoothing at all."""
    rows = []
    for name, title in (("default", "smoothed, as by default"), ("frame", "not smoothed")):
        for on, sequences in (("test", "restless"), ("calm", "calmer")):
            numbers = report["methods"][name][on]
            rows.append(
                (
                    f"{title}, {sequences} sequences",
                    f"{numbers['accuracy']:.0%}",
                    f"{numbers['delay_s']:.1f} s",
                    f"{numbers['noticed']:.0%}",
                    f"{numbers['flicker_per_s']:+.1f}",
                )
            )
    head = ("", "frames right", "delay", "changes noticed", "needless changes per s")
    return markdown(head, rows, left=1)


def methods_table(report: Mapping[str, Any]) -> str:
    """Every way to read a face over time, and in a sentence what the GRU gains."""
    rows = []
    for name, title in METHODS.items():
        method = report["methods"][name]
        test, calm = method["test"], method["calm"]
        seconds = f", {method['seconds']} s" if "seconds" in method else ""
        spread = ""
        if of_seeds := test.get("accuracy_of_seeds"):
            spread = f" ({min(of_seeds):.1%} to {max(of_seeds):.1%})"
        rows.append(
            (
                title + seconds,
                f"{method['select_accuracy']:.1%}",
                f"{test['accuracy']:.1%}{spread}",
                f"{test['delay_s']:.2f} s",
                f"{test['noticed']:.0%}",
                f"{test['flicker_per_s']:+.2f}",
                f"{calm['accuracy']:.1%}",
                f"{calm['delay_s']:.2f} s",
                f"{calm['flicker_per_s']:+.2f}",
            )
        )
    table = markdown(
        (
            "method", "PublicTest", "PrivateTest: accuracy", "delay", "changes noticed",
            "flicker per s", "calmer: accuracy", "delay", "flicker per s",
        ),
        rows,
        left=1,
    )  # fmt: skip
    return f"{table}\n{verdict(report)}\n"


def verdict(report: Mapping[str, Any]) -> str:
    """What the GRU that did best on PublicTest gains over smoothing, of two kinds."""
    name = report["chosen_gru"]
    said = [
        f"{_points(report['methods'][name], 'test', base)} against {title}, and in the calmer "
        f"sequences {_points(report['methods'][name], 'calm', base)}"
        for base, title in (
            ("exponential", "the chosen exponential smoothing of the network as it is"),
            ("layer_exponential", "the smoothed layers that were relearned without memory"),
        )
    ]
    return (
        f"Best on PublicTest is the {METHODS[name]}. On PrivateTest's sequences its accuracy "
        f"differs by {'; by '.join(said)}."
    )


def _points(method: Mapping[str, Any], part: str, base: str) -> str:
    gain = method[part][f"gain_over_{base}"]
    low, high = gain["ci95"]
    return (
        f"{100 * gain['accuracy']:+.1f} points (95% interval {100 * low:+.1f} to {100 * high:+.1f})"
    )


def sets_table(report: Mapping[str, Any]) -> str:
    """The sequences, and how sure and how right the face network is in them, frame by frame."""
    rows = [
        (
            purpose,
            _ROWS[name],
            f"{(found := report['sets'][name])['faces']:,}",
            f"{found['sequences']}",
            f"{found['frames']:,}",
            f"{found['seen']:.1%}",
            f"{found['changes_per_s']:.2f}",
            f"{found['accuracy_where_seen']:.1%}",
            f"{found['confidence_where_seen']:.1%}",
        )
        for name, purpose in _SETS.items()
    ]
    return markdown(
        (
            "sequences", "faces from", "faces", "sequences", "frames", "frames with a face",
            "changes per s", "right, frame by frame", "mean confidence",
        ),
        rows,
    )  # fmt: skip
