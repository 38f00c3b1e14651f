"""What ferlite's networks were made to reach, and how near they are, by results/."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ferlite.lab.markdown import markdown
from reports.claims import Results
from reports.frontier import Point, points

FERPLUS: Final = "FER+"
PRIVATE: Final = "PrivateTest"


@dataclass(frozen=True)
class Goal:
    """An accuracy to reach inside a budget.

    Attributes:
        network: the run in results/ that is held against it.
        accuracy: on unseen faces, 0 to 1.
        faces: whose labels: `PRIVATE` (FER2013's) or `FERPLUS`.
        to_beat: what others reach, by their own word where it has a number.
        parameters: at most so many; None for no limit, as in the following.
        multiply_adds: at most so many.
        one_face_ms: at most so long in float32, one face on one thread.
        int8_ms: the same in int8.
    """

    network: str
    accuracy: float
    faces: str
    to_beat: str
    parameters: int | None = None
    multiply_adds: float | None = None
    one_face_ms: float | None = None
    int8_ms: float | None = None


GOALS: Final = (
    Goal(
        "ferlite_xs", 0.69, PRIVATE, "the network that the package `fer` ships",
        multiply_adds=20e6, one_face_ms=0.59, int8_ms=0.35,
    ),
    Goal(
        "ferlite_s", 0.72, PRIVATE, "the residual CNN's paper: 66.8% of validation faces",
        parameters=552_455, multiply_adds=45.2e6, one_face_ms=1.3, int8_ms=0.8,
    ),
    Goal(
        "ferlite_m", 0.745, PRIVATE, "the residual masking network, far larger: it claims 74.1%",
        parameters=5_000_000, one_face_ms=10,
    ),
    Goal(
        "ferlite_s_ferplus", 0.87, FERPLUS, "VGG13 of the FER+ paper: about 85%",
        parameters=552_455, multiply_adds=45.2e6,
    ),
)  # fmt: skip
"""Set before these networks were trained."""


def goals_table(results: Results) -> str:
    """Every goal beside what was measured: accuracy first, then the budget.

    Raises:
        KeyError: results/ has no training of that name.
    """
    networks = {point.name: point for point in points(results)}
    rows = []
    for goal in GOALS:
        result = results[goal.network]
        reached = result["test"]["accuracy"]
        point = networks.get(goal.network) or Point(
            goal.network,
            "ours",
            reached,
            parameters=result["parameters"],
            multiply_adds=result["multiply_adds"],
        )
        rows.append(
            (
                f"`{goal.network}`",
                goal.to_beat,
                f"{goal.accuracy:.1%} of {goal.faces}",
                f"**{reached:.1%}**",
                how_near(reached, goal.accuracy),
                ", ".join(spent(goal, point)),
            )
        )
    head = ("network", "what there is to beat", "goal", "is right on", "how near", "of its budget")
    return markdown(head, rows)


def how_near(reached: float, goal: float) -> str:
    """Whether an accuracy is reached, or what it lacks in points.

    >>> how_near(0.7124, 0.72), how_near(0.693, 0.69)
    ('0.8 points short', 'reached')
    """
    return "reached" if reached >= goal else f"{max(0.1, 100 * (goal - reached)):.1f} points short"


def spent(goal: Goal, point: Point) -> Sequence[str]:
    """What a network takes of everything that its goal limits, measured first."""
    limits = (
        (point.parameters, goal.parameters, "{:,.0f}", 1.0, "parameters"),
        (point.multiply_adds, goal.multiply_adds, "{:.1f}", 1e-6, "M multiply-adds"),
        (point.latency_ms, goal.one_face_ms, "{:.2f}", 1.0, "ms for a face"),
        (point.int8_ms, goal.int8_ms, "{:.2f}", 1.0, "ms in int8"),
    )
    return [
        f"{style.format(took * unit)} of {style.format(limit * unit)} {what}"
        for took, limit, style, unit, what in limits
        if took is not None and limit is not None
    ]
