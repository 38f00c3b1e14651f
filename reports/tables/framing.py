"""The tables of docs/research/framing.md: how a face is cropped and found."""

from typing import Any

from ferlite.lab.markdown import markdown


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


def margin_table(report: dict[str, Any]) -> str:
    """Accuracy on photos against the crop's side over the longer side of the detector's box."""
    detectors = {name: found for name, found in report["detectors"].items() if "margins" in found}
    steps = list(next(iter(detectors.values()))["margins"])
    usual = {name: usual_margin(report, name) for name in detectors}
    rows = [
        (
            step,
            *(
                ("**{:.1%}**" if float(step) == usual[name] else "{:.1%}").format(
                    found["margins"][step]["accuracy"]
                )
                for name, found in detectors.items()
            ),
        )
        for step in steps
    ]
    rows.append(("faces found", *(f"{found['recall']:.1%}" for found in detectors.values())))
    return markdown(("margin", *(f"`{name}`" for name in detectors)), rows, left=1)


def steps_table(report: dict[str, Any]) -> str:
    """What each step of framing adds on photos, with the built-in detector's faces."""
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
    return markdown(("crop", "accuracy", "points", "balanced accuracy"), rows, left=1)


def tilted_table(report: dict[str, Any]) -> str:
    """Accuracy on turned photos, with crops level and upright."""
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
    confusion = report["confusion"]
    rows = [
        (f"**{label}**", *(str(count) for count in answers.values()))
        for label, answers in confusion.items()
    ]
    return markdown(("label \\ answer", *next(iter(confusion.values()))), rows, left=1)
