"""What is to be read: files found in folders, by globs and by name, each as one or more items."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Final, NamedTuple

from pyarrow import fs

from ferlite.bulk import storage, tables
from ferlite.bulk.storage import Place
from ferlite.errors import DataError, FerliteError
from ferlite.media.ahead import in_threads
from ferlite.media.suffixes import IMAGES, VIDEOS

PARQUET: Final = (".parquet", ".pq")
TARS: Final = (".tar", ".tar.gz", ".tgz")
SLICE: Final = 512
"""At most so many rows of a Parquet file are one item."""
IMAGE_BYTES: Final = 100_000
"""An image in a tar is guessed to be so large; nobody knows before the tar is read."""
VIDEO_WEIGHT: Final = 64
"""A video is guessed to be as much work as so many images."""
ASK_AT_ONCE: Final = 16
"""So many Parquet files are asked for their number of rows at the same time."""


class Item(NamedTuple):
    """What a worker reads in one go: a file, or some rows of one."""

    kind: str
    """`image`, `parquet`, `tar` or `video`."""
    root: str
    path: str
    """With `root`, the file's `Place`."""
    start: int = 0
    stop: int = -1
    """Of a Parquet file the rows; of a tar how many images are read, -1 for all."""
    weight: int = 1
    """About how many images it is."""

    @property
    def place(self) -> Place:
        """The file."""
        return Place(self.root, self.path)


@dataclass
class Sources:
    """What a command line names.

    Attributes:
        arguments: files, folders and globs, as people write them.
        image_column: of Parquet files, the column with the images; None finds it.
        skip: the destination; what lies in it is not read.
        left_out: how many files of folders are nothing that is read, known after the last item.
    """

    arguments: Sequence[str]
    image_column: str | None = None
    skip: Place | None = None
    left_out: Counter[str] = field(default_factory=Counter)

    def items(self) -> Iterator[Item]:
        """All items, in the order of the arguments and of the files' paths.

        Raises:
            FerliteError: an argument names nothing, or a store cannot be listed.
        """
        for argument in dict.fromkeys(self.arguments):
            yield from self._of(argument)

    def _of(self, argument: str) -> Iterator[Item]:
        where = storage.place(argument)
        exact = storage.kind(where)
        if exact == fs.FileType.File:
            yield from self._items([(where, _kind(where.path) or "image", -1)], named=True)
        elif exact == fs.FileType.Directory:
            yield from self._items(self._in_folder(where))
        elif re.search(r"[*\[]", where.path):
            yield from self._items(self._matching(where))
        else:
            storage.check_bucket(where)
            raise DataError(f"{argument}: there is no such file or folder")

    def _in_folder(self, folder: Place) -> list[tuple[Place, str, int]]:
        found = []
        for where, size in self._visible(folder):
            if (kind := _kind(where.path)) is None:
                self.left_out["other"] += 1
            else:
                found.append((where, kind, size))
        if not found:
            raise DataError(
                f"{folder.name}: this folder has no images, videos, Parquet files or tars in it "
                f"(files of other names are read where a glob names them: {folder.name}/*)"
            )
        return found

    def _matching(self, glob: Place) -> list[tuple[Place, str, int]]:
        before = re.split(r"[*\[]", glob.path, maxsplit=1)[0]
        folder = glob.at(before.rpartition("/")[0] or ("/" if not glob.root else ""))
        pattern = re.compile(translated(glob.path))
        found = [
            (where, _kind(where.path) or "image", size)
            for where, size in self._visible(folder, deep="/" in glob.path[len(before) :])
            if pattern.fullmatch(where.path)
        ]
        if not found:
            storage.check_bucket(glob)
            raise DataError(f"{glob.name}: no file matches this")
        return found

    def _visible(self, folder: Place, deep: bool = True) -> Iterator[tuple[Place, int]]:
        """The files of a folder and how large they are, without hidden ones."""
        start = len(folder.path.rstrip("/")) + 1 if folder.path else 0
        for info in storage.listed(folder, recursive=deep):
            where = storage.within(folder, info)
            if "/." in f"/{where.path[start:]}" or self._is_skipped(where):
                continue
            if not (folder.root and info.size == 0 and info.path.endswith("/")):
                yield where, info.size

    def _is_skipped(self, where: Place) -> bool:
        skip = self.skip
        return skip is not None and where.root == skip.root and (
            f"{where.path}/".startswith(f"{skip.path}/")
        )  # fmt: skip

    def _items(
        self, files: Sequence[tuple[Place, str, int]], named: bool = False
    ) -> Iterator[Item]:
        """The items of files; `named` ones that are no tables of images are an error at once."""

        def split(file: tuple[Place, str, int]) -> list[Item]:
            where, kind, size = file
            if kind == "parquet":
                return self._slices(where, named)
            if kind == "tar":
                return [Item(kind, *where, weight=max(1, size // IMAGE_BYTES))]
            return [Item(kind, *where, weight=VIDEO_WEIGHT if kind == "video" else 1)]

        asks = any(kind == "parquet" for _, kind, _ in files)
        for items in in_threads(split, files, ASK_AT_ONCE if asks and len(files) > 1 else 1):
            yield from items

    def _slices(self, where: Place, named: bool) -> list[Item]:
        try:
            groups = tables.groups(where, self.image_column)
        except FerliteError:
            if named:
                raise
            return [Item("parquet", *where)]  # the worker will say the same in its row
        return [
            Item("parquet", *where, start, min(start + SLICE, stop), min(SLICE, stop - start))
            for first, stop in groups
            for start in range(first, stop, SLICE)
        ]


def _kind(path: str) -> str | None:
    name = path.lower()
    for kind, suffixes in (
        ("image", IMAGES), ("parquet", PARQUET), ("tar", TARS), ("video", VIDEOS)
    ):  # fmt: skip
        if name.endswith(suffixes):
            return kind
    return None


def translated(glob: str) -> str:
    """A glob as a regular expression: `*` stays in a folder, `**` goes through all of them.

    >>> bool(re.fullmatch(translated("a/**/*.jpg"), "a/b/c/1.jpg"))
    True
    >>> bool(re.fullmatch(translated("a/*.jpg"), "a/b/1.jpg"))
    False
    """
    parts = re.split(r"(\*\*/|\*\*|\*|\[[^\]]+\])", glob)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    patterns = (known.get(part) or part.replace("[!", "[^") for part in parts[1::2])
    plain = map(re.escape, parts[::2])
    return "".join(chain.from_iterable(zip_longest(plain, patterns, fillvalue="")))


def limited(items: Iterator[Item], most: int) -> Iterator[Item]:
    """The first items, up to so many images; a video counts as one."""
    left = most
    for item in items:
        if left <= 0:
            return
        if item.kind == "parquet":
            item = item._replace(stop=min(item.stop, item.start + left))
            item = item._replace(weight=max(1, item.stop - item.start))
            left -= item.weight
        elif item.kind == "tar":
            count = tables.members(item.place, left)
            item = item._replace(stop=count, weight=max(1, count))
            left -= count
        else:
            left -= 1
        yield item
