"""How well emotions are followed through time: accuracy, delay after a change, flicker."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NOTHING: Final = -1
"""The answer before a face was seen for the first time."""

Labels = NDArray[np.int64]


def answers(probabilities_STK: NDArray[np.float32]) -> Labels:
    """The most probable emotion of each frame; `NOTHING` where all are 0.

    >>> answers(np.array([[[0, 0], [0.4, 0.6]]], np.float32)).tolist()
    [[-1, 1]]
    """
    said_ST = probabilities_STK.sum(2) > 0
    return np.where(said_ST, probabilities_STK.argmax(2), NOTHING)


def follow(answers_ST: Labels, labels_ST: Labels, rate: float) -> dict[str, float]:
    """How well answers follow the true emotions.

    Args:
        answers_ST: what was said in each frame of each sequence.
        labels_ST: what was true.
        rate: frames per second.

    Returns:
        "accuracy": share of all frames that are right, lost ones included. "delay_s": seconds
        from a change of emotion to the first right frame, in the mean over all changes; one that
        is never right before the next change counts for as long as the emotion lasts. "noticed":
        share of changes with a right frame at all. "flicker_per_s": changes of the answer per
        second less the true ones; below 0 where changes are passed over.

    >>> said, true = np.array([[3, 3, 3, 4, 3, 4]]), np.array([[3, 3, 4, 4, 4, 4]])
    >>> follow(said, true, rate=2)
    {'accuracy': 0.6667, 'delay_s': 0.5, 'noticed': 1.0, 'flicker_per_s': 0.6667}
    """
    right_ST = answers_ST == labels_ST
    waits = [wait for sequence in range(len(labels_ST)) for wait in _waits(
        right_ST[sequence], labels_ST[sequence])]  # fmt: skip
    delays = [wait for wait, _ in waits]
    noticed = [found for _, found in waits]
    seconds = labels_ST.size / rate
    more = _changes(answers_ST).sum() - _changes(labels_ST).sum()
    return {
        "accuracy": _rounded(right_ST.mean()),
        "delay_s": _rounded(np.mean(delays) / rate if waits else 0.0),
        "noticed": _rounded(np.mean(noticed) if waits else 1.0),
        "flicker_per_s": _rounded(more / seconds),
    }


def changes_per_s(labels_ST: Labels, rate: float) -> float:
    """How often the labels change.

    >>> changes_per_s(np.array([[3, 3, 4, 4]]), rate=2)
    0.5
    """
    return _rounded(_changes(labels_ST).sum() / labels_ST.size * rate)


def accuracy_since_change(
    answers_ST: Labels, labels_ST: Labels, rate: float, seconds: float
) -> list[float]:
    """Accuracy in the frame of a change of emotion, the one after it, and so on for some seconds.

    >>> said, true = np.array([[3, 3, 4, 4]]), np.array([[3, 4, 4, 4]])
    >>> accuracy_since_change(said, true, rate=2, seconds=1)
    [0.0, 1.0, 1.0]
    """
    since_ST = np.full(labels_ST.shape, -1)
    changed_ST = np.pad(_changes(labels_ST), ((0, 0), (1, 0)))
    for t in range(labels_ST.shape[1]):
        before_S = since_ST[:, t - 1] if t else since_ST[:, 0]
        since_ST[:, t] = np.where(changed_ST[:, t], 0, np.where(before_S < 0, -1, before_S + 1))
    right_ST = answers_ST == labels_ST
    steps = range(round(seconds * rate) + 1)
    return [
        _rounded(right_ST[since_ST == step].mean()) for step in steps if (since_ST == step).any()
    ]


def gain(ours_ST: NDArray[Any], theirs_ST: NDArray[Any], seed: int = 0) -> dict[str, Any]:
    """How much more often we are right than they, with a 95% interval over whole sequences.

    Frames of a sequence are alike, so that sequences, not frames, are drawn (paired bootstrap).

    Args:
        ours_ST: whether we are right in each frame of each sequence, or how often.
        theirs_ST: the same of them, on the same sequences.
        seed: of the draws.

    >>> gain(np.ones((4, 5), bool), np.zeros((4, 5), bool))
    {'accuracy': 1.0, 'ci95': [1.0, 1.0]}
    """
    difference_S = ours_ST.mean(1) - theirs_ST.mean(1)
    drawn = np.random.default_rng(seed).integers(
        len(difference_S), size=(10_000, len(difference_S))
    )
    low, high = np.quantile(difference_S[drawn].mean(1), [0.025, 0.975])
    return {
        "accuracy": _rounded(difference_S.mean()),
        "ci95": [_rounded(low), _rounded(high)],
    }


def _changes(labels_ST: Labels) -> NDArray[np.bool_]:
    changes_ST: NDArray[np.bool_] = labels_ST[:, 1:] != labels_ST[:, :-1]
    return changes_ST


def _waits(right_T: NDArray[np.bool_], labels_T: Labels) -> list[tuple[int, bool]]:
    """For each change of emotion, how many frames until one is right, and whether one is."""
    starts = 1 + np.flatnonzero(labels_T[1:] != labels_T[:-1])
    waits = []
    for start, end in zip(starts, np.append(starts, len(labels_T))[1:], strict=True):
        found = np.flatnonzero(right_T[start:end])
        waits.append((int(found[0]) if len(found) else int(end - start), bool(len(found))))
    return waits


def _rounded(value: float | np.floating[Any]) -> float:
    return round(float(value), 4)
