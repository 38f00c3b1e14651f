"""AffectNet with seven emotions, in both forms in which its authors have given it away.

Mollahosseini, Hasani and Mahoor, "AffectNet: A Database for Facial Expression, Valence, and Arousal
Computing in the Wild", IEEE Transactions on Affective Computing, 2019.

No test split was ever published, so papers report on the validation set, and so it is "test" here:
a run must choose its epoch on part of "train". Contempt and what is no emotion is left out.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from ferlite.emotions import emotion_index
from ferlite.errors import FerliteError
from ferlite.faces.box import Box
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.image_files import ListedImage, load_images
from ferlite.lab.data.layout import AFFECTNET_LISTS, AFFECTNET_SETS

LABELS: Final = {
    str(code): emotion_index(name)
    for code, name in enumerate(("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"))
}
"""AffectNet's codes 0 to 6, and the labels that they mean."""
LEFT_OUT: Final = ("7", "8", "9", "10")
"""The codes for contempt, none, uncertain and no face."""

_TRAIN, _TEST = SPLITS.index("train"), SPLITS.index("test")
_COLUMNS: Final = ("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height",
                   "facial_landmarks", "expression", "valence", "arousal")  # fmt: skip


def load_affectnet(
    path: str | Path, *, size: int = 96, split: str | None = None, cache: Path | None = None
) -> FaceDataset:
    """Read AffectNet-7: the training set is "train", the validation set "test".

    The first edition has 283,901 and 3,500 rows. At 48 pixels that is 0.7 GB in memory, at 96 it is
    2.6 GB and at 224 it is 14.4 GB; the first load decodes every image and takes long, later ones
    come from the cache.

    Args:
        path: a folder in one of two forms.
            `training.csv` and `validation.csv`, there or in `Manually_Annotated_file_lists/`, and
            the images in `Manually_Annotated_Images/`, there or in `Manually_Annotated/`. Faces
            are cut out at the lists' boxes; where a box is empty the image is taken whole.
            Or `train_set/` and `val_set/`, each with `images/*.jpg`, which are faces already, and
            `annotations/*_exp.npy`.
        size: height and width in pixels of the faces, which become gray.
        split: read only this one ("train" or "test"), to spare time and memory; None reads both.
        cache: where the result is kept; see `ferlite.lab.data.cache.cached`.

    Returns:
        images uint8 (N, size, size), labels int64 in canonical order, name "affectnet". Rows are in
        the order of the lists, or of the file names.

    Raises:
        FerliteError: a part or an image is missing, or a row or an annotation is wrong.

    >>> import cv2, tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for place in ("train_set", "val_set"):
    ...     for part in ("images", "annotations"):
    ...         (folder / place / part).mkdir(parents=True)
    >>> cv2.imwrite(str(folder / "val_set/images/0.jpg"), np.zeros((224, 224, 3), np.uint8))
    True
    >>> np.save(folder / "val_set/annotations/0_exp.npy", np.array("1"))
    >>> faces = load_affectnet(folder, size=48, cache=folder / "cache")
    >>> faces.images_NHW.shape, faces.classes[faces.labels_N[0]], faces.rows("test")
    ((1, 48, 48), 'happy', array([0]))
    """
    folder = Path(path)
    wanted = [index for index in (_TRAIN, _TEST) if split in (None, SPLITS[index])]
    if AFFECTNET_SETS.share(folder) > AFFECTNET_LISTS.share(folder):
        AFFECTNET_SETS.find(folder)
        sets = {_TRAIN: folder / "train_set", _TEST: folder / "val_set"}
        return load_images(
            "affectnet",
            lambda: [image_file for i in wanted for image_file in _of_set(sets[i], i)],
            [sets[i] / part for i in wanted for part in ("annotations", "images")],
            size=size,
            settings=str(wanted),
            cache=cache,
        )
    training, validation, images = AFFECTNET_LISTS.find(folder)
    lists = {_TRAIN: training, _TEST: validation}
    return load_images(
        "affectnet",
        lambda: [image_file for i in wanted for image_file in _of_list(lists[i], images, i)],
        [*(lists[i] for i in wanted), images],
        size=size,
        settings=str(wanted),
        cache=cache,
    )


def _of_list(listing: Path, images: Path, split: int) -> Iterator[ListedImage]:
    """The faces of training.csv or validation.csv; the latter came without a header line."""
    with listing.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        for number, fields in enumerate(csv.reader(file), start=1):
            if not fields or fields[0] == _COLUMNS[0]:
                continue
            row = dict(zip(_COLUMNS, fields, strict=False))
            where = f"{listing}: line {number}"
            if len(row) < len(_COLUMNS):
                raise FerliteError(f"{where} has {len(fields)} columns instead of {len(_COLUMNS)}")
            label = _label(row["expression"], where)
            if label is not None:
                yield ListedImage(images / row[_COLUMNS[0]], label, split, _box(row, where))


def _box(row: dict[str, str], where: str) -> Box | None:
    try:
        x, y, width, height = (float(row[column]) for column in _COLUMNS[1:5])
    except ValueError:
        raise FerliteError(f"{where} has a face box that is not four numbers") from None
    return (x, y, width, height) if width > 0 and height > 0 else None


def _of_set(folder: Path, split: int) -> Iterator[ListedImage]:
    """The faces of train_set or val_set: `17_exp.npy` holds the code of `17.jpg` as text."""
    for file in sorted((folder / "annotations").glob("*_exp.npy")):
        try:
            code = np.load(file, allow_pickle=False).item()
        except (ValueError, EOFError) as error:
            raise FerliteError(f"{file}: is no array that holds one code ({error})") from None
        label = _label(str(code), str(file))
        if label is not None:
            name = f"{file.name.removesuffix('_exp.npy')}.jpg"
            yield ListedImage(folder / "images" / name, label, split)


def _label(code: str, where: str) -> int | None:
    """The label of a code; None if it is left out."""
    code = code.strip()
    if code in LEFT_OUT:
        return None
    if code not in LABELS:
        raise FerliteError(f"{where} has the expression {code[:24]!r}, which is none of 0 to 10")
    return LABELS[code]
