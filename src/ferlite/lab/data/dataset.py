"""What every dataset loader returns: faces, labels and splits in memory, as plain arrays."""

import hashlib
from dataclasses import dataclass
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
    """

    name: str
    images_NHW: NDArray[np.uint8]
    labels_N: NDArray[np.int64]
    splits_N: NDArray[np.int8]
    classes: tuple[str, ...] = EMOTIONS

    def __len__(self) -> int:
        return len(self.images_NHW)

    def rows(self, split: str) -> NDArray[np.int64]:
        """Row numbers of one split ("train", "validation" or "test"), ascending."""
        return np.flatnonzero(self.splits_N == SPLITS.index(split))

    @cached_property
    def sha256(self) -> str:
        """Hash of images, labels and splits: the same for the same data in whatever file form."""
        digest = hashlib.sha256()
        for array in (self.images_NHW, self.labels_N, self.splits_N):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
