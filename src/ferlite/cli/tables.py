"""Tables of what moves: a row for each face in each frame, as CSV, JSON Lines or Parquet."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ferlite.cli.answers import table_file
from ferlite.errors import OutputError

ROW_GROUP: Final = 10_000
"""So many rows are kept before Parquet's are written together."""

Add = Callable[[Sequence[Any]], None]
"""Takes a row, in the order of the columns."""


@contextmanager
def csv_table(file: str, names: Sequence[str]) -> Iterator[Add]:
    """A CSV table in a file, or on standard output for `-`; what is None is left empty.

    Raises:
        OutputError: the file cannot be written.
    """
    with table_file(file) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        yield writer.writerow


@contextmanager
def json_table(file: str, names: Sequence[str]) -> Iterator[Add]:
    """JSON Lines in a file, or on standard output for `-`: an object for each row.

    Raises:
        OutputError: the file cannot be written.
    """
    with table_file(file) as stream:

        def add(row: Sequence[Any]) -> None:
            stream.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")

        yield add


def check_parquet() -> None:
    """Refuse to write Parquet without pyarrow.

    Raises:
        OutputError: it is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise OutputError(
            "--parquet needs pyarrow, which is not installed: pip install pyarrow"
        ) from error


@contextmanager
def parquet_table(file: str, names: Sequence[str]) -> Iterator[Add]:
    """A Parquet table in a file; what is None is null.

    Raises:
        OutputError: the file cannot be written, or pyarrow is not installed.
    """
    check_parquet()
    import pyarrow
    import pyarrow.parquet

    from ferlite.files import written_whole

    whole, text = ("frame", "person", "track_id", "x", "y", "w", "h"), ("video", "emotion")
    schema = pyarrow.schema(
        [
            (name, pyarrow.int64() if name in whole else pyarrow.string() if name in text else
             pyarrow.float64())
            for name in names
        ]
    )  # fmt: skip
    waiting: list[Sequence[Any]] = []
    try:
        with (
            written_whole(Path(file)) as part,
            pyarrow.parquet.ParquetWriter(part, schema) as writer,
        ):

            def flush() -> None:
                if waiting:
                    data = [list(column) for column in zip(*waiting, strict=True)]
                    writer.write_table(pyarrow.table(data, schema=schema))
                    waiting.clear()

            def add(row: Sequence[Any]) -> None:
                waiting.append(row)
                if len(waiting) >= ROW_GROUP:
                    flush()

            yield add
            flush()
    except OSError as error:
        raise OutputError(f"{file}: cannot be written ({error.strerror or error})") from error
