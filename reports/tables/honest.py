"""The table of docs/research/honest-numbers.md: what each usual mistake would let one report."""

from ferlite.lab.markdown import markdown
from reports.results import Results


def honest_numbers(results: Results) -> str:
    """What each usual mistake would let one report."""
    cases = results["honest_numbers"]["rows"]
    honest = cases[0]["reported_accuracy"]
    rows = [
        (
            f"`{row['case']}`",
            row["what"],
            f"{row['reported_accuracy']:.1%}",
            "" if row is cases[0] else f"{100 * (row['reported_accuracy'] - honest):+.1f}",
            f"{row['train_accuracy']:.1%}",
            f"{row['epochs_run']}",
        )
        for row in cases
    ]
    return markdown(
        ("case", "what was done", "reported accuracy", "points", "training accuracy", "epochs"),
        rows,
    )
