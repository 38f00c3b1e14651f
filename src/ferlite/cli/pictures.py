"""Which pictures a command line means, and where their annotated copies go."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from ferlite.errors import FerliteError

SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""What a folder is searched for."""


class Picture(NamedTuple):
    """A picture to read."""

    name: str
    """Its path as the person sees it; `-` is standard input."""
    copy: Path
    """Where its annotated copy goes, inside the folder for those."""
    error: str | None = None
    """Why there is nothing to read here."""


def find(arguments: Iterable[str], skip: Path | None = None) -> list[Picture]:
    """The pictures that arguments name: files, folders with all their subfolders, `-`.

    Folders are searched in alphabetical order for files with one of `SUFFIXES`; hidden files and
    folders, and the folder `skip` (where earlier copies may lie), are left out. A file that is
    named itself is taken whatever it is called.
    """
    pictures: list[Picture] = []
    for argument in arguments:
        path = Path(argument)
        if argument == "-":
            pictures.append(Picture("-", Path("stdin.png")))
        elif path.is_dir():
            pictures += _inside(path, skip)
        else:
            pictures.append(Picture(argument, Path(path.name)))
    return pictures


def _inside(folder: Path, skip: Path | None) -> list[Picture]:
    pictures: list[Picture] = []

    def unreadable(error: OSError) -> None:
        name = str(error.filename)
        why = f"{name}: this folder cannot be read ({error.strerror})"
        pictures.append(Picture(name, Path(), why))

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        here = Path(parent)
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and not _same(here / f, skip)
        )
        for file in sorted(files):
            if file.lower().endswith(SUFFIXES) and not file.startswith("."):
                path = here / file
                pictures.append(Picture(str(path), path.relative_to(folder)))
    if not pictures:
        kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
        why = f"{folder}: this folder has no images in it ({kinds})"
        pictures.append(Picture(str(folder), Path(), why))
    return pictures


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and other.exists() and path.samefile(other)


class Copies:
    """Gives every annotated copy a place of its own in a folder.

    Pictures of one name from different folders become `a.jpg`, `a-2.jpg`, …; what is not JPEG
    becomes PNG.
    """

    def __init__(self, folder: Path, pictures: Iterable[Picture]) -> None:
        """Prepare to write into `folder` and to spare the pictures themselves.

        Raises:
            FerliteError: the folder is a file.
        """
        if folder.exists() and not folder.is_dir():
            raise FerliteError(f"{folder}: is a file; give --save a folder")
        self._folder = folder
        self._originals = {os.path.realpath(picture.name) for picture in pictures}
        self._taken: set[str] = set()

    def place(self, picture: Picture) -> Path:
        """Where the copy of this picture goes.

        Raises:
            FerliteError: one of the pictures lies there.
        """
        wanted = picture.copy
        if wanted.suffix.lower() not in (".jpg", ".jpeg", ".png"):
            wanted = wanted.with_suffix(".png")
        free, number = wanted, 1
        while str(free).casefold() in self._taken:  # some file systems ignore case
            number += 1
            free = wanted.with_stem(f"{wanted.stem}-{number}")
        self._taken.add(str(free).casefold())
        target = self._folder / free
        if os.path.realpath(target) in self._originals:
            raise FerliteError(
                f"{picture.name}: its annotated copy would overwrite {target}; "
                "give --save another folder"
            )
        return target
