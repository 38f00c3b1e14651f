"""Anyone's own faces: a folder with one subfolder for each emotion, or for each class of one's own.

faces/happy/*.jpg, faces/sad/*.jpg …            all of it is one set, or
faces/train/happy/*.jpg, faces/test/happy/… …   with a folder for each split.
"""

import difflib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS, emotion_index
from ferlite.errors import DataError
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.fer2013_folders import SPLIT_OF_FOLDER
from ferlite.lab.data.image_files import ListedImage, is_image, load_images, visible
from ferlite.lab.data.layout import check_exists
from ferlite.media.image import load

LARGEST_OWN_SIZE: Final = 224
"""Larger images are made smaller, unless a size is asked for."""
_CONTEMPT: Final = "contempt"
"""A folder of this name is left out where the seven emotions are wanted."""


def load_folder(
    path: str | Path,
    *,
    size: int | None = None,
    classes: Sequence[str] = EMOTIONS,
    detect_faces: bool = False,
    cache: Path | None = None,
) -> FaceDataset:
    """Read images of faces from folders that are named after what they show.

    Args:
        path: `<class>/*.jpg`, all of it as split "test"; or `<split>/<class>/*.jpg`, where a
            split is `train` or `training`; `validation`, `valid`, `val` or `publictest`; `test` or
            `privatetest`. A class's folder has its name, in any case, and an emotion's any name
            that `ferlite.emotions.emotion_index` knows; images lie at any depth below it (jpg, png,
            bmp, tif, webp). With the seven emotions, a folder named contempt is left out; hidden
            files, and files that are no images, are passed over.
        size: height and width in pixels of the faces, which become gray; by default the longer side
            of the first image, at most 224.
        classes: the classes, in label order.
        detect_faces: cut every image to the largest face that the built-in detector finds in it, as
            `ferlite predict` does; where it finds none, and by default, images are taken whole.
        cache: where the result is kept; see `ferlite.lab.data.cache.cached`.

    Returns:
        images uint8 (N, size, size), labels int64 in the order of `classes`, named after the
        folder. Rows are in the order of the paths.

    Raises:
        DataError: a folder has another name, there are no images, or one is damaged.

    >>> import tempfile
    >>> from PIL import Image
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "train" / "Anger").mkdir(parents=True)
    >>> Image.new("L", (60, 60)).save(folder / "train" / "Anger" / "1.png")
    >>> faces = load_folder(folder, cache=folder / "cache")
    >>> faces.images_NHW.shape, faces.classes[faces.labels_N[0]], faces.rows("train")
    ((1, 60, 60), 'angry', array([0]))
    """
    folder = Path(path)
    check_exists(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: is a file, not a folder with one subfolder for each class")
    of_splits = splits_of(folder)
    listed = [
        image_file
        for below, split in of_splits or [(folder, SPLITS.index("test"))]
        for image_file in _of_split(below, split, tuple(classes))
    ]
    if not listed:
        raise DataError(
            f"{folder}: holds no images in folders named {', '.join(classes)}, "
            "nor in such folders inside train, validation or test"
        )
    prepare, settings = None, ",".join(classes)
    if detect_faces:
        prepare, how = _as_predicted()
        settings = f"{settings} {how}"
    return load_images(
        folder.resolve().name,
        lambda: listed,
        [below for below, _ in of_splits] or [folder],
        size=size or _own_size(listed[0].path),
        prepare=prepare,
        settings=settings,
        classes=tuple(classes),
        cache=cache,
    )


def splits_of(folder: Path) -> list[tuple[Path, int]]:
    """The folders of splits directly in a folder, with the index into `SPLITS` of each."""
    return [
        (below, SPLIT_OF_FOLDER[below.name.lower()])
        for below in visible(folder)
        if below.is_dir() and below.name.lower() in SPLIT_OF_FOLDER
    ]


def classes_of(folder: Path) -> tuple[str, ...]:
    """What the folders are named after: the seven emotions, or else their own names, sorted.

    Raises:
        DataError: some are named after emotions and others are not; says which.
    """
    of_splits = [below for below, _ in splits_of(folder)] or [folder]
    names = sorted({path.name for below in of_splits for path in visible(below) if path.is_dir()})
    others = [name for name in names if not _is_emotion(name)]
    if len(others) == len([name for name in names if name.lower() != _CONTEMPT]) >= 2:
        return tuple(names)
    if others:
        near = difflib.get_close_matches(others[0].lower(), EMOTIONS, n=1)
        raise DataError(
            f"{folder}: the folder {others[0]!r} is named after none of the emotions"
            f"{f' (did you mean {near[0]}?)' if near else ''} {', '.join(EMOTIONS)}; to learn "
            f"these classes instead, say --classes {','.join(names)}"
        )
    return EMOTIONS


def _is_emotion(name: str) -> bool:
    try:
        emotion_index(name)
    except KeyError:
        return name.lower() == _CONTEMPT
    return True


def _of_split(folder: Path, split: int, classes: tuple[str, ...]) -> list[ListedImage]:
    image_files = []
    for of_class in visible(folder):
        if not of_class.is_dir() or (classes == EMOTIONS and of_class.name.lower() == _CONTEMPT):
            continue
        label = _label(of_class, classes)
        for below, _, names in sorted(os.walk(of_class)):
            image_files += [
                ListedImage(Path(below, name), label, split)
                for name in sorted(names)
                if is_image(name)
            ]
    return image_files


def _label(folder: Path, classes: tuple[str, ...]) -> int:
    lowered = [name.lower() for name in classes]
    if folder.name.lower() in lowered:
        return lowered.index(folder.name.lower())
    try:
        return classes.index(EMOTIONS[emotion_index(folder.name)])
    except (KeyError, ValueError):
        what = "the emotions" if classes == EMOTIONS else "the classes"
        raise DataError(
            f"{folder}: this folder should be named after one of {what} {', '.join(classes)}"
        ) from None


def _as_predicted() -> tuple[Callable[[NDArray[np.uint8], int], NDArray[np.uint8]], str]:
    """What cuts an image to its largest face as prediction does, and words for how it does that."""
    from ferlite.faces.crop import crop
    from ferlite.faces.detection import Detection
    from ferlite.recognizer import EmotionRecognizer

    recognizer = EmotionRecognizer()

    def largest(image_HWC: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
        height, width = image_HWC.shape[:2]
        whole = Detection((0, 0, width, height), 1.0)
        face = next(iter(recognizer._detect(image_HWC)), whole)
        margin = 1.0 if face is whole else recognizer.margin
        face_1HW = crop(image_HWC, face.box, margin, (size, size), 1, face.angle)
        return np.asarray(face_1HW[0])

    return largest, f"{recognizer.detector} {recognizer.margin}"


def _own_size(path: Path) -> int:
    height, width = load(path).shape[:2]
    return min(int(max(height, width)), LARGEST_OWN_SIZE)
