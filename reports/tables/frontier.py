"""The tables of docs/research/frontier.md: accuracy against cost, and the goals."""

from typing import Final

from ferlite.lab.markdown import markdown
from reports.points import Cost, Point, best, points
from reports.results import Results

GOALS: Final = {"ferlite_xs": 0.69, "ferlite_s": 0.72, "ferlite_m": 0.745}
"""Accuracies on PrivateTest, set before these networks were trained."""


def frontier_table(results: Results) -> str:
    """What ships, the papers' systems and the peer, with accuracy and costs, the fastest first."""
    every = points(results)
    claims = {point.name: point.accuracy for point in every if point.kind == "claimed"}
    words: dict[Cost, str] = {
        "latency_ms": "time",
        "parameters": "parameters",
        "multiply_adds": "multiply-adds",
    }
    leaders = {word: best(every, cost) for cost, word in words.items()}
    shown = [point for point in every if point.kind in ("ours", "literature", "peer")]
    rows = [
        (
            f"`{point.name}`",
            _shown(point.latency_ms, "{:.2f} ms"),
            _shown(point.int8_ms, "{:.2f} ms"),
            _shown(point.parameters, "{:,.0f}"),
            _shown(point.multiply_adds, "{:.1f} M", 1e-6),
            _shown(point.validation, "{:.1%}"),
            _accuracy(point),
            _shown(claims.get(point.name), "{:.1%}"),
            ", ".join(word for word, leading in leaders.items() if point in leading),
        )
        for point in sorted(shown, key=lambda p: (p.latency_ms or 1e9, -(p.accuracy or 0)))
    ]
    return markdown(
        (
            "network", "one face", "int8", "parameters", "multiply-adds", "PublicTest",
            "PrivateTest", "published", "Pareto front of",
        ),
        rows,
        left=1,
    )  # fmt: skip


def goals_table(results: Results) -> str:
    """Each goal beside the accuracy that was reached on PrivateTest."""
    rows = []
    for name, goal in GOALS.items():
        reached = results[name]["test"]["accuracy"]
        gap = "reached" if reached >= goal else f"{100 * (goal - reached):.1f} points short"
        rows.append((f"`{name}`", f"{goal:.1%}", f"**{reached:.1%}**", gap))
    return markdown(("network", "goal", "PrivateTest", "gap"), rows, left=1)


def _accuracy(point: Point) -> str:
    if point.accuracy is not None:
        return f"**{point.accuracy:.1%}**"
    return "not measured yet" + _shown(point.shortened, "; {:.1%} shortened", absent="")


def _shown(value: float | None, style: str, unit: float = 1.0, absent: str = "–") -> str:
    return absent if value is None else style.format(value * unit)
