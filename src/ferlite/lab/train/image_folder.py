"""Labelled images of any kind, too many for memory: read and cut while training goes on."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import ImageFolder

from ferlite.errors import FerliteError
from ferlite.lab.train.batches import Batch, DrawnByEpoch

_FEW = 2_000
"""So many images are read faster than processes to read them start."""


class ImagesOnDisk(Dataset[Any]):
    """Images in one folder per class, each cut to its middle square and brought to one size.

    Nothing here is random: order comes from the sampler, augmentation from the training step.

    Args:
        folder: holds the class folders; images are whatever torchvision's `ImageFolder` takes.
        size: height and width of what comes out, as uint8 RGB (3, size, size).

    Raises:
        FerliteError: no class folders, or one without images.
    """

    def __init__(self, folder: Path, size: int) -> None:
        try:
            found = ImageFolder(str(folder))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FerliteError(f"{folder}: {' '.join(str(error).split())}") from None
        self.samples: list[tuple[str, int]] = found.samples
        self.classes: list[str] = found.classes
        self.labels_N = torch.tensor(found.targets)
        self.size = size

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, draw: int) -> tuple[Tensor, int, bool]:
        path, label = self.samples[draw % len(self)]
        # OpenCV decodes and shrinks several times faster than Pillow.
        image_HWC = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        if image_HWC is None:
            raise FerliteError(f"{path}: not a readable image")
        height, width = image_HWC.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = image_HWC[top : top + side, left : left + side]
        how = cv2.INTER_AREA if side > self.size else cv2.INTER_LINEAR
        square = cv2.resize(square, (self.size, self.size), interpolation=how)
        rgb_CHW = np.ascontiguousarray(square[:, :, ::-1].transpose(2, 0, 1))
        return torch.from_numpy(rgb_CHW), label, draw >= len(self)


@dataclass(frozen=True)
class Images:
    """A folder in ImageNet's layout, train/<class>/ and val/<class>/; classes are folder names."""

    train: ImagesOnDisk
    validation: ImagesOnDisk

    def loaders(
        self, batch_size: int, *, seed: int, faces_K: Tensor | None, orders: int = 0
    ) -> tuple[DataLoader[Batch], DataLoader[Batch]]:
        """Batches for training, in an order that seed and epoch decide, and for validation."""
        workers = 0 if len(self.train) < _FEW else min(16, os.cpu_count() or 1)
        drawn = DrawnByEpoch(self.train.labels_N, seed, faces_K, orders)
        return (
            DataLoader(
                self.train, batch_size, sampler=drawn, num_workers=workers,
                persistent_workers=workers > 0, pin_memory=torch.cuda.is_available(),
                drop_last=len(drawn) % batch_size == 1, generator=torch.Generator(),
            ),
            DataLoader(
                self.validation, batch_size, num_workers=workers,
                persistent_workers=workers > 0, pin_memory=torch.cuda.is_available(),
                generator=torch.Generator(),
            ),
        )  # fmt: skip


def load_images(path: Path, size: int) -> Images:
    """Find the images of a folder in ImageNet's layout; reads none of them yet.

    Raises:
        FerliteError: no train/ or val/ in it, no class folders, or not the same ones in both.
    """
    for name in ("train", "val"):
        if not (path / name).is_dir():
            raise FerliteError(
                f"{path}: has no folder {name}/; images are expected in train/<class>/ and "
                f"val/<class>/, as ImageNet has them"
            )
    images = Images(ImagesOnDisk(path / "train", size), ImagesOnDisk(path / "val", size))
    if odd := sorted({*images.train.classes} ^ {*images.validation.classes}):
        raise FerliteError(f"{path}: the class {odd[0]!r} is not in both train/ and val/")
    return images
