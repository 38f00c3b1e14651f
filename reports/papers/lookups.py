"""Where a number of ours stands in results/: each makes a function that finds it, or None."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferlite.emotions import EMOTIONS
from reports.results import Results

Value = float | str | tuple[float, ...] | None
"""One number, several, words, or nothing where it was not measured."""
Lookup = Callable[[Results], Any]
"""Finds one `Value` in results/."""

PAPER_ORDER: Final = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""The order of rows and columns in the matrices of Gursesli et al."""


def nothing(_results: Results) -> None:
    """For what cannot be measured here; the claim says why."""
    return None


def trained(name: str, path: str) -> Lookup:
    """A number of results/NAME.json by its dotted path, such as "test.accuracy"."""

    def look(results: Results) -> float | None:
        found: Any = results.get(name)
        for key in path.split("."):
            if not isinstance(found, dict) or found.get(key) is None:
                return None
            found = found[key]
        return float(found)

    return look


def efficiency(name: str, path: str) -> Lookup:
    """A number of one system in results/efficiency.json by its dotted path."""
    return lambda results: trained(name, path)(results.get("efficiency", {}).get("systems", {}))


def doubled(lookup: Lookup) -> Lookup:
    """Operations, two for each multiply-add."""
    return lambda results: None if (found := lookup(results)) is None else 2 * found


def both_tests(name: str) -> Callable[[Results], NDArray[np.int64] | None]:
    """The confusion matrix of PublicTest and PrivateTest together: 7,178 faces."""

    def look(results: Results) -> NDArray[np.int64] | None:
        result = results.get(name, {})
        if "test" not in result or "validation" not in result:
            return None
        # A share of Training in the place of PublicTest is no test.
        if result["recipe"]["data"]["validation"] != "own":
            return None
        public_KK, private_KK = (result[s]["confusion_matrix"] for s in ("validation", "test"))
        both_KK: NDArray[np.int64] = np.add(public_KK, private_KK)
        return both_KK

    return look


def accuracy_of_both(name: str) -> Lookup:
    """The accuracy on PublicTest and PrivateTest together."""

    def look(results: Results) -> float | None:
        matrix_KK = both_tests(name)(results)
        return None if matrix_KK is None else float(np.trace(matrix_KK) / matrix_KK.sum())

    return look


def counted(name: str, true: str, called: str) -> Lookup:
    """How many of the 7,178 test faces of one emotion are called another, or itself."""

    def look(results: Results) -> float | None:
        matrix_KK = both_tests(name)(results)
        row, column = EMOTIONS.index(true), EMOTIONS.index(called)
        return None if matrix_KK is None else float(matrix_KK[row, column])

    return look


def epoch(name: str, number: int, key: str) -> Lookup:
    """A number of one epoch's line in a training's history; −1 is the last epoch."""

    def look(results: Results) -> float | None:
        history: Sequence[Mapping[str, Any]] = results.get(name, {}).get("history", [])
        place = number if number < 0 else number - 1
        return float(history[place][key]) if -len(history) <= place < len(history) else None

    return look


def recalls(name: str, emotions: Sequence[str] = PAPER_ORDER, split: str = "test") -> Lookup:
    """The recall of every emotion, which the papers call its accuracy."""

    def look(results: Results) -> tuple[float, ...] | None:
        per_class = results.get(name, {}).get(split, {}).get("per_class")
        return None if per_class is None else tuple(per_class[e]["recall"] for e in emotions)

    return look


def matrix_distance(theirs_KK: ArrayLike, ours_KK: ArrayLike) -> float:
    """The share of an emotion's faces that is called otherwise than in the other matrix.

    Rows are made to sum to one; the distance is half of their absolute difference, the mean of all
    rows: 0 for the same matrix, 1 if nothing agrees.

    >>> matrix_distance([[50, 50], [0, 100]], [[3, 1], [0, 9]])
    0.125
    """
    theirs, ours = (np.asarray(m, float) for m in (theirs_KK, ours_KK))
    theirs, ours = (m / m.sum(axis=1, keepdims=True) for m in (theirs, ours))
    return float(np.abs(theirs - ours).sum(axis=1).mean() / 2)


def in_paper_order(matrix_KK: ArrayLike) -> NDArray[np.int64]:
    """A matrix of ours (rows and columns as `EMOTIONS`) in the order of the papers."""
    order = [EMOTIONS.index(emotion) for emotion in PAPER_ORDER]
    return np.asarray(matrix_KK)[np.ix_(order, order)]


def one_vs_rest(accuracy: float, classes: int = len(EMOTIONS)) -> float:
    """(TP + TN) / (TP + TN + FP + FN), the mean over classes, of a classifier of one answer.

    Every wrong answer is wrong in two of the K columns, the true one and the one that was said, so
    nothing but the accuracy decides it.

    >>> round(one_vs_rest(0.598), 3), round(one_vs_rest(0.0), 3)
    (0.885, 0.714)
    """
    return 1 - 2 * (1 - accuracy) / classes


def true_accuracy(one_vs_rest: float, classes: int = len(EMOTIONS)) -> float:
    """The accuracy behind a one-vs-rest accuracy; negative where there is none.

    >>> round(true_accuracy(0.885), 4)
    0.5975
    """
    return 1 - (1 - one_vs_rest) * classes / 2


def as_one_vs_rest(lookup: Lookup) -> Lookup:
    """The one-vs-rest accuracy that belongs to an accuracy."""
    return lambda results: None if (found := lookup(results)) is None else one_vs_rest(found)
