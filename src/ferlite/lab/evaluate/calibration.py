"""Make a network's confidence mean what it says: temperature scaling.

Guo et al., "On Calibration of Modern Neural Networks", ICML 2017: one number, the temperature,
divides all logits. It changes how sure the network is, and never which answer comes first.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

RANGE = (0.05, 20.0)
"""No sane network needs a temperature outside; wrong labels might ask for one."""


def fit_temperature(probabilities_NK: NDArray[np.floating], labels_N: NDArray[np.integer]) -> float:
    """The temperature that makes the true classes' log loss least; above 1 it means overconfidence.

    Softmax forgets only what all logits have in common, so the probabilities are enough.

    Args:
        probabilities_NK: what the network gives without it, (N, K), from faces not trained on.
        labels_N: the true classes, integers from 0 to K − 1.

    Returns:
        A number in `RANGE`.

    Raises:
        ValueError: there are no rows, or not one label for each.

    >>> says = np.array([[0.9, 0.1]] * 4)  # right three times in four
    >>> temperature = fit_temperature(says, np.array([0, 0, 0, 1]))
    >>> tempered(says, temperature)[0].round(3).tolist()
    [0.75, 0.25]
    """
    if len(probabilities_NK) == 0 or labels_N.shape != probabilities_NK.shape[:1]:
        raise ValueError(
            f"a temperature is fitted to one label per row and at least one row, not to "
            f"{len(labels_N)} labels and {len(probabilities_NK)} rows"
        )
    rows_N = np.arange(len(labels_N))

    def log_loss(log_temperature: float) -> float:
        log_NK = _log_tempered(probabilities_NK, float(np.exp(log_temperature)))
        return -float(log_NK[rows_N, labels_N].mean())

    low, high = np.log(RANGE)
    found = minimize_scalar(log_loss, bounds=(low, high), method="bounded")
    return float(np.exp(found.x))


def tempered(probabilities_NK: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """The probabilities that the network would give if its logits were divided by `temperature`.

    >>> tempered(np.array([[0.8, 0.2]]), 1).round(6).tolist()
    [[0.8, 0.2]]
    """
    return np.asarray(np.exp(_log_tempered(probabilities_NK, temperature)), np.float64)


def _log_tempered(
    probabilities_NK: NDArray[np.floating], temperature: float
) -> NDArray[np.float64]:
    # float32 rounds the smallest probabilities to 0, whose logarithm nobody can add up.
    log_NK = np.log(np.maximum(probabilities_NK.astype(np.float64), 1e-38)) / temperature
    log_NK -= log_NK.max(axis=1, keepdims=True)
    return np.asarray(log_NK - np.log(np.exp(log_NK).sum(axis=1, keepdims=True)), np.float64)
