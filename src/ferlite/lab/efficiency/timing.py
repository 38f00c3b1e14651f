"""Taking times fairly: many networks in rounds, so that a busy moment hurts all of them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Final, Protocol, TypeVar

import numpy as np

WARMUP: Final = 2
"""Uncounted calls before each part of the counted ones: the caches hold another network's data."""
# The threads of the runtime before go on spinning for some milliseconds; they must not count here.
_SETTLE_S = 0.02

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


class Track(Protocol):
    """Goes through items and shows how far it is, as `rich.progress.track` does."""

    def __call__(self, items: Sequence[Item], what: str) -> Iterable[Item]:
        """The same items."""


def untracked(items: Sequence[Item], what: str) -> Iterable[Item]:
    """Show nothing."""
    return items


def sample(
    runs: Mapping[Key, Callable[[], Any]],
    passes: Mapping[Key, int],
    rounds: int,
    *,
    track: Track = untracked,
    what: str = "",
) -> dict[Key, list[float]]:
    """Milliseconds of each call; every round makes a part of everyone's passes.

    >>> found = sample({"add": lambda: 1 + 1, "sort": lambda: sorted("ba")},
    ...                {"add": 5, "sort": 3}, rounds=2)
    >>> len(found["add"]), len(found["sort"])
    (5, 3)
    """
    found: dict[Key, list[float]] = {key: [] for key in runs}
    collects = gc.isenabled()
    gc.disable()  # as timeit does
    try:
        for now, (key, run) in track(list(product(range(rounds), runs.items())), what):
            time.sleep(_SETTLE_S)
            for _ in range(WARMUP):
                run()
            # The rounds together have all passes, whether or not they can be divided evenly.
            for _ in range(passes[key] * now // rounds, passes[key] * (now + 1) // rounds):
                start = time.perf_counter()
                run()
                found[key].append(1e3 * (time.perf_counter() - start))
    finally:
        if collects:
            gc.enable()
    return found


def spread(latencies_ms: Sequence[float]) -> dict[str, float]:
    """Mean, standard deviation of the sample, median, 95th percentile, and how many there are.

    >>> spread([1.0, 2.0, 3.0, 6.0])["mean_ms"], spread([1.0, 2.0, 3.0, 6.0])["passes"]
    (3.0, 4)
    """
    return {
        "mean_ms": round(statistics.fmean(latencies_ms), 4),
        "sd_ms": round(statistics.stdev(latencies_ms), 4),
        "median_ms": round(statistics.median(latencies_ms), 4),
        "p95_ms": round(float(np.percentile(latencies_ms, 95)), 4),
        "passes": len(latencies_ms),
    }
