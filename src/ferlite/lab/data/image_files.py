"""Datasets of image files: listed first, then cut out, made gray, brought to one size and kept.

The whole set lies in memory as one array, so its size is the one thing to choose: n faces take
n × size² bytes.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.faces.box import Box
from ferlite.faces.crop import crop
from ferlite.lab.data.cache import cached
from ferlite.lab.data.dataset import FaceDataset
from ferlite.media.image import load

Prepare: TypeAlias = Callable[[NDArray[np.uint8], int], NDArray[np.uint8]]
"""Cuts a face of so many pixels a side, gray (size, size), out of an image (H, W, 3)."""
LARGEST_SIZE: Final = 1024
"""Faces are kept at no more than this many pixels a side."""


class ListedImage(NamedTuple):
    """One face of a dataset.

    Attributes:
        path: the image's file.
        label: index into the dataset's classes.
        split: index into `SPLITS`.
        box: x, y, width and height of the face in pixels; None takes what the loader's `locate`
            finds, or else the whole image.
    """

    path: Path
    label: int
    split: int
    box: Box | None = None


def load_images(
    name: str,
    listed: Callable[[], Sequence[ListedImage]],
    sources: Sequence[Path],
    *,
    size: int,
    locate: Callable[[NDArray[np.uint8]], Box] | None = None,
    prepare: Prepare | None = None,
    settings: str = "",
    classes: tuple[str, ...] = EMOTIONS,
    cache: Path | None = None,
) -> FaceDataset:
    """Read a dataset of images, or its kept copy if nothing in `sources` has changed.

    A face is cut out as `ferlite.faces.crop.crop` does it: the square around its box, nearest edge
    pixels where that reaches outside the image, gray, bilinear if enlarged and area mean if made
    smaller.

    Args:
        name: what the dataset is called.
        listed: gives the images; called only when they must be read.
        sources: the files and folders that decide what `listed` and the images say.
        size: height and width of the faces, 1 to 1024 pixels.
        locate: finds the face in an image, uint8 (H, W, 3) RGB, that has no box.
        prepare: makes the face (size, size) out of an image, instead of all that.
        settings: whatever else decides the result, as text.
        classes: what the labels mean.
        cache: where the result is kept; see `ferlite.lab.data.cache.cached`.

    Raises:
        FerliteError: an image is missing or damaged, none is listed, or the size is out of range.
    """
    if not 1 <= size <= LARGEST_SIZE:
        raise FerliteError(f"faces must be kept at 1 to {LARGEST_SIZE} pixels a side, not {size}")
    key = fingerprint(sources, f"{size} {settings}")
    return cached(
        lambda: read(name, listed(), size, locate, prepare, classes),
        name=name,
        sha256=key,
        folder=cache,
    )


def read(
    name: str,
    image_files: Sequence[ListedImage],
    size: int,
    locate: Callable[[NDArray[np.uint8]], Box] | None = None,
    prepare: Prepare | None = None,
    classes: tuple[str, ...] = EMOTIONS,
) -> FaceDataset:
    """Decode, crop and shrink images on all processors; rows are in the given order.

    Raises:
        FerliteError: see `load_images`.
    """
    if not image_files:
        raise FerliteError(f"{name}: there is not one face of the wanted emotions and splits")
    gone = [image_file.path for image_file in image_files if not image_file.path.is_file()]
    if gone:
        raise FerliteError(
            f"{gone[0]}: this image is missing, one of {len(gone):,} of the {len(image_files):,} "
            "that are listed; unpack the whole dataset again"
        )
    images_NHW = np.empty((len(image_files), size, size), np.uint8)

    def fill(row: int) -> None:
        image_HWC = load(image_files[row].path)
        if prepare is not None:
            images_NHW[row] = prepare(image_HWC, size)
            return
        box = image_files[row].box
        if box is None and locate is not None:
            box = locate(image_HWC)
        if box is None:
            box = (0, 0, image_HWC.shape[1], image_HWC.shape[0])
        images_NHW[row] = crop(image_HWC, box, 1.0, (size, size), 1)[0]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(fill, range(len(image_files))):
            pass
    return FaceDataset(
        name=name,
        images_NHW=images_NHW,
        labels_N=np.array([image_file.label for image_file in image_files], dtype=np.int64),
        splits_N=np.array([image_file.split for image_file in image_files], dtype=np.int8),
        classes=classes,
    )


def fingerprint(sources: Sequence[Path], settings: str = "") -> str:
    """SHA-256 of the names, sizes and times of change of files and of all files in folders.

    The content is not read: AffectNet has 120 GB of it.
    """
    digest = hashlib.sha256(settings.encode())
    for source in sources:
        for place, status in sorted(_files(source)):
            digest.update(os.fsencode(f"\0{place}\0{status.st_size}\0{status.st_mtime_ns}"))
    return digest.hexdigest()


def is_image(name: str) -> bool:
    """Whether a file's name is that of an image, and not hidden.

    >>> is_image("1.JPG"), is_image("._1.jpg"), is_image("Thumbs.db")
    (True, False, False)
    """
    suffixes = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
    return name.lower().endswith(suffixes) and not name.startswith(".")


def visible(folder: Path) -> list[Path]:
    """What lies directly in a folder, hidden files left out, in the order of the names."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _files(source: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file at or below `source`, named from there, with its status."""
    if source.is_file():
        yield source.name, source.stat()
        return
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(source / below) as entries:
            for entry in entries:
                place = f"{below}{entry.name}"
                if entry.is_dir():
                    waiting.append(f"{place}/")
                else:
                    yield place, entry.stat()
