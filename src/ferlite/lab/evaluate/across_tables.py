"""What systems reach on datasets, in the layout of the tables in CLCM's paper.

Gursesli et al., "Facial Emotion Recognition (FER) Through Custom Lightweight CNN Model: Performance
Evaluation in Public Datasets", IEEE Access, 2024, tables 4, 5, 8, 9 and 10: overall accuracy of
systems by datasets, accuracy per emotion, and confusion matrices in percent of the true emotion.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ferlite.lab.markdown import markdown


def tables(results: Sequence[Mapping[str, Any]]) -> str:
    """What `across.measured` gave, as a page of Markdown."""
    head = "# Across datasets\n\nAll numbers are percent, on test rows.\n\n"
    return head + sections(results)


def sections(results: Sequence[Mapping[str, Any]]) -> str:
    """The same without its head: overall accuracy, accuracy per emotion, confusion matrices."""
    parts = [accuracies(results), "## Confusion matrices\n"]
    parts.append("Rows are the true emotions, columns the predicted ones.\n")
    for result in results:
        title = f"{_system(result)} trained on {result['trained_on']}"
        parts += [f"### {title}, on {result['data']['name']}\n", _confusion(result)]
    return "\n".join(parts)


def accuracies(results: Sequence[Mapping[str, Any]]) -> str:
    """Overall accuracy and accuracy per emotion."""
    datasets = list(dict.fromkeys(r["data"]["name"] for r in results))
    parts = ["## Overall accuracy\n", _overall(results, datasets)]
    parts.append("## Accuracy per emotion\n")
    for name in datasets:
        parts += [f"### {name}\n", _per_emotion([r for r in results if r["data"]["name"] == name])]
    return "\n".join(parts)


def _overall(results: Sequence[Mapping[str, Any]], datasets: Sequence[str]) -> str:
    """Systems by datasets."""
    rows: dict[tuple[str, str, str], dict[str, float]] = {}
    for r in results:
        system = _system(r), r["trained_on"], f"{r['parameters']:,}"
        rows.setdefault(system, {})[r["data"]["name"]] = r["accuracy"]
    return markdown(
        ("system", "trained on", "parameters", *datasets),
        [
            (*system, *(_percent(found.get(name)) for name in datasets))
            for system, found in rows.items()
        ],
    )


def _per_emotion(results: Sequence[Mapping[str, Any]]) -> str:
    """Systems by emotions, on one dataset."""
    return markdown(
        ("system", "trained on", *results[0]["accuracy_per_class"], "all"),
        [
            (
                _system(r),
                r["trained_on"],
                *(_percent(share) for share in r["accuracy_per_class"].values()),
                _percent(r["accuracy"]),
            )
            for r in results
        ],
    )


def _confusion(result: Mapping[str, Any]) -> str:
    classes = list(result["accuracy_per_class"])
    rows = [
        (name, *(f"{percent:.1f}" for percent in row))
        for name, row in zip(classes, result["confusion_percent"], strict=True)
    ]
    return markdown(("true", *classes), rows, left=1)


def _system(result: Mapping[str, Any]) -> str:
    """The system, and which run of it where the folder has another name."""
    system, run = result["system"], result["run"]
    return f"`{system}`" if run == system else f"`{system}` ({run})"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
