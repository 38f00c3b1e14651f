"""Images that lie in tables and archives: Parquet files and WebDataset tars."""

import tarfile
import zlib
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from ferlite.bulk import storage
from ferlite.bulk.storage import Place
from ferlite.errors import DataError
from ferlite.media.suffixes import IMAGES

ROWS_AT_ONCE: Final = 16
"""So many rows of a Parquet file are in memory at a time, each with an image."""
BUFFER: Final = 1 << 20
"""A column is read in pieces of so many bytes, not whole row groups at once."""
PATHS: Final = ("image", "path", "file", "filename", "file_name", "uri", "url", "image_path", "key")
"""A column of text with one of these names is taken for one of paths."""


def groups(where: Place, column: str | None) -> list[tuple[int, int]]:
    """The first row of each row group of a Parquet file, and the first after it.

    Raises:
        DataError: it cannot be read, or has no column of images.
    """
    try:
        with _opened(where) as file:
            image_column(file.schema_arrow, column, where.name)
            counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    except OSError as error:
        raise DataError(storage.sentence(error, where.name)) from error
    ends = list(accumulate(counts))
    return list(zip([0, *ends], ends, strict=False))


def rows(
    where: Place, column: str | None, start: int, stop: int
) -> Iterator[tuple[int, bytes | str | None]]:
    """The numbers of some rows of a Parquet file, and the image in each: its bytes or its path.

    Raises:
        DataError: as `groups`.
    """
    with _opened(where) as file:
        name = image_column(file.schema_arrow, column, where.name)
        first = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            if first < stop and start < first + count:
                yield from _rows_of_group(file, group, name, first, start, stop)
            first += count


def _rows_of_group(
    file: parquet.ParquetFile, group: int, name: str, first: int, start: int, stop: int
) -> Iterator[tuple[int, bytes | str | None]]:
    number = first
    for batch in file.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=[name]):
        if number >= stop:
            return
        if number + len(batch) > start:
            for offset, value in enumerate(batch.column(0)):
                if start <= number + offset < stop:
                    yield number + offset, content(value.as_py())
        number += len(batch)


def content(value: Any) -> Any:
    """Bytes or a path; datasets of Hugging Face have a struct of both."""
    if isinstance(value, dict):
        return value.get("bytes") or value.get("path")
    return value


def image_column(schema: pa.Schema, wanted: str | None, name: str) -> str:
    """Which column of a Parquet file holds the images.

    Raises:
        DataError: there is no such column, or it is not clear which.

    >>> image_column(pa.schema([("id", pa.int64()), ("jpg", pa.binary())]), None, "a.parquet")
    'jpg'
    """
    columns = {column.name: column.type for column in schema}
    if wanted is not None:
        if wanted not in columns:
            raise DataError(f"{name}: has no column {wanted}; it has {', '.join(columns)}")
        if not (_holds_bytes(columns[wanted]) or _is_text(columns[wanted])):
            raise DataError(f"{name}: its column {wanted} holds neither bytes nor paths")
        return wanted
    binary: list[str] = [each for each, kind in columns.items() if _holds_bytes(kind)]
    paths: list[str] = [
        each for each, kind in columns.items() if _is_text(kind) and each.lower() in PATHS
    ]
    for found in (binary, paths):
        if len(found) == 1:
            return found[0]
        if found:
            raise DataError(
                f"{name}: which column holds the images, {' or '.join(found)}? Give --image-column"
            )
    raise DataError(
        f"{name}: has no column of images; give --image-column, one of {', '.join(columns)}"
    )


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(
            field.name == "bytes" and _holds_bytes(field.type)
            for field in (kind.field(i) for i in range(kind.num_fields))
        )
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _opened(where: Place) -> parquet.ParquetFile:
    file_system, path = storage.opened(where)
    try:
        return parquet.ParquetFile(
            file_system.open_input_file(path), buffer_size=BUFFER, pre_buffer=False
        )
    except pa.ArrowInvalid as error:
        raise DataError(f"{where.name}: is no Parquet file, or is damaged") from error


def in_tar(where: Place, most: int) -> Iterator[tuple[str, bytes]]:
    """The names of the images in a tar, compressed or not, and their bytes.

    Args:
        where: the tar.
        most: how many to give; -1 for all.

    Raises:
        DataError: it is no tar, or breaks off; what came before it does has been given.
    """
    file_system, path = storage.opened(where)
    compressed = not path.lower().endswith(".tar")
    try:
        with (
            file_system.open_input_stream(path, compression=None, buffer_size=BUFFER) as stream,
            tarfile.open(fileobj=stream, mode="r|gz" if compressed else "r|") as tar,
        ):
            given = 0
            for member in tar:
                if given == most:
                    return
                if member.isfile() and member.name.lower().endswith(IMAGES):
                    file = tar.extractfile(member)
                    assert file is not None
                    data = file.read()
                    if len(data) < member.size:
                        raise tarfile.ReadError
                    yield member.name, data
                    given += 1
                tar.members = []  # type: ignore[attr-defined]  # of all that went by, it would remember the headers
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{where.name}: is no tar, or breaks off") from error


def members(where: Place, most: int) -> int:
    """How many images a tar holds, counted up to `most`."""
    try:
        return sum(1 for _ in in_tar(where, most))
    except (DataError, OSError):
        return most
