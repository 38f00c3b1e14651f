"""Lists of rows that should not be learned from: what `ferlite audit` writes and recipes read.

A list is a CSV file: a comment that says which dataset it is of, the header `row,reason,detail`,
and a line for each reason that a row has. Only the row numbers are read, so a bare list of numbers
will do as well. Row 0 is the first image, as in numpy and in the names of FER+'s images.
"""

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset

_SHA256: Final = re.compile(r"sha256 ([0-9a-f]{64})")
_DIGITS: Final = re.compile(r"[0-9]{1,18}")


class Exclusion(NamedTuple):
    """A row, a word for why it should not be used, and what was seen."""

    row: int
    reason: str
    detail: str


def write_exclusions(path: Path, exclusions: Iterable[Exclusion], dataset: FaceDataset) -> None:
    """Write a list of rows of a dataset; see the top of this file.

    >>> import tempfile
    >>> faces = FaceDataset(
    ...     "made", np.zeros((9, 48, 48), np.uint8), np.zeros(9, np.int64), np.zeros(9, np.int8)
    ... )
    >>> file = Path(tempfile.mkdtemp()) / "exclude.csv"
    >>> write_exclusions(file, [Exclusion(7, "blank", "all pixels are 0")], faces)
    >>> read_exclusions(file, faces)
    array([7])
    """
    with written_whole(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# rows of {dataset.name}, counted from 0; sha256 {dataset.sha256}\n")
        # Quotes keep a reason that holds a line end in one line of the table.
        lines = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        lines.writerow(Exclusion._fields)
        lines.writerows(exclusions)


def read_exclusions(path: str | Path, dataset: FaceDataset) -> NDArray[np.int64]:
    """The row numbers in a list, ascending, each once.

    Args:
        path: a file that `write_exclusions` wrote, or that holds a row number on every line.
        dataset: what the rows are of. One with other images, labels or splits than the list was
            made for is refused, for the numbers would mean other faces.

    Raises:
        FerliteError: no such file, not such a list, a row that the dataset does not have, or a
            list of another dataset.
    """
    path = Path(path)
    rows = set()
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            lines = csv.reader(file)
            for fields in lines:
                word = fields[0].strip() if fields else ""
                if word.startswith("#"):
                    _check_made_for(path, ",".join(fields), dataset)
                elif word and word != "row":
                    if not _DIGITS.fullmatch(word) or int(word) >= len(dataset):
                        raise FerliteError(
                            f"{path}: line {lines.line_num} has {word[:24]!r}, which is no row "
                            f"number from 0 to {len(dataset) - 1}"
                        )
                    rows.add(int(word))
    except OSError as error:
        raise FerliteError(f"{path}: cannot be read ({error.strerror})") from error
    except csv.Error as error:
        raise FerliteError(f"{path}: is no list of rows ({error})") from error
    return np.array(sorted(rows), dtype=np.int64)


def exclude(dataset: FaceDataset, rows: NDArray[np.int64]) -> FaceDataset:
    """The dataset without these rows, in the same order.

    >>> images_NHW = np.zeros((3, 48, 48), np.uint8)
    >>> faces = FaceDataset("made", images_NHW, np.array([3, 4, 5]), np.zeros(3, np.int8))
    >>> exclude(faces, np.array([1])).labels_N.tolist()
    [3, 5]
    """
    keep_N = np.ones(len(dataset), dtype=bool)
    keep_N[rows] = False
    return dataset.take(keep_N)


def _check_made_for(path: Path, comment: str, dataset: FaceDataset) -> None:
    made_for = _SHA256.search(comment)
    if made_for and made_for[1] != dataset.sha256:
        raise FerliteError(
            f"{path}: lists rows of other data than this {dataset.name}; "
            "make the list anew with: ferlite audit DATA --out DIR"
        )
