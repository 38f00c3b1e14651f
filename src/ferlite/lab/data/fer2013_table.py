"""FER2013 as a CSV table with a row per face: plain or as xz, gzip or zip, Kaggle's two spellings.

A row is the code of the emotion, 48×48 gray values with blanks between them, and the split.
"""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS
from ferlite.errors import DataError, FerliteError
from ferlite.lab.data.dataset import SPLITS, FaceDataset

SIDE: Final = 48
"""FER2013's faces are SIDE × SIDE pixels."""

USAGES: Final = {
    "Training": SPLITS.index("train"),
    "PublicTest": SPLITS.index("validation"),
    "PrivateTest": SPLITS.index("test"),
}
"""FER2013's names for the splits, as indices into `SPLITS`."""

# The rows are read as bytes: decoding 300 MB to text first would double the time.
CODES: Final = {str(code).encode(): code for code in range(len(EMOTIONS))}
"""FER2013's codes of the emotions, as they stand in the file, and the labels they mean."""

_USAGES: Final = {usage.encode(): split for usage, split in USAGES.items()}
_BLANKS: Final = b" \t\r\n\v\f"
# Several times the longest row: what has no line end by then is no FER2013, and may be huge.
_LONGEST_LINE: Final = 16 * SIDE * SIDE

# What the decompressors raise for files that are cut short, damaged, encrypted or not theirs.
_UNREADABLE: Final = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
)


class Row(NamedTuple):
    """One face of a table: uint8 (48, 48) image, label, index into `SPLITS`."""

    image_HW: NDArray[np.uint8]
    label: int
    split: int


class _Lines(Protocol):
    def readline(self, size: int, /) -> bytes: ...


def find(folder: Path) -> list[Path]:
    """The FER2013 tables that lie directly in a folder, told by their header lines."""
    suffixes = {".csv", ".xz", ".gz", ".zip"}
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in suffixes and path.is_file() and is_table(path)
    ]


def read(path: Path) -> FaceDataset:
    """Read FER2013 from its table.

    Raises:
        FerliteError: the file is no such table, is damaged, or a row of it is wrong.
    """
    return dataset("fer2013", list(rows(path)))


def dataset(name: str, rows: Sequence[Row]) -> FaceDataset:
    """The rows of a table, one or more, as arrays."""
    return FaceDataset(
        name=name,
        images_NHW=np.stack([row.image_HW for row in rows]),
        labels_N=np.array([row.label for row in rows], dtype=np.int64),
        splits_N=np.array([row.split for row in rows], dtype=np.int8),
    )


def rows(path: Path, codes: Mapping[bytes, int] = CODES) -> Iterator[Row]:
    """The rows of a table; the first bytes of the file, not its name, say how it is compressed.

    Args:
        path: the file.
        codes: what stands in the column emotion, and the label that it means.

    Raises:
        FerliteError: the file is no such table, has no rows, is damaged, or a row of it is wrong.
    """
    count = 0
    try:
        with _opened(path) as lines:
            columns = _columns(lines)
            if columns is None:
                check_usage(path)
                raise FerliteError(
                    f"{path}: is no FER2013 table, for its first line does not name the columns "
                    "emotion, pixels and Usage"
                )
            while line := lines.readline(_LONGEST_LINE):
                if not line.strip():
                    continue
                try:
                    row = _row(line, columns, codes)
                except ValueError as wrong:
                    raise FerliteError(f"{path}: row {count + 1} {wrong}") from None
                count += 1
                yield row
    except _UNREADABLE as error:
        raise FerliteError(
            f"{path}: is cut short or damaged after row {count} ({error})"
        ) from error
    if not count:
        raise FerliteError(f"{path}: has a header but no rows; the file may be cut short")


def is_table(path: Path) -> bool:
    """Whether a file's first line names the columns emotion, pixels and Usage."""
    try:
        with _opened(path) as lines:
            return _columns(lines) is not None
    except (FerliteError, *_UNREADABLE):
        return False


