"""Whether latencies differ by more than chance, from what papers publish of them."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.stats import f as f_distribution
from scipy.stats import studentized_range


def anova_of_summaries(
    means: Sequence[float], deviations: Sequence[float], samples: int
) -> tuple[float, float, list[float]]:
    """One-way analysis of variance and Tukey's test from means and standard deviations alone.

    Args:
        means: of every group.
        deviations: their standard deviations.
        samples: how many each group has.

    Returns:
        F, its p, and Tukey's p of every pair, in the order of `itertools.combinations`.

    >>> f, p, pairs = anova_of_summaries([2, 3, 6], [1, 1, 1], 3)
    >>> round(f, 6), [round(each, 3) for each in pairs]
    (13.0, [0.483, 0.006, 0.024])
    """
    groups, degrees = len(means), len(means) * (samples - 1)
    within = float(np.mean(np.square(deviations)))
    f = samples * float(np.var(means, ddof=1)) / within
    tukey = [
        float(studentized_range.sf(abs(a - b) / math.sqrt(within / samples), groups, degrees))
        for a, b in combinations(means, 2)
    ]
    return f, float(f_distribution.sf(f, groups - 1, degrees)), tukey
