"""What every dataset loader returns: faces, labels and splits in memory, as plain arrays."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS

SPLITS: Final = ("train", "validation", "test")


@dataclass(frozen=True)
class FaceDataset:
    """Labelled face images in memory.

    Attributes:
        name: what the dataset is called in results, such as "fer2013".
        images_NHW: uint8 gray images, values 0 to 255.
        labels_N: int64 indices into `classes`.
        splits_N: int8 indices into `SPLITS`.
        classes: the emotions in label order; the canonical seven unless the set has others.
        targets_NK: float32 share of each class, rows summing to 1, where people's votes give more
            than a label; None in all other sets. Twice as wide where votes stand beside the label:
            see `ferlite.lab.train.votes.with_votes_beside`.
    """

    name: str
    images_NHW: NDArray[np.uint8]
    labels_N: NDArray[np.int64]
    splits_N: NDArray[np.int8]
    classes: tuple[str, ...] = EMOTIONS
    targets_NK: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.images_NHW)

    def rows(self, split: str) -> NDArray[np.int64]:
        """Row numbers of one split ("train", "validation" or "test"), ascending."""
        return np.flatnonzero(self.splits_N == SPLITS.index(split))

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "FaceDataset":
        """Only these rows, by number (in that order) or by a mask, with all that is known of them.

        >>> images_NHW = np.zeros((3, 48, 48), np.uint8)
        >>> faces = FaceDataset("made", images_NHW, np.array([3, 4, 5]), np.zeros(3, np.int8))
        >>> faces.take(np.array([2, 0])).labels_N.tolist()
        [5, 3]
        """
        return replace(
            self,
            images_NHW=self.images_NHW[rows],
            labels_N=self.labels_N[rows],
            splits_N=self.splits_N[rows],
            targets_NK=None if self.targets_NK is None else self.targets_NK[rows],
        )

    @cached_property
    def sha256(self) -> str:
        """Hash of all the arrays: the same for the same data in whatever file form."""
        digest = hashlib.sha256()
        for array in (self.images_NHW, self.labels_N, self.splits_N, self.targets_NK):
            if array is not None:
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
