"""FER2013 in every form people have it: the CSV, compressed or not, Kaggle's, and image folders."""

import gzip
import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.data.cache import cached
from ferlite.lab.data.dataset import SPLITS, FaceDataset

SIDE: Final = 48
"""FER2013's faces are SIDE × SIDE pixels."""

_COLUMNS: Final = ("emotion", "pixels", "usage")
_LABELS: Final = {str(code).encode(): code for code in range(len(EMOTIONS))}
_USAGES: Final = {
    b"Training": SPLITS.index("train"),
    b"PublicTest": SPLITS.index("validation"),
    b"PrivateTest": SPLITS.index("test"),
}
# Four times the longest possible row: what has no line end by then is no FER2013 table.
_LONGEST_LINE: Final = 16 * SIDE * SIDE

# What the decompressors raise for files that are cut short, damaged, encrypted or not theirs.
_UNREADABLE: Final = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
)


class _Lines(Protocol):
    def readline(self, size: int, /) -> bytes: ...


def load_fer2013(path: str | Path, *, cache: Path | None = None) -> FaceDataset:
    """Read FER2013 from a file or a folder."""
    path = Path(path)
    if not path.exists():
        raise FerliteError(f"{path}: no such file or folder")
    if path.is_dir():
        path = _table_in(path)
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FerliteError(f"{path}: cannot be read ({error.strerror})") from error
    return cached(lambda: _read_table(path), name="fer2013", sha256=sha256, folder=cache)


def _table_in(folder: Path) -> Path:
    """The one FER2013 table that lies directly in a folder."""
    files = sorted(p for p in folder.iterdir() if p.suffix in {".csv", ".xz", ".gz", ".zip"})
    tables = [file for file in files if _is_table(file)]
    if len(tables) == 1:
        return tables[0]
    if tables:
        names = ", ".join(file.name for file in tables)
        raise FerliteError(f"{folder}: holds several FER2013 files ({names}); give the one to read")
    raise FerliteError(f"{folder}: holds no FER2013")


def _is_table(path: Path) -> bool:
    try:
        with _opened(path) as stream:
            return _columns(stream) is not None
    except (FerliteError, *_UNREADABLE):
        return False


@contextmanager
def _opened(path: Path) -> Iterator[_Lines]:
    """The bytes of a table, decompressed as the file's first bytes say, whatever its name."""
    with path.open("rb") as file:
        magic = file.read(6)
        file.seek(0)
        if magic.startswith(b"\xfd7zXZ\0"):
            with lzma.open(file) as stream:
                yield stream
        elif magic.startswith(b"\x1f\x8b"):
            with gzip.open(file) as stream:
                yield stream
        elif magic.startswith(b"PK"):
            with zipfile.ZipFile(file) as archive, archive.open(_member(path, archive)) as stream:
                yield stream
        else:
            yield file


def _member(path: Path, archive: zipfile.ZipFile) -> str:
    """The one FER2013 table among the files of a zip archive."""
    tables = []
    for name in archive.namelist():
        if name.lower().endswith(".csv"):
            with archive.open(name) as stream:
                if _columns(stream) is not None:
                    tables.append(name)
    if len(tables) != 1:
        found = f"several FER2013 tables ({', '.join(tables)})" if tables else "no FER2013 table"
        raise FerliteError(f"{path}: this zip file holds {found}; it should hold one")
    return tables[0]


def _columns(stream: _Lines) -> tuple[int, int, int] | None:
    """Where emotion, pixels and usage stand in the header line; None if one is missing."""
    header = stream.readline(_LONGEST_LINE).decode("utf-8-sig", errors="replace")
    names = [name.strip(' "\r\n').lower() for name in header.split(",")]
    if not all(column in names for column in _COLUMNS):
        return None
    emotion, pixels, usage = (names.index(column) for column in _COLUMNS)
    return emotion, pixels, usage


def _read_table(path: Path) -> FaceDataset:
    images: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    splits: list[int] = []
    try:
        with _opened(path) as stream:
            columns = _columns(stream)
            if columns is None:
                raise FerliteError(
                    f"{path}: the first line does not name the columns emotion, pixels and Usage"
                )
            while line := stream.readline(_LONGEST_LINE):
                if not line.strip():
                    continue
                try:
                    image, label, split = _row(line, columns)
                except ValueError as error:
                    raise FerliteError(f"{path}: row {len(images) + 1} {error}") from None
                images.append(image)
                labels.append(label)
                splits.append(split)
    except _UNREADABLE as error:
        raise FerliteError(
            f"{path}: is cut short or damaged after row {len(images)} ({error})"
        ) from error
    if not images:
        raise FerliteError(f"{path}: has a header but no rows")
    return FaceDataset(
        name="fer2013",
        images_NHW=np.stack(images),
        labels_N=np.array(labels, dtype=np.int64),
        splits_N=np.array(splits, dtype=np.int8),
    )


def _row(line: bytes, columns: tuple[int, int, int]) -> tuple[NDArray[np.uint8], int, int]:
    """Image, label and split of one line. The ValueError's text goes on after "row 17 "."""
    fields = [field.strip(b' "\r\n') for field in line.split(b",")]
    if len(fields) <= max(columns):
        raise ValueError("lacks a column; the file may be cut short")
    emotion, pixels, usage = (fields[column] for column in columns)
    if emotion not in _LABELS:
        raise ValueError(f"has the emotion {_shown(emotion)}, which is none of 0 to 6")
    if usage not in _USAGES:
        raise ValueError(
            f"has the Usage {_shown(usage)}, which is none of Training, PublicTest, PrivateTest"
        )
    return _image(pixels), _LABELS[emotion], _USAGES[usage]


def _image(pixels: bytes) -> NDArray[np.uint8]:
    # fromstring is fast but lenient; of digits and blanks alone it can make nothing but numbers.
    if not pixels.translate(None, b"0123456789 "):
        values = np.fromstring(pixels, dtype=np.int64, sep=" ")
        if len(values) == SIDE * SIDE and values.max() <= 255:
            return values.astype(np.uint8).reshape(SIDE, SIDE)
    words = pixels.split()
    for word in words:
        if not word.isdigit():
            raise ValueError(f"has the pixel {_shown(word)}, which is no number from 0 to 255")
        if int(word) > 255:
            raise ValueError(f"has the pixel {_shown(word)}, which is over 255")
    raise ValueError(f"has {len(words)} pixels instead of {SIDE}×{SIDE} = {SIDE * SIDE}")


def _shown(field: bytes) -> str:
    """A field as an error message can show it: printable and short."""
    text = repr(field.decode("ascii", errors="replace"))
    return text if len(text) <= 32 else f"{text[:28]}…'"
