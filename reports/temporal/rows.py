"""Which faces the sequences are made of: none is in two sets, nor is a copy of one."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ferlite.lab.data.copies import drop_copies, identical_groups
from ferlite.lab.data.dataset import SPLITS, FaceDataset


def row_sets(dataset: FaceDataset, share: float, seed: int) -> dict[str, NDArray[np.int64]]:
    """The rows to learn from, to select on, and to report on.

    Args:
        dataset: with its own three splits.
        share: of the validation rows, how many are learned from.
        seed: decides which.

    Returns:
        Row numbers of `dataset`, ascending: "train", the training rows that are no copies of
        others; "held_out", a share of the validation rows that are no copies of test rows, which
        the face network has not learned; "select", the rest of them; "test", all test rows.

    >>> faces = FaceDataset(
    ...     "made",
    ...     images_NHW=np.arange(8, dtype=np.uint8)[:, None, None] * np.ones((48, 48), np.uint8),
    ...     labels_N=np.zeros(8, np.int64),
    ...     splits_N=np.array([0, 0, 1, 1, 1, 1, 2, 2], np.int8),
    ... )
    >>> {name: len(rows) for name, rows in row_sets(faces, share=0.5, seed=0).items()}
    {'train': 2, 'held_out': 2, 'select': 2, 'test': 2}
    """
    validation = dataset.rows("validation")
    # Of copies the first stays, so that none is on both sides of the cut. Test rows keep all.
    order = np.concatenate([dataset.rows("test"), validation])
    again = [order[group[1:]] for group in identical_groups(dataset.images_NHW[order])]
    fresh = np.setdiff1d(validation, np.concatenate([np.empty(0, np.int64), *again]))
    numbered = replace(dataset, labels_N=np.arange(len(dataset)), targets_NK=None)
    train = drop_copies(numbered)[0]
    shuffled = np.random.default_rng(seed).permutation(fresh)
    cut = round(share * len(shuffled))
    return {
        "train": train.labels_N[train.splits_N == SPLITS.index("train")],
        "held_out": np.sort(shuffled[:cut]),
        "select": np.sort(shuffled[cut:]),
        "test": dataset.rows("test"),
    }
