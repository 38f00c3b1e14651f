"""FER+: FER2013's faces with the votes of ten people each, instead of one label.

Barsoum, Zhang, Canton Ferrer and Zhang, "Training Deep Networks for Facial Expression Recognition
with Crowd-Sourced Label Distribution", ICMI 2016. The rules below are those of the authors' code
(github.com/microsoft/FERPlus):

1. A row without an image name shows no face and is left out.
2. A class with a single vote loses it: it counts as an outlier.
3. Mode "majority": the label is the class with more than half of the remaining votes; a row without
   one is left out.
4. Modes "probability" and "crossentropy": the classes with most votes are taken, those with equally
   many together, until they have three quarters of the votes or are three; unknown and no face end
   it and are not taken, unless they come first. A row where what was taken has no more than half of
   the votes, or is more than three classes, is left out. The taken votes, made to sum to 1, are the
   targets. In "crossentropy" they are learned as they are; in "probability" a label is drawn from
   them every time a face is shown.
5. A row whose first class is unknown or no face is left out.
6. These modes are for learning: validation and test rows are always by majority.

With seven classes, rows whose first class is contempt are left out too, and a share of contempt in
other rows is taken away and the rest made to sum to 1.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import WITH_CONTEMPT, emotion_index
from ferlite.errors import FerliteError
from ferlite.lab.data import fer2013_table
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.layout import TITLES, VOTES, check_exists, find_votes, kind_of

Mode: TypeAlias = Literal["majority", "probability", "crossentropy"]
"""How ten votes become what a network learns; see the rules above."""

ASK: Final = "https://github.com/microsoft/FERPlus"

_UNKNOWN: Final = 8
_LABELS: Final = np.array([*(emotion_index(name) for name in VOTES[:7]), 7, 8, 9])
"""For each column of votes its index in `WITH_CONTEMPT`, then unknown and no face."""
_COLUMNS: Final = np.argsort(_LABELS)
_TRAIN = SPLITS.index("train")


@dataclass(frozen=True)
class Votes:
    """FER+'s file as arrays; rows are FER2013's.

    Attributes:
        counts_N10: int64 votes for the classes, unknown and no face, in the order of `VOTES`.
        has_face_N: bool; False where the file names no image.
        splits_N: int8 indices into `SPLITS`.
    """

    counts_N10: NDArray[np.int64]
    has_face_N: NDArray[np.bool_]
    splits_N: NDArray[np.int8]


def load_votes(path: str | Path) -> Votes:
    """Read `fer2013new.csv`.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "fer2013new.csv"
    >>> head = "Usage,Image name," + ",".join(VOTES)
    >>> _ = file.write_text(head + "\\nTraining,fer0000000.png,4,0,0,1,3,2,0,0,0,0\\n")
    >>> load_votes(file).counts_N10.tolist()
    [[4, 0, 0, 1, 3, 2, 0, 0, 0, 0]]

    Raises:
        FerliteError: no such file, not such a file, or a row is wrong; row 1 is the first one after
            the header.
    """
    path = Path(path)
    counts, has_face, splits = [], [], []
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            rows = csv.DictReader(file)
            if not {"Usage", "Image name", *VOTES} <= set(rows.fieldnames or ()):
                raise FerliteError(
                    f"{path}: is no file of FER+ votes, for its first line does not name the "
                    f"columns Usage, Image name, {', '.join(VOTES)}"
                )
            for number, row in enumerate(rows, start=1):
                try:
                    counts.append([int(row[name]) for name in VOTES])
                    splits.append(fer2013_table.USAGES[row["Usage"]])
                    has_face.append(bool(row["Image name"].strip()))
                except (ValueError, TypeError, KeyError, AttributeError):
                    raise FerliteError(
                        f"{path}: row {number} is no row of FER+ votes; the file may be cut short"
                    ) from None
    except OSError as error:
        raise FerliteError(f"{path}: cannot be read ({error.strerror})") from error
    if not counts:
        raise FerliteError(f"{path}: has a header but no rows; the file may be cut short")
    return Votes(np.array(counts, np.int64), np.array(has_face), np.array(splits, np.int8))


def load_ferplus(
    path: str | Path,
    *,
    mode: Mode = "majority",
    classes: Literal[7, 8] = 7,
    fer2013: str | Path | None = None,
    cache: Path | None = None,
) -> FaceDataset:
    """Read FER2013's faces with labels from FER+'s votes, by the rules at the top of this file.

    Rows that stay, train, validation and test, with eight classes: 25,060, 3,199 and 3,153 by
    majority; 27,956 train rows in the other modes.

    Args:
        path: `fer2013new.csv`, or the folder that holds it.
        mode: how votes become labels and targets.
        classes: 7, in canonical order, or 8, with contempt last.
        fer2013: FER2013's table, whose rows are in the same order as the votes; by default the one
            in the same folder as the votes.
        cache: where the parsed FER2013 is kept; see `ferlite.lab.data.fer2013.load_fer2013`.

    Returns:
        images uint8 (N, 48, 48), labels int64, the class with most votes (of equal ones the first
        in the file), splits as FER2013's, and targets float32 (N, classes) unless by majority; name
        "ferplus", or "ferplus8" with eight classes.

    Raises:
        FerliteError: a file is missing or wrong, or the two do not belong together.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> face = " ".join(["128"] * 48 * 48)
    >>> _ = (folder / "fer2013.csv").write_text(f"emotion,pixels,Usage\\n0,{face},Training\\n")
    >>> votes = "Usage,Image name," + ",".join(VOTES) + "\\nTraining,f.png,5,0,0,3,1,0,0,0,1,0\\n"
    >>> _ = (folder / "fer2013new.csv").write_text(votes)
    >>> faces = load_ferplus(folder, mode="crossentropy", cache=folder)
    >>> faces.classes[faces.labels_N[0]], faces.targets_NK[0].tolist()
    ('neutral', [0.0, 0.0, 0.0, 0.0, 0.375, 0.0, 0.625])
    """
    if mode not in get_args(Mode):
        raise FerliteError(f"mode must be one of {', '.join(get_args(Mode))}, not {mode!r}")
    file = votes_file(Path(path))
    votes = load_votes(file)
    faces = load_fer2013(file.parent if fer2013 is None else fer2013, cache=cache)
    check_same_rows(votes, faces, file)

    shares_N10 = shares(votes.counts_N10, "majority")
    if mode != "majority":
        is_train_N = votes.splits_N == _TRAIN
        shares_N10[is_train_N] = shares(votes.counts_N10[is_train_N], mode)
    labels_N = _LABELS[shares_N10.argmax(axis=1)]
    keep_N = votes.has_face_N & shares_N10.any(axis=1) & (labels_N < classes)
    targets_NK = None
    if mode != "majority":  # whose labels say it all
        targets_NK = _sum_to_one(shares_N10[:, _COLUMNS[:classes]]).astype(np.float32)
    return replace(
        faces,
        name="ferplus" if classes == 7 else "ferplus8",
        labels_N=labels_N,
        targets_NK=targets_NK,
        classes=WITH_CONTEMPT[:classes],
    ).take(keep_N)


def shares(counts_N10: NDArray[np.int64], mode: Mode) -> NDArray[np.float64]:
    """Votes as shares of the classes, by rules 2 to 5.

    Args:
        counts_N10: votes in the order of `VOTES`.
        mode: how they are counted; "probability" and "crossentropy" are counted alike.

    Returns:
        float64 (N, 10), rows summing to 1, or all zeros where the row is left out.

    >>> shares(np.array([[0, 6, 3, 0, 0, 0, 0, 0, 1, 0]]), "majority").round(2).tolist()
    [[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    >>> shares(np.array([[0, 6, 3, 0, 0, 0, 0, 0, 1, 0]]), "crossentropy").round(2).tolist()
    [[0.0, 0.67, 0.33, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    counts_N10 = np.where(counts_N10 > 1, counts_N10, 0)
    if mode == "majority":
        has_majority_N10 = counts_N10 > 0.5 * counts_N10.sum(axis=1, keepdims=True)
        taken_N10 = np.where(has_majority_N10, counts_N10, 0)
    else:
        taken_N10 = np.array([_most_voted(votes) for votes in counts_N10.tolist()])
    taken_N10[taken_N10.argmax(axis=1) >= _UNKNOWN] = 0
    return _sum_to_one(taken_N10)


def shares_of_emotions(counts_N10: NDArray[np.int64]) -> NDArray[np.float64]:
    """Votes as shares of the seven emotions alone, in canonical order.

    Single votes count for nothing (rule 2), nor do those for contempt, unknown and no face.

    Returns:
        float64 (N, 7), rows summing to 1, or all zeros where nothing is left.

    >>> shares_of_emotions(np.array([[0, 6, 2, 0, 0, 0, 0, 0, 2, 0]])).tolist()
    [[0.0, 0.0, 0.0, 0.75, 0.0, 0.25, 0.0]]
    """
    counts_N10 = np.where(counts_N10 > 1, counts_N10, 0)
    return _sum_to_one(counts_N10[:, _COLUMNS[:7]])


def _most_voted(votes: list[int]) -> list[int]:
    """The votes that rule 4 takes, zero elsewhere."""
    total, seen, classes = sum(votes), 0, 0
    left, taken = list(votes), [0] * len(votes)
    while seen < 0.75 * total and classes < 3:
        most = max(left)
        for column in [column for column, count in enumerate(left) if count == most]:
            left[column] = 0
            seen += most
            if column >= _UNKNOWN and any(taken):
                return _enough(taken, total, classes)
            taken[column] = most
            classes += 1
            if column >= _UNKNOWN:
                return _enough(taken, total, classes)
    return _enough(taken, total, classes)


def _enough(taken: list[int], total: int, classes: int) -> list[int]:
    return taken if sum(taken) > 0.5 * total and classes <= 3 else [0] * len(taken)


def _sum_to_one(counts_NK: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows divided by their sums; rows of zeros stay so."""
    sum_N1 = counts_NK.sum(axis=1, keepdims=True)
    shares_NK = np.zeros(counts_NK.shape)
    np.divide(counts_NK, sum_N1, where=sum_N1 > 0, out=shares_NK)
    return shares_NK


def votes_file(path: Path) -> Path:
    """The file of votes itself, or the one in a folder.

    Raises:
        FerliteError: there is none, or more than one.
    """
    check_exists(path)
    if not path.is_dir():
        if fer2013_table.is_table(path):
            raise FerliteError(
                f"{path}: is a table of faces; give FER+'s votes (fer2013new.csv, from {ASK}), "
                "which must lie beside FER2013's, or the folder of both"
            )
        return path
    files = find_votes(path)
    if len(files) == 1:
        return files[0]
    if files:
        names = ", ".join(file.name for file in files)
        raise FerliteError(f"{path}: holds FER+'s votes more than once ({names}); name one file")
    kind = kind_of(path)
    looks = "" if kind in (None, "fer2013") else f"; it looks like {TITLES[kind]}"
    raise FerliteError(f"{path}: holds no FER+ votes (fer2013new.csv, from {ASK}){looks}")


def check_same_rows(votes: Votes, faces: FaceDataset, file: Path) -> None:
    """FER+ says which face it means by the row alone, so another order would mix up all labels.

    Raises:
        FerliteError: the votes in `file` are not of these faces.
    """
    if len(votes.splits_N) != len(faces):
        raise FerliteError(
            f"{file}: has {len(votes.splits_N):,} rows but FER2013 here has {len(faces):,}; "
            "FER+ needs the whole of FER2013 as a table in its original order"
        )
    differs_N = votes.splits_N != faces.splits_N
    if differs_N.any():
        raise FerliteError(
            f"{file}: row {differs_N.argmax() + 1} is of another Usage than FER2013's here; "
            "FER+ needs FER2013 as a table in its original order"
        )
