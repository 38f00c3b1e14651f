"""The usual ways in which a test set leaks into training, made on purpose, to measure each one.

Every function takes an honest dataset and gives the dataset that somebody trains on who makes that
mistake; its splits are then used as if nothing had happened. `benchmarks/honest_numbers.py` trains
the same network on each.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.train.augment import Augmentation, augment

_TRAIN, _VALIDATION, _TEST = range(len(SPLITS))

MILD = Augmentation(flip=0.5, rotation=10, shift=0.05, zoom=(0.9, 1.1), brightness=0.1)
"""What people usually do to a face before they save the copy."""


def stopped_on_test(dataset: FaceDataset) -> FaceDataset:
    """The test split is the validation split too, so that the best epoch is chosen on it.

    >>> from ferlite.lab.data.dataset import FaceDataset
    >>> faces = np.zeros((3, 48, 48), np.uint8)
    >>> honest = FaceDataset("made", faces, np.array([0, 1, 2]), np.array([0, 1, 2], np.int8))
    >>> stopped_on_test(honest).labels_N.tolist()
    [0, 2, 2]
    """
    train, test = dataset.rows("train"), dataset.rows("test")
    rows = np.concatenate([train, test, test])
    sizes = {_TRAIN: len(train), _VALIDATION: len(test), _TEST: len(test)}
    return _taken(dataset, rows, _splits(sizes), "stopped on test")


def trained_on_test(dataset: FaceDataset, share: float, *, seed: int = 0) -> FaceDataset:
    """A share of the validation and test rows is in the training split as well.

    Args:
        dataset: the honest one.
        share: how much of validation and test is learned from, 0 to 1.
        seed: decides which rows.
    """
    others = np.concatenate([dataset.rows("validation"), dataset.rows("test")])
    generator = np.random.default_rng(seed)
    leaked = np.sort(generator.choice(others, round(share * len(others)), replace=False))
    rows = np.concatenate([np.arange(len(dataset)), leaked])
    splits = np.concatenate([dataset.splits_N, np.full(len(leaked), _TRAIN, np.int8)])
    return _taken(dataset, rows, splits, f"{share:.0%} of test in training")


def augmented_before_split(
    dataset: FaceDataset,
    copies: int,
    *,
    how: Augmentation = MILD,
    shares: tuple[float, float] = (0.8, 0.1),
    seed: int = 0,
) -> FaceDataset:
    """All rows are pooled, each gets changed copies, and only then the pool is split at random.

    Args:
        dataset: the honest one; its own splits are forgotten.
        copies: changed copies of each face, beside the face itself.
        how: how the copies are changed.
        shares: of train and validation; the rest is test.
        seed: of the changes and of the split.
    """
    torch.manual_seed(seed)
    faces_N1HW = torch.from_numpy(dataset.images_NHW)[:, None].float() / 255
    pools = [dataset.images_NHW]
    for _ in range(copies):
        changed = [augment(part, how) for part in torch.split(faces_N1HW, 1024)]
        pools.append((torch.cat(changed)[:, 0] * 255).round().to(torch.uint8).numpy())
    count = len(dataset) * (copies + 1)
    order = np.random.default_rng(seed).permutation(count)
    train, validation = (round(share * count) for share in shares)
    splits = np.full(count, _TEST, np.int8)
    splits[order[: train + validation]] = _VALIDATION
    splits[order[:train]] = _TRAIN
    return replace(
        dataset,
        name=f"{dataset.name}, {copies} copies of each face made before the split",
        images_NHW=np.concatenate(pools),
        labels_N=np.tile(dataset.labels_N, copies + 1),
        splits_N=splits,
    )


def _splits(sizes: dict[int, int]) -> NDArray[np.int8]:
    return np.repeat(np.array(list(sizes), np.int8), list(sizes.values()))


def _taken(
    dataset: FaceDataset, rows: NDArray[np.int64], splits_N: NDArray[np.int8], what: str
) -> FaceDataset:
    return replace(
        dataset,
        name=f"{dataset.name}, {what}",
        images_NHW=dataset.images_NHW[rows],
        labels_N=dataset.labels_N[rows],
        splits_N=splits_N,
    )
