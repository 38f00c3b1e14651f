"""The README's tables: which model to take, and what it costs."""

from typing import Any, Final

from ferlite.classify import zoo
from ferlite.lab.markdown import markdown
from reports.results import Results

RECOMMENDED: Final = ("ferlite_m", "ferlite_s", "ferlite_xs")


def models_table(results: Results) -> str:
    """What each recommended model is worth on photos, FER+ and FER2013, and what it takes."""
    rows = []
    for name in RECOMMENDED:
        photos = results["photos"]["models"][name]["photos"]
        sets = results["label_sources"]["models"][name]
        face, photo = (_median(results["runtime"], name, what) for what in ("one face", "a photo"))
        rows.append(
            (
                f"`{name}`{' (default)' if name == zoo.DEFAULT else ''}",
                f"**{photos['accuracy']:.1%}**",
                f"{photos['balanced_accuracy']:.1%}",
                f"{sets['photos']['ferplus']['accuracy']:.1%}",
                f"{sets['photos']['fer2013']['accuracy']:.1%}",
                f"{sets['fer2013']['fer2013']['accuracy']:.1%}",
                f"{zoo.path(name).stat().st_size / 1e6:.1f} MB",
                f"{face:.2g} ms",
                f"{photo:.2g} ms",
            )
        )
    head = (
        "model", "photos", "photos, balanced", "FER+", "FER2013",
        "FER2013, `--labels fer2013`", "file", "one face", "a photo",
    )  # fmt: skip
    return markdown(head, rows, left=1)


def label_sources_table(results: Results) -> str:
    """The default model on the test sets of papers, by each of its label sources."""
    sets = results["label_sources"]["models"][zoo.DEFAULT]
    rows = [
        (
            f"`{source}`{' (default)' if source == 'photos' else ''}",
            *(f"{numbers[on]['accuracy']:.1%}" for on in ("ferplus", "fer2013")),
            *(f"{numbers[on]['balanced_accuracy']:.1%}" for on in ("ferplus", "fer2013")),
        )
        for source, numbers in sets.items()
    ]
    head = (
        "label source", "FER+, accuracy", "FER2013, accuracy",
        "FER+, balanced accuracy", "FER2013, balanced accuracy",
    )  # fmt: skip
    return markdown(head, rows, left=1)


def recall_table(results: Results) -> str:
    """Of the photos of each emotion, how many the default model recognises by default."""
    report = results["photos"]
    recalls = report["models"][zoo.DEFAULT]["photos"]["recall"]
    counts = report["per_emotion"]
    rows = [
        ("recognised", *(f"{recall:.0%}" for recall in recalls.values())),
        ("of so many photos", *(str(counts[emotion]) for emotion in recalls)),
    ]
    return markdown(("", *recalls), rows, left=1)


def _median(runtime: dict[str, Any], model: str, what: str) -> float:
    """Milliseconds that a model takes for one face, or a photo."""
    (row,) = (
        row
        for row in runtime["rows"]
        if row.get("model") == model and row["what"].endswith(f", {what}")
    )
    median: float = row["median_ms"]
    return median
