"""Goals are told as missed where they are, and budgets beside what was measured."""

from pathlib import Path
from typing import Any

import pytest

from reports.frontier import Point
from reports.goals import GOALS, Goal, goals_table, how_near, spent
from reports.tables import read_results

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, Any]]:
    return read_results(ROOT / "results")


def test_every_goal_has_a_row_with_what_results_say(measured: dict[str, dict[str, Any]]) -> None:
    rows = goals_table(measured).splitlines()[2:]
    assert len(rows) == len(GOALS)
    for goal, row in zip(GOALS, rows, strict=True):
        reached = measured[goal.network]["test"]["accuracy"]
        assert row.startswith(f"| `{goal.network}` |")
        assert f"| {goal.accuracy:.1%} of {goal.faces} | **{reached:.1%}** |" in row
        assert ("| reached |" in row) == (reached >= goal.accuracy)


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.network)
def test_networks_are_as_small_as_they_must_be(
    goal: Goal, measured: dict[str, dict[str, Any]]
) -> None:
    result = measured[goal.network]
    assert result["parameters"] <= (goal.parameters or float("inf"))
    assert result["multiply_adds"] <= (goal.multiply_adds or float("inf"))


@pytest.mark.parametrize(
    ("reached", "goal", "words"),
    [
        (0.7200, 0.72, "reached"),
        (0.7199, 0.72, "0.1 points short"),
        (0.5, 0.745, "24.5 points short"),
    ],
)
def test_a_goal_is_reached_or_so_far_away(reached: float, goal: float, words: str) -> None:
    assert how_near(reached, goal) == words


def test_only_what_is_limited_and_measured_is_told() -> None:
    point = Point("a", "ours", 0.7, latency_ms=0.254, parameters=1234.0, multiply_adds=5e6)
    assert spent(Goal("a", 0.7, "x", "y"), point) == []
    goal = Goal("a", 0.7, "x", "y", parameters=2000, multiply_adds=45.2e6, int8_ms=1)
    assert spent(goal, point) == ["1,234 of 2,000 parameters", "5.0 of 45.2 M multiply-adds"]
    assert spent(Goal("a", 0.7, "x", "y", one_face_ms=1.3), point) == ["0.25 of 1.30 ms for a face"]
