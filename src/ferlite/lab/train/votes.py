"""FER+'s ten votes beside FER2013's one label, for the rows that are learned from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.ferplus import Votes, check_same_rows, load_votes, shares_of_emotions
from ferlite.lab.data.ferplus import votes_file as find_votes_file


def with_votes_mixed(
    faces: FaceDataset, data: Path, share: float
) -> tuple[FaceDataset, NDArray[np.int64]]:
    """Give the training rows of FER2013 targets that FER+'s votes have a share of.

    Validation and test rows keep their label alone, as do training rows whose votes say nothing
    about the seven emotions.

    Args:
        faces: the whole of FER2013, in its order.
        data: the folder (or the file in it) that FER2013 came from and the votes lie in.
        share: of the votes, 0 to 1; the label has the rest.

    Returns:
        The dataset with float32 targets, and the training rows that show no face by the votes.

    Raises:
        FerliteError: there are no votes, or they are not of these faces.
    """
    votes = votes_of(faces, data)
    targets_NK = blended(faces, votes, share)
    faceless_N = _is_train(faces) & ~votes.has_face_N
    return replace(faces, targets_NK=targets_NK), np.flatnonzero(faceless_N)


def with_votes_beside(
    faces: FaceDataset, data: Path, weight: float
) -> tuple[FaceDataset, NDArray[np.int64]]:
    """Give the training rows of FER2013 the votes beside their label: targets (N, 2 · 7).

    Validation and test rows have their label alone, as do training rows whose votes say nothing
    about the seven emotions: zeros, from which nothing is learned.

    Args:
        faces: as for `with_votes_mixed`, like `data`.
        data: see there.
        weight: what the votes are multiplied by: less than 1, so that a row's largest target is
            always its label's.

    Returns:
        As `with_votes_mixed`.

    Raises:
        FerliteError: as `with_votes_mixed`.
    """
    votes = votes_of(faces, data)
    is_train_N = _is_train(faces)
    own_N7 = np.eye(len(EMOTIONS))[faces.labels_N]
    voted_N7 = weight * is_train_N[:, None] * shares_of_emotions(votes.counts_N10)
    targets_NK = np.hstack([own_N7, voted_N7]).astype(np.float32)
    return replace(faces, targets_NK=targets_NK), np.flatnonzero(is_train_N & ~votes.has_face_N)


def votes_of(faces: FaceDataset, data: Path) -> Votes:
    """FER+'s votes for the whole of FER2013, from beside it.

    Raises:
        FerliteError: there are none, or they are not of these faces.
    """
    file = find_votes_file(data if data.is_dir() else data.parent)
    votes = load_votes(file)
    check_same_rows(votes, faces, file)
    return votes


def _is_train(faces: FaceDataset) -> NDArray[np.bool_]:
    is_train_N = np.zeros(len(faces), dtype=bool)
    is_train_N[faces.rows("train")] = True
    return is_train_N


def blended(faces: FaceDataset, votes: Votes, share: float) -> NDArray[np.float32]:
    """Targets (N, 7) of labels and votes, rows summing to 1."""
    own_N7 = np.eye(len(EMOTIONS))[faces.labels_N]
    voted_N7 = shares_of_emotions(votes.counts_N10)
    share_N1 = np.zeros((len(faces), 1))
    train_N = faces.rows("train")
    share_N1[train_N] = share * voted_N7[train_N].any(axis=1, keepdims=True)
    return ((1 - share_N1) * own_N7 + share_N1 * voted_N7).astype(np.float32)
