"""Batches straight from memory, in an order that depends on nothing but seed and epoch."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

Batch = tuple[Tensor, Tensor, Tensor]
"""Faces (B, C, H, W) uint8, labels (B,) int64, and which of them are extra draws (B,) bool.

Where people's votes give more than a label, the labels are float32 shares of each class (B, K), or
where both are learned (B, 2 · K): the label's, then the votes'."""


class FacesInMemory(Dataset[Batch]):
    """Faces (N, C, H, W) uint8 and labels (N,) or (N, K); a whole batch is one indexing."""

    def __init__(self, faces_NCHW: Tensor, labels_N: Tensor) -> None:
        self.faces_NCHW = faces_NCHW
        self.labels_N = labels_N

    def __len__(self) -> int:
        return len(self.labels_N)

    def __getitems__(self, draws: Sequence[int]) -> Batch:
        """The batch of these draws (PyTorch asks for a batch at a time where this exists)."""
        draws_B = torch.as_tensor(draws)
        rows_B = draws_B % len(self)
        return self.faces_NCHW[rows_B], self.labels_N[rows_B], draws_B >= len(self)


class DrawnByEpoch(Sampler[int]):
    """A new order every epoch, the same for the same seed and epoch, whatever ran before.

    Every row comes once. Classes with fewer rows than `faces_K` asks for get extra draws, which are
    numbered from N on: N + row. They go round a class's rows evenly, in a new order every round.

    Args:
        labels_N: int64 classes of the rows.
        seed: decides the orders of all epochs.
        faces_K: faces per class and epoch; classes that have as many get no more.
        orders: after so many epochs the orders come again; 0 for never.
    """

    def __init__(
        self, labels_N: Tensor, seed: int, faces_K: Tensor | None = None, orders: int = 0
    ) -> None:
        self.seed = seed
        self.orders = orders
        self.epoch = 0
        self.rows = len(labels_N)
        self.extra: list[tuple[Tensor, int]] = []
        for label, faces in enumerate([] if faces_K is None else faces_K.tolist()):
            own = (labels_N == label).nonzero()[:, 0]
            if 0 < len(own) < faces:
                self.extra.append((own, faces - len(own)))

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this before each epoch, after a resume too."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.rows + sum(count for _, count in self.extra)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(epoch_seed(self.seed, self.epoch, self.orders))
        draws = [torch.arange(self.rows)]
        for own, count in self.extra:
            rounds = -(-count // len(own))
            orders = [torch.randperm(len(own), generator=generator) for _ in range(rounds)]
            draws.append(self.rows + own[torch.cat(orders)[:count]])
        order = torch.randperm(len(self), generator=generator)
        yield from torch.cat(draws)[order].tolist()


def batches(
    faces_NCHW: Tensor,
    labels_N: Tensor,
    batch_size: int,
    *,
    shuffle_seed: int | None = None,
    faces_K: Tensor | None = None,
    orders: int = 0,
) -> DataLoader[Batch]:
    """A loader over faces in memory; without a seed in row order, for validation."""
    data = FacesInMemory(faces_NCHW, labels_N)
    drawn = None
    if shuffle_seed is not None:
        drawn = DrawnByEpoch(hard(labels_N), shuffle_seed, faces_K, orders)
    return DataLoader(
        data,
        batch_size,
        sampler=drawn,
        collate_fn=_as_it_is,
        # A batch of one face would break batch normalisation in training.
        drop_last=drawn is not None and len(drawn) % batch_size == 1,
        # A generator of its own: making an iterator must not disturb the global one.
        generator=torch.Generator(),
    )


def epoch_seed(seed: int, epoch: int, repeats_after: int = 0) -> int:
    """What all randomness of an epoch (from 0 on) starts from, again and again after a number.

    >>> [epoch_seed(0, epoch, 3) for epoch in range(5)]
    [0, 1, 2, 0, 1]
    """
    return seed * 1_000_003 + (epoch % repeats_after if repeats_after else epoch)


def hard(labels_N: Tensor) -> Tensor:
    """The class (N,) int64 of labels that may be shares of the classes (N, K): the largest."""
    return labels_N if labels_N.ndim == 1 else labels_N.argmax(1)


def _as_it_is(batch: Any) -> Any:
    return batch
