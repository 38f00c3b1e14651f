"""Which rows are learned from and which decide what is kept."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.recipe import Data


def with_validation(dataset: FaceDataset, how: Data, seed: int) -> FaceDataset:
    """The dataset with the validation rows that a recipe asks for; test rows stay.

    Args:
        dataset: with its own splits.
        how: the recipe's `data`; see there.
        seed: decides which training rows become validation rows.

    >>> faces = FaceDataset(
    ...     "made",
    ...     images_NHW=np.zeros((10, 48, 48), np.uint8),
    ...     labels_N=np.zeros(10, np.int64),
    ...     splits_N=np.zeros(10, np.int8),
    ... )
    >>> split = with_validation(faces, Data(validation="train", validation_share=0.2), seed=0)
    >>> len(split.rows("train")), len(split.rows("validation"))
    (8, 2)
    """
    own = how.validation == "auto" and len(dataset.rows("validation"))
    if how.validation == "own" or own:
        return dataset
    train, test = dataset.rows("train"), dataset.rows("test")
    if how.validation == "test":
        chosen = test
    else:
        chosen = _share(dataset.labels_N[train], how.validation_share, how.stratified, seed)
        chosen, train = train[chosen], np.delete(train, chosen)
    rows = np.concatenate([train, chosen, test])
    lengths = [len(train), len(chosen), len(test)]
    splits_N = np.repeat(np.arange(len(SPLITS), dtype=np.int8), lengths)
    return replace(dataset.take(rows), splits_N=splits_N)


def _share(
    labels_N: NDArray[np.int64], share: float, stratified: bool, seed: int
) -> NDArray[np.int64]:
    """Ascending positions of a random share of the rows, or of each class's rows."""
    generator = np.random.default_rng(seed)
    groups = [np.arange(len(labels_N))]
    if stratified:
        groups = [np.flatnonzero(labels_N == label) for label in np.unique(labels_N)]
    drawn = [generator.permutation(rows)[: round(share * len(rows))] for rows in groups]
    return np.sort(np.concatenate(drawn))
