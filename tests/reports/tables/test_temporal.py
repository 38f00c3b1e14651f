"""What docs/research/temporal.md says follows the numbers."""

import copy
import json
from pathlib import Path

import pytest

from reports.tables.temporal import default_table, methods_table, verdict

RESULT = Path(__file__).parents[3] / "results" / "benchmarks" / "temporal.json"


@pytest.fixture
def report() -> dict:
    return json.loads(RESULT.read_text(encoding="utf-8"))


def test_a_row_follows_its_numbers(report: dict) -> None:
    report["methods"]["frame"]["test"]["accuracy"] = 0.12345
    report["methods"]["frame"]["calm"]["flicker_per_s"] = -0.125
    row = methods_table(report).splitlines()[2]
    assert "each frame by itself" in row
    assert "| 12.3% |" in row
    assert row.endswith("| -0.12 |")


def test_the_verdict_is_about_the_chosen_gru(report: dict) -> None:
    changed = copy.deepcopy(report)
    gain = {"accuracy": -0.034, "ci95": [-0.05, 0.01]}
    changed["chosen_gru"] = "gru_probabilities"
    changed["methods"]["gru_probabilities"]["test"]["gain_over_exponential"] = gain
    assert "GRU on the probabilities" in verdict(changed)
    assert "-3.4 points (95% interval -5.0 to +1.0) against the chosen exponential" in verdict(
        changed
    )


def test_what_is_chosen_is_best_on_what_selects(report: dict) -> None:
    """PrivateTest must have no part in any choice."""
    methods = report["methods"]
    grus = {name: m["select_accuracy"] for name, m in methods.items() if name.startswith("gru")}
    assert grus[report["chosen_gru"]] == max(grus.values())
    for name, sweep in report["sweeps"].items():
        best = max(sweep, key=lambda value: sweep[value]["select"]["accuracy"])
        assert float(best) == methods[name]["seconds"]


def test_smoothing_stands_beside_no_smoothing(report: dict) -> None:
    report["methods"]["default"]["test"]["delay_s"] = 1.24
    report["methods"]["frame"]["calm"]["flicker_per_s"] = 2.06
    rows = default_table(report).splitlines()[2:]
    assert rows[0].startswith("| smoothed, as by default, restless sequences |")
    assert "| 1.2 s |" in rows[0]
    assert rows[3].endswith("| +2.1 |")
