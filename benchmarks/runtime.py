"""How long a person waits: the whole command, the import, and one face through the network.

    python benchmarks/runtime.py [--photo examples/astronaut.jpg]

Commands are run as new processes, once to warm the disk and then repeatedly; the network runs in
this process on one thread, after warming up. Medians and spread.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance

COMMANDS, WARMUP, PASSES = 15, 50, 1000


def spread(seconds: list[float]) -> dict[str, float]:
    """Median, 5th and 95th percentile in milliseconds."""
    ordered = sorted(1e3 * s for s in seconds)
    return {
        "median_ms": round(statistics.median(ordered), 3),
        "p5_ms": round(ordered[len(ordered) // 20], 3),
        "p95_ms": round(ordered[-1 - len(ordered) // 20], 3),
    }


def timed(action: Callable[[], Any], times: int) -> list[float]:
    """Seconds of each call."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return seconds


def command(*arguments: str) -> dict[str, float]:
    """A whole Python process with these arguments."""

    def run() -> None:
        subprocess.run(
            [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, timeout=60
        )

    run()
    return spread(timed(run, COMMANDS))


def classification(model: str) -> dict[str, float]:
    """One face through the network, one thread, no file access."""
    classifier = Classifier(zoo.path(model), threads=1)
    shape = (1, classifier.channels, *classifier.size)
    face = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    timed(lambda: classifier(face), WARMUP)
    return spread(timed(lambda: classifier(face), PASSES))


def main() -> None:
    """Measure and write results/benchmarks/runtime.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", default="examples/astronaut.jpg")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/runtime.json"))
    arguments = parser.parse_args()
    predict = "from ferlite.cli import main; main()"
    rows = [
        {"what": "python, doing nothing", **command("-c", "pass")},
        {"what": "`import ferlite`", **command("-c", "import ferlite")},
        {
            "what": "`ferlite predict` on one photo, whole command",
            **command("-c", predict, "predict", arguments.photo),
        },
    ]
    for name in zoo.names():
        rows.append({"what": f"`{name}`, one face, one thread", **classification(name)})
    result = {
        "kind": "benchmark",
        "name": "runtime",
        "load_average_1min": round(os.getloadavg()[0], 2),
        "commands": COMMANDS,
        "passes": PASSES,
        "rows": rows,
        **provenance(),
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
