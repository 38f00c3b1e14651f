"""The tables of docs/explanation/: how-good.md, label-sources.md and detectors.md."""

from typing import Any

from ferlite.lab.markdown import markdown

_TITLES = {"blazeface": "`blazeface` (built in)", "yunet": "`yunet`", "haar": "`haar`"}


def label_sources_table(report: dict[str, Any]) -> str:
    """What the default model is worth on photos by each label source."""
    return _worth(report["models"][report["default"]["model"]], "label source", report)


def shipped_table(report: dict[str, Any]) -> str:
    """What each shipped model is worth on photos with its answer for photos."""
    models = {name: numbers["photos"] for name, numbers in report["models"].items()}
    best_first = dict(sorted(models.items(), key=lambda item: -item[1]["accuracy"]))
    return _worth(best_first, "model", report)


def recall_table(report: dict[str, Any]) -> str:
    """How often the default model finds each emotion, by each label source."""
    sources = report["models"][report["default"]["model"]]
    rows = [
        (
            emotion,
            str(count),
            *(f"{numbers['recall'][emotion]:.0%}" for numbers in sources.values()),
        )
        for emotion, count in report["per_emotion"].items()
    ]
    return markdown(("emotion", "photos", *(f"`{name}`" for name in sources)), rows, left=1)


def confusion_table(report: dict[str, Any]) -> str:
    """What the default model says about the photos of each emotion, in percent of a row."""
    confusion = report["models"][report["default"]["model"]]["photos"]["confusion"]
    columns = confusion["columns"]
    rows = []
    for emotion in columns[:-1]:
        counts = confusion[emotion]
        shares = [f"{count / sum(counts):.0%}" for count in counts]
        right = columns.index(emotion)
        rows.append((emotion, str(sum(counts)), *_bold(shares, right)))
    return markdown(("labelled", "photos", *columns[:-1], "no face found"), rows, left=1)


def calibration_table(report: dict[str, Any]) -> str:
    """How often the default model's answers are right, by their confidence."""
    bins = report["models"][report["default"]["model"]]["photos"]["reliability"]
    width = 0.1
    rows = [
        (
            f"{each['from']:.0%} to {each['from'] + width:.0%}",
            str(each["faces"]),
            f"{each['confidence']:.0%}",
            f"{each['accuracy']:.0%}",
        )
        for each in bins
    ]
    return markdown(("confidence", "photos", "mean confidence", "right"), rows, left=1)


def cross_validation_table(report: dict[str, Any]) -> str:
    """The choice of the temperature: on all photos, and on halves that did not choose."""
    halves = report["choice"]["cross_validation"]
    shown = report["models"][report["default"]["model"]]["photos"]
    rows = [
        ("all photos, in the files", report["in_the_files"]["temperature"], *_three(shown)),
        ("one half, measured on the other", halves["temperature"], *_three(halves)),
    ]
    head = ("chosen on", "temperature", "accuracy", "balanced accuracy", "calibration error")
    return markdown(head, [tuple(map(str, row)) for row in rows], left=1)


def tau_table(report: dict[str, Any]) -> str:
    """What each share of the prior that is taken out gives with the default model."""
    given = str(report["in_the_files"]["tau"])
    rows = [
        (
            f"**{tau}**" if tau == given else tau,
            f"{numbers['accuracy']:.1%}",
            f"{numbers['balanced_accuracy']:.1%}",
        )
        for tau, numbers in report["choice"]["by_tau"].items()
    ]
    return markdown(("τ", "accuracy", "balanced accuracy"), rows)


def detectors_table(report: dict[str, Any]) -> str:
    """What the detectors find and take for a face; a column for each."""
    detectors = report["detectors"]
    first = next(iter(detectors.values()))
    rows = [
        (
            f"photos with one face ({first['photos']['images']:,}): missed",
            *(f"{_missed(found):.1%}" for found in detectors.values()),
        )
    ]
    for test in first:
        if test.startswith("pasted"):
            rows.append((test, *(f"{found[test]['recall']:.0%}" for found in detectors.values())))
    if "crowd" in first:
        rows.append(
            (
                f"crowd of {first['crowd']['faces']}: boxes",
                *(str(found["crowd"]["boxes"]) for found in detectors.values()),
            )
        )
    rows.append(
        (
            f"{first['no face']['images']} images without faces: false alarms",
            *(str(found["no face"]["false_alarms"]) for found in detectors.values()),
        )
    )
    return markdown(("", *(_TITLES[name] for name in detectors)), rows, left=1)


def detectors_time_table(report: dict[str, Any]) -> str:
    """How long the detectors take, one thread."""
    detectors = report["detectors"]
    tests = {
        "400×400": "photo of 400×400, one face that fills it",
        "400×400, face smaller": "photo of 400×400, one face of 60 to 200 pixels",
        "pasted, 64 pixels": "image of 800×600",
        "crowd": "crowd, 1920×1080",
    }
    measured = next(iter(detectors.values()))
    rows = [
        (title, *(f"{found[test]['median_ms']:.1f} ms" for found in detectors.values()))
        for test, title in tests.items()
        if test in measured
    ]
    return markdown(("", *(_TITLES[name] for name in detectors)), rows, left=1)


def detectors_accuracy_table(report: dict[str, Any]) -> str:
    """What the default model is worth on photos with the faces of each detector."""
    return _worth(report["detectors"], "detector", report)


def _worth(rows: dict[str, dict[str, Any]], what: str, report: dict[str, Any]) -> str:
    default = report["default"].values()
    return markdown(
        (what, "accuracy (95% interval)", "balanced accuracy", "calibration error"),
        [
            (
                f"**`{name}`**" if name in default else f"`{name}`",
                "{:.1%} ({:.1%} to {:.1%})".format(numbers["accuracy"], *numbers["accuracy_ci95"]),
                *_three(numbers)[1:],
            )
            for name, numbers in rows.items()
        ],
        left=1,
    )


def _bold(cells: list[str], place: int) -> list[str]:
    return [f"**{cell}**" if i == place else cell for i, cell in enumerate(cells)]


def _three(numbers: dict[str, Any]) -> tuple[str, str, str]:
    return (
        f"{numbers['accuracy']:.1%}",
        f"{numbers['balanced_accuracy']:.1%}",
        f"{numbers['expected_calibration_error']:.3f}",
    )


def _missed(found: dict[str, Any]) -> float:
    missed: float = found["photos"]["misses"] / found["photos"]["images"]
    return missed
