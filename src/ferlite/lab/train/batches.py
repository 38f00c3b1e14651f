"""Batches straight from memory, in an order that depends on nothing but seed and epoch."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

Batch = tuple[Tensor, Tensor]


class FacesInMemory(Dataset[Batch]):
    """Faces (N, 1, H, W) uint8 and labels (N,) int64; a whole batch is one indexing."""

    def __init__(self, faces_N1HW: Tensor, labels_N: Tensor) -> None:
        self.faces_N1HW = faces_N1HW
        self.labels_N = labels_N

    def __len__(self) -> int:
        return len(self.labels_N)

    def __getitems__(self, rows: Sequence[int]) -> Batch:
        """The batch of these rows (PyTorch asks for a batch at a time where this exists)."""
        index = torch.as_tensor(rows)
        return self.faces_N1HW[index], self.labels_N[index]


class ShuffledByEpoch(Sampler[int]):
    """A new order every epoch, the same for the same seed and epoch, whatever ran before."""

    def __init__(self, length: int, seed: int) -> None:
        self.length = length
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this before each epoch, after a resume too."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        yield from torch.randperm(self.length, generator=generator).tolist()


def batches(
    faces_N1HW: Tensor, labels_N: Tensor, batch_size: int, *, shuffle_seed: int | None = None
) -> DataLoader[Batch]:
    """A loader over faces in memory; without a seed in row order, for validation."""
    data = FacesInMemory(faces_N1HW, labels_N)
    return DataLoader(
        data,
        batch_size,
        sampler=None if shuffle_seed is None else ShuffledByEpoch(len(data), shuffle_seed),
        collate_fn=_as_it_is,
        # A batch of one face would break batch normalisation in training.
        drop_last=shuffle_seed is not None and len(data) % batch_size == 1,
        # A generator of its own: making an iterator must not disturb the global one.
        generator=torch.Generator(),
    )


def _as_it_is(batch: Any) -> Any:
    return batch
