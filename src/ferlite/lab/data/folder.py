"""Anyone's own faces: a folder with one subfolder for each emotion."""

import os
from pathlib import Path
from typing import Final

from ferlite.emotions import EMOTIONS, emotion_index
from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.fer2013_folders import SPLIT_OF_FOLDER
from ferlite.lab.data.layout import check_exists
from ferlite.lab.data.pictures import Picture, is_picture, load_pictures, visible
from ferlite.media.image import load

LARGEST_OWN_SIZE: Final = 224
"""Larger pictures are made smaller, unless a size is asked for."""


def load_folder(
    path: str | Path, *, size: int | None = None, cache: Path | None = None
) -> FaceDataset:
    """Read pictures of faces from folders that are named after emotions.

    Args:
        path: `<emotion>/*.jpg`, all of it as split "test"; or `<split>/<emotion>/*.jpg`, where a
            split is `train` or `training`; `validation`, `valid`, `val` or `publictest`; `test` or
            `privatetest`. An emotion's folder may have any name that
            `ferlite.emotions.emotion_index` knows; pictures are taken whole, at any depth below it
            (jpg, png, bmp, tif, webp). A folder named contempt is left out; hidden files, and files
            that are no pictures, are passed over.
        size: height and width in pixels of the faces, which become gray; by default the longer side
            of the first picture, at most 224.
        cache: where the result is kept; see `ferlite.lab.data.cache.cached`.

    Returns:
        images uint8 (N, size, size), labels int64 in canonical order, named after the folder. Rows
        are in the order of the paths.

    Raises:
        FerliteError: a folder has another name, there are no pictures, or one is damaged.

    >>> import cv2, tempfile, numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "train" / "Anger").mkdir(parents=True)
    >>> cv2.imwrite(str(folder / "train" / "Anger" / "1.png"), np.zeros((60, 60), np.uint8))
    True
    >>> faces = load_folder(folder, cache=folder / "cache")
    >>> faces.images_NHW.shape, faces.classes[faces.labels_N[0]], faces.rows("train")
    ((1, 60, 60), 'angry', array([0]))
    """
    folder = Path(path)
    check_exists(folder)
    if not folder.is_dir():
        raise FerliteError(f"{folder}: is a file, not a folder with one subfolder for each emotion")
    of_splits = [
        (below, SPLIT_OF_FOLDER[below.name.lower()])
        for below in visible(folder)
        if below.is_dir() and below.name.lower() in SPLIT_OF_FOLDER
    ]
    pictures = [
        picture
        for below, split in of_splits or [(folder, SPLITS.index("test"))]
        for picture in _of_split(below, split)
    ]
    if not pictures:
        raise FerliteError(
            f"{folder}: holds no pictures in folders named after emotions ({', '.join(EMOTIONS)}), "
            "nor in such folders inside train, validation or test"
        )
    return load_pictures(
        folder.resolve().name,
        lambda: pictures,
        [below for below, _ in of_splits] or [folder],
        size=size or _own_size(pictures[0].path),
        cache=cache,
    )


def _of_split(folder: Path, split: int) -> list[Picture]:
    pictures = []
    for of_emotion in visible(folder):
        if not of_emotion.is_dir() or of_emotion.name.lower() == "contempt":
            continue
        try:
            label = emotion_index(of_emotion.name)
        except KeyError:
            raise FerliteError(
                f"{of_emotion}: this folder should be named after one of the emotions "
                f"{', '.join(EMOTIONS)}"
            ) from None
        for below, _, names in sorted(os.walk(of_emotion)):
            pictures += [
                Picture(Path(below, name), label, split) for name in sorted(names)
                if is_picture(name)
            ]  # fmt: skip
    return pictures


def _own_size(path: Path) -> int:
    height, width = load(path).shape[:2]
    return min(int(max(height, width)), LARGEST_OWN_SIZE)
