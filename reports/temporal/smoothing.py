"""Ways to read a face over time that learn nothing: frame by frame, and two running averages.

All take probabilities float32 (S, T, K) of S sequences of T frames and `seen_ST`, bool, and give
probabilities of the same shape that at each frame depend on that frame and earlier ones alone.
Where no face is seen the last answer stays; before the first one all are 0.
"""

import numpy as np
from numpy.typing import NDArray

from ferlite.faces.smooth import Smoother

Probabilities = NDArray[np.float32]
Mask = NDArray[np.bool_]


def held(probabilities_STK: Probabilities, seen_ST: Mask) -> Probabilities:
    """Each frame by itself.

    >>> said = np.array([[[0.9, 0.1], [0, 0]]], np.float32)
    >>> held(said, np.array([[True, False]]))[0, 1].tolist() == said[0, 0].tolist()
    True
    """
    held_STK = np.zeros_like(probabilities_STK)
    last_SK = np.zeros_like(probabilities_STK[:, 0])
    for t in range(probabilities_STK.shape[1]):
        last_SK = np.where(seen_ST[:, t, None], probabilities_STK[:, t], last_SK)
        held_STK[:, t] = last_SK
    return held_STK


def moving_average(
    probabilities_STK: Probabilities, seen_ST: Mask, rate: float, window: float
) -> Probabilities:
    """The mean over the frames seen in the last `window` seconds, this one included.

    >>> said = np.array([[[1, 0], [0, 1], [0, 1]]], np.float32)
    >>> moving_average(said, np.ones((1, 3), bool), rate=10, window=0.2)[0, :, 0].tolist()
    [1.0, 0.5, 0.0]
    """
    frames = max(1, round(window * rate))
    said_STK = np.where(seen_ST[:, :, None], probabilities_STK, 0)
    means_STK = np.zeros_like(said_STK)
    for t in range(said_STK.shape[1]):
        last = slice(max(0, t + 1 - frames), t + 1)
        count_S1 = seen_ST[:, last].sum(1, keepdims=True)
        means_STK[:, t] = said_STK[:, last].sum(1) / np.maximum(count_S1, 1)
    # Where the whole window is empty, the last answer stays.
    return held(means_STK, means_STK.sum(2) > 0)


def exponential(
    probabilities_STK: Probabilities, seen_ST: Mask, rate: float, half_life: float
) -> Probabilities:
    """What ferlite does in videos: `ferlite.faces.smooth.Smoother`.

    >>> said = np.array([[[1, 0], [0, 1]]], np.float32)
    >>> exponential(said, np.ones((1, 2), bool), rate=2, half_life=0.5)[0, 1].tolist()
    [0.5, 0.5]
    """
    smoothed_STK = np.zeros_like(probabilities_STK)
    for sequence, said_TK in enumerate(probabilities_STK):
        smooth = Smoother(half_life)
        for t in np.flatnonzero(seen_ST[sequence]):
            smoothed_STK[sequence, t] = smooth(sequence, t / rate, said_TK[t].tolist())
    return held(smoothed_STK, seen_ST)
