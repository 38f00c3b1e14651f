"""Whether latencies differ by more than chance: ANOVA, then Tukey's test of every pair."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from scipy.stats import f_oneway, tukey_hsd


def anova(samples: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """One-way analysis of variance with Tukey's HSD, as Gursesli et al. (2024) compare latencies.

    Both take the samples for independent and of one variance. Successive passes on one machine are
    neither quite: read a small p as "these differ here", not as more.

    Args:
        samples: at least two names, each with at least two numbers, not all of them the same.

    Returns:
        `f`, `p`, `degrees_of_freedom` (between, within), and `pairs`: for each pair of names `a`,
        `b`, the `difference` of the means a − b, its simultaneous 95% interval `ci95`, and `p`.

    >>> found = anova({"a": [1, 2, 3], "b": [2, 3, 4], "c": [5, 6, 7]})
    >>> round(found["f"], 6), found["degrees_of_freedom"]
    (13.0, [2, 6])
    """
    groups = list(samples.values())
    whole, pairwise = f_oneway(*groups), tukey_hsd(*groups)
    interval = pairwise.confidence_interval(0.95)
    return {
        "f": float(whole.statistic),
        "p": float(whole.pvalue),
        "degrees_of_freedom": [len(groups) - 1, sum(map(len, groups)) - len(groups)],
        "pairs": [
            {
                "a": a,
                "b": b,
                "difference": float(pairwise.statistic[i, j]),
                "ci95": [float(interval.low[i, j]), float(interval.high[i, j])],
                "p": float(pairwise.pvalue[i, j]),
            }
            for (i, a), (j, b) in combinations(enumerate(samples), 2)
        ],
    }
