"""The table of docs/research/tried.md: what was tried, what it did, and what followed from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from ferlite.lab.markdown import markdown
from reports.results import Result, Results, log_loss

TRIALS: Final = Path(__file__).parents[1] / "trials.yaml"


@dataclass(frozen=True)
class Trial:
    """One training of results/trials/.

    Attributes:
        name: of its result.
        change: what was done, as against `base`.
        conclusion: what followed.
        base: the result that it is compared with; None where there is none before it.
    """

    name: str
    change: str
    conclusion: str
    base: str | None = None


def read_trials(path: Path = TRIALS) -> list[Trial]:
    """Every trial, in the order in which a reader should meet them."""
    return [Trial(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def tried_table(results: Results) -> str:
    """Every trial beside what it is compared with: accuracy and log loss on PublicTest.

    Raises:
        KeyError: results/ lack a trial, or what it is compared with.
    """
    rows = []
    for trial in read_trials():
        accuracy, loss, points = _accuracy(results[trial.name]), log_loss(results[trial.name]), ""
        lost = f"{loss:.3f}"
        if trial.base is not None:
            before = results[trial.base]
            points = f"{100 * (accuracy - _accuracy(before)) + 0.0:+.1f}"
            lost += f" ({loss - log_loss(before):+.3f})"
        base = f"`{trial.base}`" if trial.base else "–"
        rows.append(
            (
                f"`{trial.name}`",
                base,
                trial.change,
                trial.conclusion,
                f"{accuracy:.1%}",
                points,
                lost,
            )
        )
    head = ("trial", "compared with", "change", "conclusion", "PublicTest", "points", "log loss")
    return markdown(head, rows, left=4)


def _accuracy(result: Result) -> float:
    return float(result["validation"]["accuracy"])
