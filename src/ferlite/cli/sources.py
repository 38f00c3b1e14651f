"""Which videos a command line means, and what the files made of each are called."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ferlite.errors import FerliteError
from ferlite.media.suffixes import VIDEOS


class Source(NamedTuple):
    """A video to read."""

    name: str
    """Its path as the person sees it; `-` is standard input."""
    stem: str
    """What files made of it are called, without a suffix; another for each."""
    error: str | None = None
    """Why there is nothing to read here."""


def find(arguments: Iterable[str], skip: Sequence[Path] = ()) -> list[Source]:
    """The videos that arguments name: files, folders with all their subfolders, `-`.

    Folders are searched in alphabetical order for files with a video's suffix; hidden files and
    folders, and the folders of `skip` (where earlier results may lie), are left out. A file that
    is named itself is taken whatever it is called. Two videos of one name become `a` and `a-2`.
    """
    found: list[tuple[str, str, str | None]] = []
    for argument in arguments:
        path = Path(argument)
        if argument == "-":
            found.append((argument, "stdin", None))
        elif "://" in argument:
            why = (
                f"{argument}: is an address, not a file; download it first, or pipe it: "
                "curl -sL ADDRESS | ferlite video -"
            )
            found.append((argument, "", why))
        elif path.is_dir():
            inside = list(_inside(path, [os.path.realpath(folder) for folder in skip]))
            found += [(str(file), str(file.relative_to(path).with_suffix("")), None)
                      for file in inside]  # fmt: skip
            if not inside:
                kinds = ", ".join(suffix[1:] for suffix in VIDEOS)
                found.append(
                    (argument, "", f"{argument}: this folder has no videos in it ({kinds})")
                )
        else:
            found.append((argument, path.stem, None))
    taken: set[str] = set()
    sources = []
    for name, stem, error in found:
        free, number = stem, 1
        while free.casefold() in taken:  # some file systems ignore case
            number += 1
            free = f"{stem}-{number}"
        taken.add(free.casefold())
        sources.append(Source(name, free, error))
    return sources


def _inside(folder: Path, skip: Sequence[str]) -> Iterable[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(Path(parent) / name) not in skip
        )
        for file in sorted(files):
            if file.lower().endswith(VIDEOS) and not file.startswith("."):
                yield Path(parent) / file


def seconds(text: str | None, option: str) -> float | None:
    """A time as people write it, in seconds: `90`, `1:30` or `0:01:30.5`.

    Raises:
        FerliteError: it is no time.

    >>> seconds("1:30", "--start")
    90.0
    """
    if text is None:
        return None
    try:
        parts = [float(part) for part in text.split(":")]
        if len(parts) <= 3 and all(0 <= part < 1e9 for part in parts):
            return sum(part * float(60**i) for i, part in enumerate(reversed(parts)))
    except ValueError:
        pass
    raise FerliteError(
        f"{option} {text}: give a time in seconds, or as 1:30 or 1:02:03.5, from 0 on"
    )
