"""The tables of docs/framing.md, from what benchmarks/margin.py and detection.py measured."""

from typing import Any, Final

from ferlite.lab.markdown import markdown

_MISSING: Final = "Not measured yet: `python benchmarks/{}.py`.\n"


def usual_margin(result: dict[str, Any], detector: str) -> float:
    """The margin to crop by where none is asked for, of those measured.

    The one nearest 1 at which crops are right no less often than at the best one less its
    standard error (the one standard error rule, Breiman et al. 1984): the best itself is drawn by
    chance from many that are as good, and would be another for every network that ships.

    >>> margins = {"0.8": {"accuracy": 0.67}, "1.0": {"accuracy": 0.66}, "1.2": {"accuracy": 0.60}}
    >>> usual_margin({"photos": 1156, "detectors": {"haar": {"margins": margins}}}, "haar")
    1.0
    """
    accuracies = {
        float(margin): found["accuracy"]
        for margin, found in result["detectors"][detector]["margins"].items()
    }
    best = max(accuracies.values())
    error = (best * (1 - best) / result["photos"]) ** 0.5
    as_good = [margin for margin, right in accuracies.items() if right >= best - error]
    return min(as_good, key=lambda margin: abs(margin - 1))


def steps_table(report: dict[str, Any]) -> str:
    """What each step of framing adds on photos, with YuNet's faces."""
    if "steps" not in report:
        return _MISSING.format("margin")
    steps = report["steps"]
    first = next(iter(steps.values()))["accuracy"]
    rows = [
        (
            step,
            f"{numbers['accuracy']:.1%}",
            f"{100 * (numbers['accuracy'] - first):+.1f}" if numbers["accuracy"] != first else "",
            f"{numbers['mean_recall_of_classes']:.1%}",
        )
        for step, numbers in steps.items()
    ]
    return markdown(("crop", "right", "points", "mean recall of the classes"), rows, left=1)


def tilted_table(report: dict[str, Any]) -> str:
    """Accuracy on turned photos, with crops level and upright."""
    if "tilted" not in report:
        return _MISSING.format("margin")
    rows = [
        (
            f"{turn}°",
            f"{numbers['recall']:.1%}",
            f"{numbers['level']['accuracy']:.1%}",
            f"**{numbers['upright']['accuracy']:.1%}**",
        )
        for turn, numbers in report["tilted"].items()
    ]
    return markdown(("photos turned by", "faces found", "level", "upright"), rows, left=1)


def confusion_table(report: dict[str, Any]) -> str:
    """Which label was answered with which emotion."""
    if "confusion" not in report:
        return _MISSING.format("margin")
    confusion = report["confusion"]
    rows = [
        (f"**{label}**", *(str(count) for count in answers.values()))
        for label, answers in confusion.items()
    ]
    return markdown(("label \\ answer", *next(iter(confusion.values()))), rows, left=1)


def detection_table(report: dict[str, Any] | None) -> str:
    """Recall, false alarms and time of the detectors in each test."""
    if report is None:
        return _MISSING.format("detection")
    detectors = report["detectors"]
    head = ["test", "pictures"]
    for name in detectors:
        head += [f"`{name}` finds", "false alarms", "median"]
    rows = []
    for test, first in next(iter(detectors.values())).items():
        row = [test, f"{first['pictures']:,}"]
        for found in detectors.values():
            numbers = found[test]
            recall = numbers.get("recall")
            row += [
                "–" if recall is None else f"{recall:.1%}",
                str(numbers["false_alarms"]),
                f"{numbers['median_ms']:.1f} ms",
            ]
        rows.append(row)
    return markdown(head, rows, left=1)
