"""Read any dataset that ferlite knows, by what lies at a path."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ferlite.emotions import EMOTIONS
from ferlite.errors import DataError, FerliteError
from ferlite.lab import own
from ferlite.lab.data.affectnet import load_affectnet
from ferlite.lab.data.ckplus import load_ckplus
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.ferplus import Mode, load_ferplus
from ferlite.lab.data.folder import load_folder, splits_of
from ferlite.lab.data.layout import TITLES, check_exists, find_votes, kind_of
from ferlite.lab.data.rafdb import load_rafdb


def load_dataset(
    path: str | Path,
    kind: str | None = None,
    *,
    split: str | None = None,
    size: int | None = None,
    votes: Mode = "majority",
    contempt: bool = False,
    classes: Sequence[str] = EMOTIONS,
    detect_faces: bool = False,
) -> FaceDataset:
    """Read a dataset by its own loader, with seven emotions in all sets but FER+.

    A folder that holds both FER2013 and FER+'s votes is FER2013, unless contempt is asked for; give
    the file of votes for FER+.

    Args:
        path: a file or folder of any dataset in `ferlite.lab.data.layout.TITLES`.
        kind: which one it must be ("fer2013", "ferplus", "rafdb", "affectnet", "ckplus" or
            "folder"); None recognises it. "FILE.py:FUNCTION" is a function of one's own that takes
            the path and returns a `FaceDataset`.
        split: the only split that will be used; rows of others may then be missing where reading
            them takes long, which is AffectNet. All of a folder without splits is "train" if that
            is asked for, and else "test".
        size: side in pixels of faces from image files; None is the loader's default. Faces from
            tables keep theirs.
        votes: what is made of FER+'s votes.
        contempt: read FER+ with its eighth class; the other sets have seven all the same.
        classes: of a folder, where they are not the seven emotions.
        detect_faces: of a folder; see `load_folder`.

    Raises:
        FerliteError: it is none of them, another one than `kind`, incomplete or damaged.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "faces.csv"
    >>> face = " ".join(["128"] * 48 * 48)
    >>> _ = file.write_text(f"emotion,pixels,Usage\\n3,{face},Training\\n")
    >>> load_dataset(file).name
    'fer2013'
    """
    path = Path(path)
    if kind is not None and own.is_own(kind):
        return _own_dataset(path, kind)
    if kind is None:
        kind = kind_of(path)
        if contempt and kind == "fer2013" and path.is_dir() and find_votes(path):
            kind = "ferplus"
        if kind is None:
            raise FerliteError(
                f"{path}: is none of the datasets that ferlite knows ({', '.join(TITLES.values())})"
            )
    else:
        _check_kind(path, kind)
    sized: dict[str, Any] = {} if size is None else {"size": size}
    loaders: dict[str, Callable[[], FaceDataset]] = {
        "fer2013": lambda: load_fer2013(path),
        "ferplus": lambda: load_ferplus(path, mode=votes, classes=8 if contempt else 7),
        "rafdb": lambda: load_rafdb(path, **sized),
        "affectnet": lambda: load_affectnet(path, split=split, **sized),
        "ckplus": lambda: load_ckplus(path, **sized),
        "folder": lambda: load_folder(path, classes=classes, detect_faces=detect_faces, **sized),
    }
    dataset = loaders[kind]()
    if kind == "folder" and split == "train" and not splits_of(path):
        dataset = replace(dataset, splits_N=np.zeros_like(dataset.splits_N))
    return dataset


def _own_dataset(path: Path, kind: str) -> FaceDataset:
    check_exists(path)
    function = own.load_own(kind)
    try:
        dataset = function(path)
    except FerliteError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())
        raise DataError(f"{kind}: cannot read {path} ({type(error).__name__}: {why})") from error
    if not isinstance(dataset, FaceDataset):
        raise DataError(f"{kind}: returns {type(dataset).__name__}, not a FaceDataset")
    lengths = {len(array) for array in (dataset.images_NHW, dataset.labels_N, dataset.splits_N)}
    if (
        dataset.images_NHW.dtype != np.uint8
        or dataset.images_NHW.ndim != 3
        or len(lengths) > 1
        or not np.isin(dataset.labels_N, np.arange(len(dataset.classes))).all()
        or not np.isin(dataset.splits_N, np.arange(len(SPLITS))).all()
    ):
        raise DataError(
            f"{kind}: returns a FaceDataset whose images are not uint8 (N, H, W) with N labels, "
            f"below {len(dataset.classes)}, and N splits, below {len(SPLITS)}"
        )
    return dataset


def kind_to_read(path: Path, wanted: str) -> str:
    """The kind of dataset at a path, where a recipe was made for another.

    What may be either stays what the recipe says.
    """
    found = None if own.is_own(wanted) or wanted == "image_folder" else kind_of(path)
    either = {"folder": {"fer2013"}, "ferplus": {"fer2013"}}
    if found is None or (path.is_dir() and found in either.get(wanted, ())):
        return wanted
    return found


def _check_kind(path: Path, kind: str) -> None:
    """Refuse what is clearly another dataset; the loader says what is wrong with anything else."""
    found = kind_of(path)
    # These may be the same images, or lie in the same folder.
    alike = {"fer2013": {"folder"}, "folder": {"fer2013"}, "ferplus": {"fer2013"}}
    if found is not None and found != kind and found not in alike.get(kind, ()):
        raise FerliteError(f"{path}: is {TITLES[found]}, but {TITLES[kind]} is needed")
