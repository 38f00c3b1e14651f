"""FER2013 as folders of images: `train|validation|test/<emotion>/*.jpg|png`.

The emotion's folder may have any name that `emotion_index` knows ("happy", "Happiness").

The split is the image's own where its file name begins with Training, PublicTest or PrivateTest,
because the copy that most people have puts the last two together under `test`. Where the file name
says nothing, the folder does: `train` or `training`; `validation`, `valid`, `val` or `publictest`;
`test` or `privatetest`. If that leaves a split without rows, it stays so: none are made up.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS, emotion_index
from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.fer2013_table import SIDE, USAGES

SPLIT_OF_FOLDER: Final = {
    "train": SPLITS.index("train"),
    "training": SPLITS.index("train"),
    "validation": SPLITS.index("validation"),
    "valid": SPLITS.index("validation"),
    "val": SPLITS.index("validation"),
    "publictest": SPLITS.index("validation"),
    "test": SPLITS.index("test"),
    "privatetest": SPLITS.index("test"),
}
_SUFFIXES: Final = (".jpg", ".jpeg", ".png")


class ListedImage(NamedTuple):
    """A file, its place below the dataset's folder, and the label and split that gives it."""

    path: str
    place: tuple[str, str, str]
    label: int
    split: int


def find(folder: Path) -> list[ListedImage]:
    """All images in the split folders of `folder`, in the order of their places.

    Hidden files, and files that are no images, are passed over.

    Raises:
        FerliteError: a folder in a split folder is named after none of the seven emotions.
    """
    image_files = []
    for of_split in _folders(folder):
        split = SPLIT_OF_FOLDER.get(of_split.name.lower())
        if split is None:
            continue
        for of_emotion in _folders(of_split.path):
            try:
                label = emotion_index(of_emotion.name)
            except KeyError:
                raise FerliteError(
                    f"{of_emotion.path}: this folder should be named after one of the emotions "
                    f"{', '.join(EMOTIONS)}"
                ) from None
            for file in _visible(of_emotion.path):
                if file.name.lower().endswith(_SUFFIXES):
                    place = (of_split.name, of_emotion.name, file.name)
                    image_files.append(
                        ListedImage(file.path, place, label, _own_split(file.name, split))
                    )
    return sorted(image_files, key=lambda image_file: image_file.place)


def sha256(image_files: list[ListedImage]) -> str:
    """Hash of the places and the bytes of all images, wherever the dataset's folder lies."""
    digest = hashlib.sha256()
    for image_file in image_files:
        with open(image_file.path, "rb", buffering=0) as file:  # half the time of a buffered one
            content = file.read()
        # No name holds a zero byte, so with the length nothing can pass for something else.
        digest.update(os.fsencode("\0".join((*image_file.place, str(len(content)), ""))))
        digest.update(content)
    return digest.hexdigest()


def read(image_files: list[ListedImage]) -> FaceDataset:
    """Decode the images; colour becomes gray.

    Raises:
        FerliteError: a file is no readable image, or not of 48×48 pixels.
    """
    return FaceDataset(
        name="fer2013",
        images_NHW=np.stack([_decoded(image_file.path) for image_file in image_files]),
        labels_N=np.array([image_file.label for image_file in image_files], dtype=np.int64),
        splits_N=np.array([image_file.split for image_file in image_files], dtype=np.int8),
    )


def _visible(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))


def _folders(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    return (entry for entry in _visible(folder) if entry.is_dir())


def _own_split(name: str, otherwise: int) -> int:
    """The split that a file name begins with, as in `PrivateTest_10131363.jpg`."""
    return next((USAGES[usage] for usage in USAGES if name.startswith(usage)), otherwise)


def _decoded(path: str) -> NDArray[np.uint8]:
    content = np.fromfile(path, dtype=np.uint8)
    try:
        image_HW = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # for one, of an empty file
        image_HW = None
    if image_HW is None:
        raise FerliteError(f"{path}: is no image, or is cut short or damaged")
    if image_HW.shape != (SIDE, SIDE):
        height, width = image_HW.shape
        raise FerliteError(f"{path}: has {width}×{height} pixels instead of {SIDE}×{SIDE}")
    return image_HW.astype(np.uint8, copy=False)
