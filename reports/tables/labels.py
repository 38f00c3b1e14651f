"""The tables of docs/research/labels.md: the same networks by labels and by votes."""

from typing import Any

from ferlite.lab.markdown import markdown
from reports.results import Results, keeps_copies

_SOURCES = {
    "original": "FER2013's labels (`--labels fer2013`)",  # as earlier results say
    "fer2013": "FER2013's labels (`--labels fer2013`)",
    "ferplus": "FER+ votes (`--labels ferplus`)",
    "photos": "FER+ votes, adjusted (`--labels photos`, the default)",
}


def models_table(results: Results) -> str:
    """What the networks that learned both are worth by either."""
    rows = [
        (
            f"`{r['name']}`",
            f"{r['validation']['accuracy']:.1%}",
            f"{r['test']['accuracy']:.1%}",
            f"{r['voted']['validation']['accuracy']:.1%}",
            f"{r['voted']['test']['accuracy']:.1%}",
            f"{r['voted']['test']['macro_f1']:.3f}",
        )
        for r in sorted(results.values(), key=lambda r: r.get("name", ""))
        if "voted" in r and r.get("kind") in ("training", "quantisation") and not keeps_copies(r)
    ]
    head = (
        "model", "labels, PublicTest", "PrivateTest",
        "votes, PublicTest", "PrivateTest", "macro F1",
    )  # fmt: skip
    return markdown(head, rows, left=1)


def photos_table(report: dict[str, Any]) -> str:
    """What the default answers in photos, asked for either."""
    rows = [
        (
            _SOURCES[labels],
            f"{numbers['accuracy']:.1%}",
            f"{numbers['mean_recall_of_classes']:.1%}",
        )
        for labels, numbers in report["labels"].items()
    ]
    return markdown(("label source", "accuracy", "balanced accuracy"), rows, left=1)


def agreement_table(report: dict[str, Any]) -> str:
    """How many of FER2013's labels the majority of the votes shares, and what it says instead."""
    votes = report["votes"]
    rows = []
    for label, numbers in votes["per_class"].items():
        majority = {k: n for k, n in numbers["majority"].items() if k not in (label, "none")}
        other = max(majority, key=lambda name: majority[name])
        rows.append(
            (
                label,
                f"{numbers['with_majority']:,}",
                f"{numbers['agreement']:.0%}",
                f"{other}, {majority[other] / numbers['with_majority']:.0%}",
            )
        )
    rows.append(("all", f"{votes['with_majority']:,}", f"{votes['agreement']:.0%}", "–"))
    head = ("label", "faces with a majority", "majority agrees", "else mostly")
    return markdown(head, rows, left=1)
