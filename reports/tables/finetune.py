"""The table of docs/how-to/own-faces.md: what fine-tuning is worth, by how many faces there are."""

from typing import Any

from ferlite.lab.markdown import markdown


def finetune_table(report: dict[str, Any]) -> str:
    """Accuracy before and after on faces that took no part, and what it took."""
    rows = [
        (
            f"{row['faces']:,}",
            f"`{row['weights']}`",
            f"{row['before']['accuracy']:.1%} → {row['after']['accuracy']:.1%}",
            f"{row['before']['balanced_accuracy']:.1%} → {row['after']['balanced_accuracy']:.1%}",
            f"{row['processor_seconds']:.0f} s",
        )
        for row in sorted(report["rows"], key=lambda row: (row["faces"], row["weights"]))
    ]
    return markdown(("faces", "network", "accuracy", "balanced accuracy", "one core"), rows, left=2)
