"""Byte-identical images: the copies through which a network meets its test faces in training."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from ferlite.lab.data.dataset import SPLITS, FaceDataset


def identical_groups(images_NHW: NDArray[np.uint8]) -> list[NDArray[np.int64]]:
    """Row numbers of every set of two or more byte-identical images.

    Args:
        images_NHW: uint8 images of one size, any N.

    Returns:
        One int64 array of ascending rows per set; sets in the order of their first rows.

    >>> images = np.zeros((4, 48, 48), np.uint8)
    >>> images[1] = 9
    >>> [group.tolist() for group in identical_groups(images)]
    [[0, 2, 3]]
    """
    rows_of = defaultdict[bytes, list[int]](list)
    for row, image_HW in enumerate(images_NHW):
        rows_of[image_HW.tobytes()].append(row)
    return [np.array(rows, dtype=np.int64) for rows in rows_of.values() if len(rows) > 1]


def drop_copies(dataset: FaceDataset) -> tuple[FaceDataset, int]:
    """Leave out the training rows that are byte-identical to a validation or test row.

    Validation and test keep all their rows, so that results stay comparable with published ones;
    so do copies within train, which leak nothing.

    Returns:
        The dataset without those rows, in the same order, and how many were left out.

    >>> faces = FaceDataset(
    ...     "made",
    ...     images_NHW=np.zeros((3, 48, 48), np.uint8),
    ...     labels_N=np.array([3, 3, 4]),
    ...     splits_N=np.array([0, 0, 2], np.int8),
    ... )
    >>> kept, left_out = drop_copies(faces)
    >>> len(kept), left_out
    (1, 2)
    """
    is_train_N = dataset.splits_N == SPLITS.index("train")
    keep_N = np.ones(len(dataset), dtype=bool)
    for rows in identical_groups(dataset.images_NHW):
        if not is_train_N[rows].all():
            keep_N[rows[is_train_N[rows]]] = False
    kept = dataset.take(keep_N)
    return kept, len(dataset) - len(kept)
