"""How well labels can be guessed from what people saw, and from that beside what networks say."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.evaluate.metrics import evaluate_probabilities


def beside_people(
    learned: FaceDataset,
    learned_counts_N10: NDArray[np.int64],
    faces: FaceDataset,
    counts_N10: NDArray[np.int64],
    answers: Sequence[NDArray[np.float32]],
) -> dict[str, Any]:
    """What can be known of the labels by who looks at the very faces that are asked about.

    Ten people's votes are no answer yet: those who labelled had words of their own, and called sad
    what others call neutral. A logistic regression learns such habits, and gives every label its
    probability from votes, from networks' answers, or from both.

    Args:
        learned: labelled faces of training, K classes.
        learned_counts_N10: votes for them in FER+'s order, as `Votes.counts_N10`.
        faces: M other labelled faces, the ones asked about.
        counts_N10: votes for these.
        answers: float32 probabilities (M, K) of networks for these.

    Returns:
        Plain values, ready for JSON: accuracy and log loss on `faces` of guesses from "people", the
        votes, as the training faces taught to read them; from "networks"; and from
        "networks_and_people". The latter two are learned on nine tenths of `faces` to guess the
        tenth in turn, because networks overfit to the labels of training faces.

    >>> from ferlite.lab.data.dataset import FaceDataset
    >>> labels = np.arange(140) % 7
    >>> faces = FaceDataset("fer2013", np.zeros((140, 48, 48), np.uint8), labels, np.zeros(140))
    >>> votes = 10 * np.eye(10, dtype=np.int64)[labels]
    >>> answers = [np.full((140, 7), 1 / 7, np.float32)]
    >>> beside_people(faces, votes, faces, votes, answers)["people"]["accuracy"]
    1.0
    """
    logs = [np.log(np.maximum(p_NK, 1e-6)) for p_NK in answers]
    said_NF = np.mean(logs, axis=0)
    both_NF = np.hstack([said_NF, _features(counts_N10)])
    tenths = StratifiedKFold(10, shuffle=True, random_state=0)

    def in_turn(x_NF: NDArray[np.float64]) -> dict[str, float]:
        guesses_NK = cross_val_predict(
            _regression(), x_NF, faces.labels_N, cv=tenths, method="predict_proba"
        )
        return _measured(guesses_NK, faces)

    reader = _regression().fit(_features(learned_counts_N10), learned.labels_N)
    return {
        "people": _measured(reader.predict_proba(_features(counts_N10)), faces),
        "networks": in_turn(said_NF),
        "networks_and_people": in_turn(both_NF),
    }


def _features(counts_N10: NDArray[np.int64]) -> NDArray[np.float64]:
    """Votes, and their logarithms: the first vote for an emotion says more than the tenth."""
    return np.hstack([counts_N10 / 10, np.log(counts_N10 + 0.5)])


def _regression() -> LogisticRegression:
    return LogisticRegression(max_iter=3000)


def _measured(p_NK: NDArray[np.float64], faces: FaceDataset) -> dict[str, float]:
    found = evaluate_probabilities(p_NK.astype(np.float32), faces.labels_N, faces.classes)
    return {key: found[key] for key in ("accuracy", "log_loss")}
