"""Which images a command line means, and where their annotated copies go."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from ferlite.errors import OutputError
from ferlite.media.suffixes import IMAGES, VIDEOS

ENDS: Final = 4
"""So many ends of names are told of files that are no images."""


class Named(NamedTuple):
    """An image to read."""

    name: str
    """Its path as the person sees it; `-` is standard input."""
    copy: Path
    """Where its annotated copy goes, inside the folder for those."""
    error: str | None = None
    """Why there is nothing to read here."""


class Found(NamedTuple):
    """What the arguments of a command line name."""

    images: list[Named]
    left_out: Counter[str]
    """How many files of folders are no images: `video`, or the ends of their names."""

    def says_what_was_left_out(self) -> str | None:
        """One line about the files of folders that are not read; None if there are none.

        >>> Found([], Counter({"video": 2, ".txt": 1})).says_what_was_left_out()
        "3 files left out: 2 videos (use 'ferlite video'), 1 not an image (.txt)"
        """
        videos, others = self.left_out["video"], self.left_out.total() - self.left_out["video"]
        if not videos + others:
            return None
        parts = []
        if videos:
            parts.append(f"{videos} video{'s' * (videos > 1)} (use 'ferlite video')")
        if others:
            ends = [end for end, _ in self.left_out.most_common() if end != "video"]
            names = ", ".join([*ends[:ENDS], *(["…"] if len(ends) > ENDS else [])])
            parts.append(f"{others} not {'an image' if others == 1 else 'images'} ({names})")
        count = videos + others
        return f"{count} file{'s' * (count > 1)} left out: {', '.join(parts)}"


def find(arguments: Iterable[str], skip: Path | None = None) -> Found:
    """The images that arguments name: files, folders with all their subfolders, `-`.

    Folders are searched in alphabetical order for files with one of `IMAGES`, or with none and
    an image's content; hidden files and folders, and the folder `skip` (where earlier copies may
    lie), are passed over. A file that is named itself is taken whatever it is called.
    """
    found = Found([], Counter())
    for argument in arguments:
        path = Path(argument)
        if argument == "-":
            found.images.append(Named("-", Path("stdin.png")))
        elif os.path.isdir(argument):  # also where a name is too long to be one
            _search(path, skip, found)
        else:
            found.images.append(Named(argument, Path(path.name)))
    return found


def _search(folder: Path, skip: Path | None, found: Found) -> None:
    """Add what lies in a folder."""
    before = len(found.images)

    def unreadable(error: OSError) -> None:
        name = str(error.filename)
        why = f"{name}: this folder cannot be read ({error.strerror})"
        found.images.append(Named(name, Path(), why))

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        here = Path(parent)
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and not _same(here / f, skip)
        )
        for file in sorted(files):
            path = here / file
            if file.startswith("."):
                continue
            if file.lower().endswith(IMAGES) or (not path.suffix and _is_image(path)):
                found.images.append(Named(str(path), path.relative_to(folder)))
            else:
                video = file.lower().endswith(VIDEOS)
                found.left_out["video" if video else path.suffix.lower() or "no suffix"] += 1
    if len(found.images) == before:
        why = f"{folder}: this folder has no images in it (JPEG, PNG, HEIC, WebP, TIFF and others)"
        found.images.append(Named(str(folder), Path(), why))


def _is_image(path: Path) -> bool:
    from ferlite.media.image import is_image

    try:
        with path.open("rb") as file:
            return is_image(file.read(64))
    except OSError:
        return False


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and other.exists() and path.samefile(other)


class Copies:
    """Gives every annotated copy a place of its own in a folder.

    Images of one name from different folders become `a.jpg`, `a-2.jpg`, …; what is not JPEG
    becomes PNG.
    """

    def __init__(self, folder: Path, images: Iterable[Named]) -> None:
        """Prepare to write into `folder` and to spare the images themselves.

        Raises:
            OutputError: the folder is a file.
        """
        if folder.suffix.lower() in IMAGES and not folder.is_dir():
            raise OutputError(f"{folder}: is the name of an image; give --save a folder")
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: is a file; give --save a folder")
        self._folder = folder
        self._originals = {os.path.realpath(image.name) for image in images}
        self._taken: set[str] = set()

    def place(self, image: Named) -> Path:
        """Where the copy of this image goes.

        Raises:
            OutputError: one of the images lies there.
        """
        wanted = image.copy
        if wanted.suffix.lower() not in (".jpg", ".jpeg", ".png"):
            wanted = wanted.with_suffix(".png")
        free, number = wanted, 1
        while str(free).casefold() in self._taken:  # some file systems ignore case
            number += 1
            free = wanted.with_stem(f"{wanted.stem}-{number}")
        self._taken.add(str(free).casefold())
        target = self._folder / free
        if os.path.realpath(target) in self._originals:
            raise OutputError(
                f"{image.name}: its annotated copy would overwrite {target}; "
                "give --save another folder"
            )
        return target
