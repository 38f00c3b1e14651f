"""Every trial is told, and with the numbers of its result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.results import RESULTS
from reports.tables import tried

Trained = Callable[..., dict[str, Any]]


def test_every_trial_has_one_row() -> None:
    names = [trial.name for trial in tried.read_trials()]
    assert sorted(names) == sorted(path.stem for path in RESULTS.glob("trials/*.json"))


def test_a_trial_stands_beside_what_it_is_compared_with(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "trials.yaml"
    file.write_text(
        "- {name: a, change: first, conclusion: kept}\n"
        "- {name: b, base: a, change: more, conclusion: better}\n"
    )
    trials = tried.read_trials(file)
    monkeypatch.setattr(tried, "read_trials", lambda: trials)
    results = {"a": trained("a", accuracy=0.6), "b": trained("b", accuracy=0.65)}
    _, _, a, b = tried.tried_table(results).splitlines()
    assert a == "| `a` | – | first | kept | 59.0% |  | 0.400 |"
    assert b == "| `b` | `a` | more | better | 64.0% | +5.0 | 0.350 (-0.050) |"
