"""Accuracy against cost, as a figure: every system, every candidate, and the papers' claims.

    python -m reports.frontier        draw docs/images/frontier.png from results/

`reports.tables` draws it again where it is out of date.
"""

import hashlib
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

from reports.figures import frontier_figure
from reports.points import best, points
from reports.results import Results, read_results

FIGURE: Final = Path(__file__).parents[1] / "docs" / "images" / "frontier.png"


def digest(results: Results) -> str:
    """What the figure is made from, in a word that the figure carries."""
    text = json.dumps([asdict(point) for point in points(results)], sort_keys=True)
    return f"frontier-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def is_drawn(results: Results, path: Path) -> bool:
    """Whether the figure at a path is the one that results/ give."""
    return path.is_file() and digest(results).encode() in path.read_bytes()


def draw(results: Results, path: Path) -> None:
    """Draw accuracy against latency, parameters and multiply-adds."""
    every = points(results)
    frontier_figure(every, partial(best, every), path, digest(results))


def main() -> None:
    """Draw the figure of the project."""
    draw(read_results(), FIGURE)
    print(FIGURE)


if __name__ == "__main__":
    main()