def check_usage(path: Path) -> None:
    """Say what to do with Kaggle's train.csv, which lacks a column.

    Raises:
        DataError: the first line names emotion and pixels, and no Usage.
    """
    try:
        with _opened(path) as lines:
            names = _names(lines)
    except (FerliteError, *_UNREADABLE):
        return
    if {"emotion", "pixels"} <= set(names) and "usage" not in names:
        raise DataError(
            f"{path}: lacks the column Usage, which says what each row is for; take Kaggle's "
            "icml_face_data.csv, which has it, or add it, with Training, PublicTest or PrivateTest "
            "in each row"
        )


@contextmanager
def _opened(path: Path) -> Iterator[_Lines]:
    """The lines of a table, decompressed as the file's first bytes ask for."""
    with path.open("rb") as file:
        magic = file.read(6)
        file.seek(0)
        if magic.startswith(b"\xfd7zXZ\0"):
            with lzma.open(file) as lines:
                yield lines
        elif magic.startswith(b"\x1f\x8b"):
            with gzip.open(file) as lines:
                yield lines
        elif magic.startswith(b"PK"):
            with zipfile.ZipFile(file) as archive, archive.open(_member(path, archive)) as lines:
                yield lines
        else:
            yield file


def _member(path: Path, archive: zipfile.ZipFile) -> str:
    """The one FER2013 table in a zip archive, which may hold other files as Kaggle's does."""
    tables = []
    for name in archive.namelist():
        if name.lower().endswith(".csv"):
            with archive.open(name) as lines:
                if _columns(lines) is not None:
                    tables.append(name)
    if len(tables) == 1:
        return tables[0]
    if tables:
        raise FerliteError(
            f"{path}: holds several FER2013 tables ({', '.join(tables)}); unpack one"
        )
    raise FerliteError(
        f"{path}: holds no CSV file with the columns emotion, pixels and Usage; if it holds "
        "images, unpack it and give the folder"
    )


def _columns(lines: _Lines) -> tuple[int, int, int] | None:
    """Where emotion, pixels and Usage stand in the header line; None if it lacks one."""
    names = _names(lines)
    if not {"emotion", "pixels", "usage"} <= set(names):
        return None
    return names.index("emotion"), names.index("pixels"), names.index("usage")


def _names(lines: _Lines) -> list[str]:
    """The names of the columns in the header line."""
    header = lines.readline(_LONGEST_LINE).decode("utf-8-sig", errors="replace")
    return [name.strip(' "\r\n').lower() for name in header.split(",")]


def _row(line: bytes, columns: tuple[int, int, int], codes: Mapping[bytes, int]) -> Row:
    """What one line says; a ValueError tells what is wrong, after "row 17 "."""
    fields = [field.strip(_BLANKS + b'"') for field in line.split(b",")]
    if len(fields) <= max(columns):
        raise ValueError("lacks a column; the file may be cut short")
    emotion, pixels, usage = (fields[column] for column in columns)
    if emotion not in codes:
        raise ValueError(
            f"has the emotion {_shown(emotion)}, which is none of 0 to {len(codes) - 1}"
        )
    if usage not in _USAGES:
        raise ValueError(f"has the Usage {_shown(usage)}, which is none of {', '.join(USAGES)}")
    return Row(_image(pixels), codes[emotion], _USAGES[usage])


def _image(pixels: bytes) -> NDArray[np.uint8]:
    # fromstring is fast but lenient; digits and blanks are all that it cannot misread.
    if not pixels.translate(None, b"0123456789" + _BLANKS):
        values = np.fromstring(pixels, dtype=np.int64, sep=" ")
        if len(values) == SIDE * SIDE and values.max() <= 255:
            return values.astype(np.uint8).reshape(SIDE, SIDE)
    words = pixels.split()
    for word in words:
        if not word.isdigit():
            raise ValueError(f"has the pixel {_shown(word)}, which is no number from 0 to 255")
        if len(word.lstrip(b"0")) > 3 or int(word[-3:]) > 255:
            raise ValueError(f"has the pixel {_shown(word)}, which is over 255")
    raise ValueError(f"has {len(words)} pixels instead of {SIDE}×{SIDE} = {SIDE * SIDE}")


def _shown(field: bytes) -> str:
    """A field as an error message can show it: printable and short."""
    text = field[:24].decode("ascii", errors="replace")
    return repr(text + "…" if len(field) > 24 else text)
