"""How far the ten votes of FER+ agree with the labels of FER2013."""

from typing import Any, Final

import numpy as np

from ferlite.emotions import EMOTIONS, emotion_index
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.ferplus import Votes, shares
from ferlite.lab.data.layout import VOTES

_NAMES: Final = (*(EMOTIONS[emotion_index(name)] for name in VOTES[:7]), *VOTES[7:])


def vote_agreement(faces: FaceDataset, votes: Votes) -> dict[str, Any]:
    """Compare each label with the emotion that the majority of the votes names.

    The majority is counted as FER+ counts it: single votes are dropped, and an emotion needs more
    than half of the rest. Rows without an image name show no face and are left out.

    Args:
        faces: FER2013, in the order of the votes.
        votes: FER+'s.

    Returns:
        Plain Python values, ready for JSON; `rows` with a face, those `with_majority`, and those
        where the majority agrees with the label, `agree`; `agreement`, the share of these among
        rows with a majority (None without any); `vote_share`, the mean share of the ten votes that
        the label got; and the same for every label in `per_class`, which also has `majority`: how
        often the majority names what, "none" where there is none.

    >>> counts = np.array([[9, 0, 0, 1, 0, 0, 0, 0, 0, 0], [0, 8, 2, 0, 0, 0, 0, 0, 0, 0]])
    >>> votes = Votes(counts, has_face_N=np.ones(2, bool), splits_N=np.zeros(2, np.int8))
    >>> images, splits = np.zeros((2, 48, 48), np.uint8), np.zeros(2, np.int8)
    >>> faces = FaceDataset("fer2013", images, np.array([6, 5]), splits)
    >>> vote_agreement(faces, votes)["agreement"]
    0.5
    """
    counts_N10 = votes.counts_N10[votes.has_face_N]
    labels_N = faces.labels_N[votes.has_face_N]
    named = np.array([*_NAMES, "none"])
    shares_N10 = shares(counts_N10, "majority")
    majority_N = named[np.where(shares_N10.any(axis=1), shares_N10.argmax(axis=1), len(_NAMES))]

    label_column_N = np.array([_NAMES.index(name) for name in EMOTIONS])[labels_N]
    rows = np.arange(len(labels_N))
    share_N = counts_N10[rows, label_column_N] / np.maximum(counts_N10.sum(axis=1), 1)
    agree_N = majority_N == np.array(EMOTIONS)[labels_N]

    def of(chosen_N: np.ndarray[Any, np.dtype[np.bool_]]) -> dict[str, Any]:
        with_majority = int((majority_N[chosen_N] != "none").sum())
        agree = int(agree_N[chosen_N].sum())
        return {
            "rows": int(chosen_N.sum()),
            "with_majority": with_majority,
            "agree": agree,
            "agreement": round(agree / with_majority, 4) if with_majority else None,
            "vote_share": round(float(share_N[chosen_N].mean()), 4) if chosen_N.any() else None,
        }

    per_class = {}
    for label, emotion in enumerate(EMOTIONS):
        chosen_N = labels_N == label
        names = (*EMOTIONS, "contempt", "none")
        majority = {name: int((majority_N[chosen_N] == name).sum()) for name in names}
        per_class[emotion] = {**of(chosen_N), "majority": majority}
    return {**of(np.ones(len(labels_N), dtype=bool)), "per_class": per_class}
