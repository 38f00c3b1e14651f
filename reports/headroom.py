"""How much is left to win: what networks miss together, and what people saw there."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.evaluate.metrics import evaluate_probabilities

PEOPLE_SEE: Final = ("the label", "what the networks say", "another emotion", "no one emotion")
"""What most people can see in a face; the last where no emotion has more than half their votes."""


def headroom(
    faces: FaceDataset,
    shares_NK: NDArray[np.float64],
    answers: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]],
) -> dict[str, Any]:
    """Compare what several networks answer with labels, with votes and with each other.

    Args:
        faces: N labelled faces.
        shares_NK: the emotions' shares of people's votes, each row summing to 1 or all zeros.
        answers: float32 probabilities (N, K) of at least two networks, by their names: for the
            faces, and for the mirror images of these.

    Returns:
        Plain values, ready for JSON. Accuracy and log loss of every network and of the mean of all,
        "alone" and averaged with the mirror image ("mirrored"); on what share of the faces two of
        them agree on average; and counts of what most people see (`PEOPLE_SEE`) in all faces and in
        those that every network misses. Where people see what the label says, that counts, whatever
        the networks say.
    """

    def measured(p_NK: NDArray[np.float32]) -> dict[str, float]:
        found = evaluate_probabilities(p_NK, faces.labels_N, faces.classes)
        return {key: found[key] for key in ("accuracy", "log_loss")}

    alone_MNK = np.stack([straight for straight, _ in answers.values()])
    mirrored_MNK = (alone_MNK + np.stack([turned for _, turned in answers.values()])) / 2
    found_MN = alone_MNK.argmax(axis=2)

    voted_N = shares_NK.argmax(axis=1)
    seen_N = np.select(
        [
            shares_NK.max(axis=1) <= 0.5,
            voted_N == faces.labels_N,
            voted_N == alone_MNK.mean(axis=0).argmax(axis=1),
        ],
        [PEOPLE_SEE[3], PEOPLE_SEE[0], PEOPLE_SEE[1]],
        PEOPLE_SEE[2],
    )
    missed_N = (found_MN != faces.labels_N).all(axis=0)

    def people_see(chosen_N: NDArray[np.bool_]) -> dict[str, int]:
        return {what: int((seen_N[chosen_N] == what).sum()) for what in PEOPLE_SEE}

    return {
        "n": len(faces),
        "networks": {
            name: {"alone": measured(p_NK), "mirrored": measured(both_NK)}
            for name, p_NK, both_NK in zip(answers, alone_MNK, mirrored_MNK, strict=True)
        },
        "together": {
            "alone": measured(alone_MNK.mean(axis=0)),
            "mirrored": measured(mirrored_MNK.mean(axis=0)),
        },
        "two_agree": float(np.mean([np.mean(a == b) for a, b in combinations(found_MN, 2)])),
        "people_see": people_see(np.ones(len(faces), dtype=bool)),
        "missed_by_all": {"n": int(missed_N.sum()), "people_see": people_see(missed_N)},
    }
