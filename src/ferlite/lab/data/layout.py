"""How each dataset lies on disk, what a path looks like, and what to say when something is missing.

docs/how-to/datasets.md shows the same layouts to people.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ferlite.emotions import emotion_index
from ferlite.errors import FerliteError
from ferlite.lab.data import fer2013_folders, fer2013_table
from ferlite.lab.data.image_files import is_image, visible

VOTES: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear",
                "contempt", "unknown", "NF")  # fmt: skip
"""FER+'s columns of votes, in the order of its file."""

# CK+ as a table is 8 MB and FER2013, which has no contempt, is 60 MB even when compressed.
_LARGEST_CK = 32_000_000
_CONTEMPT: Final = 7


@dataclass(frozen=True)
class Layout:
    """What must lie in a dataset's folder.

    Attributes:
        kind: the dataset's name in recipes and results.
        title: its name for people.
        parts: for each thing needed, the places below the folder where it may be.
        ask: where the dataset is to be had.
    """

    kind: str
    title: str
    parts: tuple[tuple[str, ...], ...]
    ask: str

    def places(self, folder: Path) -> list[Path | None]:
        """Where each part is; None where it is missing."""
        return [
            next((folder / place for place in part if (folder / place).exists()), None)
            for part in self.parts
        ]

    def share(self, folder: Path) -> float:
        """How much of it is there: 0 (nothing) to 1 (everything)."""
        places = self.places(folder)
        return sum(place is not None for place in places) / len(places)

    def find(self, folder: Path) -> list[Path]:
        """Where each part is.

        Raises:
            FerliteError: something is missing; says what, what the folder looks like instead, and
                where to ask for the dataset.
        """
        found = [place for place in self.places(folder) if place is not None]
        if len(found) == len(self.parts):
            return found
        check_exists(folder)
        other = kind_of(folder)
        if other is not None and other != self.kind:
            raise FerliteError(f"{folder}: is no {self.title}; it looks like {TITLES[other]}")
        missing = [
            " or ".join(part)
            for part, place in zip(self.parts, self.places(folder), strict=True)
            if place is None
        ]
        raise FerliteError(
            f"{folder}: is no complete {self.title}, for it lacks {'; '.join(missing)}; "
            f"ask for the dataset at {self.ask}"
        )


RAFDB: Final = Layout(
    "rafdb",
    "RAF-DB",
    (
        ("list_patition_label.txt", "EmoLabel/list_patition_label.txt"),
        ("aligned", "Image/aligned"),
    ),
    "http://www.whdeng.cn/RAF/model1.html",
)
AFFECTNET_LISTS: Final = Layout(
    "affectnet",
    "AffectNet",
    (
        ("training.csv", "Manually_Annotated_file_lists/training.csv"),
        ("validation.csv", "Manually_Annotated_file_lists/validation.csv"),
        ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images"),
    ),
    "http://mohammadmahoor.com/affectnet/",
)
AFFECTNET_SETS: Final = Layout(
    "affectnet",
    "AffectNet",
    (
        ("train_set/annotations",),
        ("train_set/images",),
        ("val_set/annotations",),
        ("val_set/images",),
    ),
    AFFECTNET_LISTS.ask,
)
CKPLUS: Final = Layout(
    "ckplus",
    "CK+",
    (("Emotion",), ("cohn-kanade-images",)),
    "http://www.pitt.edu/~emotion/ck-spread.htm",
)
LAYOUTS: Final = (RAFDB, AFFECTNET_LISTS, AFFECTNET_SETS, CKPLUS)

TITLES: Final = {
    "fer2013": "FER2013",
    "ferplus": "FER+",
    "rafdb": "RAF-DB",
    "affectnet": "AffectNet",
    "ckplus": "CK+",
    "folder": "a folder with one subfolder for each emotion or class",
}
"""Every kind of dataset that ferlite reads, with its name for people."""


def kind_of(path: Path) -> str | None:
    """Which dataset a file or folder looks like, from its content and not its name.

    Returns:
        A key of `TITLES`; also of a dataset that is there in part. None if it looks like none.

    Raises:
        FerliteError: there is no such file or folder, or it is FER2013's table without Usage.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "train" / "happy").mkdir(parents=True)
    >>> kind_of(folder)
    'folder'
    """
    check_exists(path)
    if not path.is_dir():
        return _kind_of_file(path)
    if tables := fer2013_table.find(path):
        return _kind_of_file(tables[0])
    best = max(LAYOUTS, key=lambda layout: layout.share(path))
    if best.share(path):
        return best.kind
    if find_votes(path):
        return "ferplus"
    if not _class_folders(path):
        for table in path.glob("*.csv"):
            fer2013_table.check_usage(table)
        return None
    # FER2013's own images say in their names which split they are of; see `fer2013_folders`.
    names = (image_file.place[-1] for image_file in _fer2013_images(path))
    of_fer2013 = any(name.startswith(tuple(fer2013_table.USAGES)) for name in names)
    return "fer2013" if of_fer2013 else "folder"


def check_exists(path: Path) -> None:
    """Say in a sentence that a path does not exist.

    Raises:
        FerliteError: it does not.
    """
    if not path.exists():
        raise FerliteError(f"{path}: there is no such file or folder")


def find_votes(folder: Path) -> list[Path]:
    """The files of FER+ votes that lie directly in a folder."""
    return [path for path in visible(folder) if path.suffix.lower() == ".csv" and is_votes(path)]


def is_votes(path: Path) -> bool:
    """Whether a file's first line names FER+'s columns of votes."""
    with path.open("rb") as file:
        header = file.readline(1000).decode("utf-8-sig", errors="replace")
    return set(VOTES) <= {name.strip() for name in header.split(",")}


def _kind_of_file(path: Path) -> str | None:
    if fer2013_table.is_table(path):
        return "ckplus" if _has_contempt(path) else "fer2013"
    if is_votes(path):
        return "ferplus"
    fer2013_table.check_usage(path)
    return None


def _has_contempt(path: Path) -> bool:
    """Whether a table like FER2013's has the eighth code: then it is CK+'s, which looks alike."""
    if path.stat().st_size > _LARGEST_CK:
        return False
    codes = {**fer2013_table.CODES, str(_CONTEMPT).encode(): _CONTEMPT}
    try:
        return any(row.label == _CONTEMPT for row in fer2013_table.rows(path, codes))
    except FerliteError:  # What is wrong with it is told when it is loaded.
        return False


def _class_folders(path: Path) -> bool:
    """Whether there is a folder named after an emotion, in `path` or in one of its splits.

    Or several folders that hold images: these may be classes of one's own.
    """
    below = [folder for folder in visible(path) if folder.is_dir()]
    deeper = [
        folder
        for split in below
        if split.name.lower() in fer2013_folders.SPLIT_OF_FOLDER
        for folder in visible(split)
        if folder.is_dir()
    ]
    return any(_is_emotion(folder.name) for folder in below + deeper) or any(
        sum(_holds_images(folder) for folder in folders) > 1 for folders in (below, deeper)
    )


def _holds_images(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        return any(is_image(entry.name) for entry in entries)


def _is_emotion(name: str) -> bool:
    try:
        emotion_index(name)
    except KeyError:
        return False
    return True


def _fer2013_images(path: Path) -> list[fer2013_folders.ListedImage]:
    try:
        return fer2013_folders.find(path)
    except FerliteError:  # A folder of another name; whoever loads it says so.
        return []
