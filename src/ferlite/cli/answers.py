"""Say what was found in images: as tables for people, as JSON, CSV or Parquet for programs."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TextIO

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError, OutputError
from ferlite.faces.face import Face, columns
from ferlite.files import written_whole

_ROWS_AT_ONCE: Final = 10_000
"""So many rows of a Parquet table are kept before they are written."""


class Answer(Protocol):
    """Takes what was found in one image: its faces, or why it could not be read."""

    def __call__(self, name: str, faces: Sequence[Face], error: str | None) -> None:
        """Say it."""


@contextmanager
def as_tables() -> Iterator[Answer]:
    """A small table for each image on standard output; errors on standard error."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # File names are printed as they are: `[red].jpg` is a name, not a colour.
    console = Console(markup=False, highlight=False, emoji=False)
    console.width = max(console.width, 80)  # rather wrapped by the terminal than cut by us

    def answer(name: str, faces: Sequence[Face], error: str | None) -> None:
        if error is not None:
            print(f"ferlite: {printable(error)}", file=sys.stderr)
            return
        count = {0: "no face found", 1: "1 face"}.get(len(faces), f"{len(faces)} faces")
        title = Text.assemble((printable(name), "bold"), (f"  {count}", "dim"))
        console.print(title, soft_wrap=True)
        if not faces:
            return
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
        for column in ("face", "emotion"):
            table.add_column(column, no_wrap=True)
        for emotion in faces[0].probabilities:
            table.add_column(emotion, justify="right", no_wrap=True)
        for face in faces:
            x, y, w, h = face.box
            table.add_row(
                f"{x},{y} {w}×{h}",
                Text(face.emotion, style="bold green"),
                *(
                    Text(f"{p:.1%}", style="bold green" if e == face.emotion else "")
                    for e, p in face.probabilities.items()
                ),
            )
        console.print(table)

    yield answer


@contextmanager
def as_json() -> Iterator[Answer]:
    """One JSON array on standard output, closed even when the run is interrupted."""
    separator = "[\n"

    def answer(name: str, faces: Sequence[Face], error: str | None) -> None:
        nonlocal separator
        found = {"faces": [face.to_dict() for face in faces]} if error is None else {"error": error}
        print(separator + json.dumps({"image": name, **found}), end="", flush=True)
        separator = ",\n"

    try:
        yield answer
    finally:
        print("[]" if separator == "[\n" else "\n]", flush=True)


@contextmanager
def as_csv(file: str, classes: Sequence[str] = EMOTIONS) -> Iterator[Answer]:
    """A CSV table in a file, or on standard output for `-`.

    A row for each face; an image without faces, and one that could not be read, have a row too.
    The file appears when all is done. `classes` are what the network tells apart, a column each.

    Raises:
        OutputError: the file cannot be written.
    """
    with table_file(file) as stream:
        yield _rows(stream, columns(classes))


@contextmanager
def table_file(file: str) -> Iterator[TextIO]:
    """A text file that appears when all is written, or standard output for `-`.

    Raises:
        OutputError: the file cannot be written.
    """
    if file == "-":
        yield sys.stdout
        return
    check_writable(file)
    try:
        with (
            written_whole(Path(file)) as part,
            part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream,
        ):
            yield stream
    except OSError as error:
        raise OutputError(f"{file}: cannot be written ({error.strerror})") from error


@contextmanager
def as_parquet(file: str, classes: Sequence[str] = EMOTIONS) -> Iterator[Answer]:
    """A Parquet table in a file, with the rows and columns of the CSV table.

    What does not apply (the box of an image without faces, the error of one that was read) is null.
    The file appears when all is done.

    Raises:
        FerliteError: pyarrow is not installed.
        OutputError: the file cannot be written.
    """
    check_writable(file)
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise FerliteError("--parquet needs pyarrow: pip install pyarrow") from error
    names = columns(classes)
    kinds = {"x": pa.int64(), "y": pa.int64(), "w": pa.int64(), "h": pa.int64()}
    kinds["emotion"] = pa.string()
    schema = pa.schema(
        [
            ("image", pa.string()),
            *((column, kinds.get(column, pa.float64())) for column in names),
            ("error", pa.string()),
        ]
    )
    rows: list[list[object]] = []

    def answer(name: str, faces: Sequence[Face], error: str | None) -> None:
        for face in faces:
            rows.append([_utf8(name), *face.to_row(), None])
        if not faces:
            rows.append([_utf8(name), *[None] * len(names), error and _utf8(error)])
        if len(rows) >= _ROWS_AT_ONCE:
            write()

    try:
        with (
            written_whole(Path(file)) as part,
            part.open("wb") as stream,
            parquet.ParquetWriter(stream, schema) as writer,
        ):

            def write() -> None:
                columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
                arrays = [
                    pa.array(list(column), field.type)
                    for column, field in zip(columns, schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                rows.clear()

            yield answer
            write()
    except OSError as error:
        raise OutputError(f"{file}: cannot be written ({error.strerror})") from error


def check_writable(file: str) -> None:
    """Refuse what is no name of a file before any work is done for it.

    Raises:
        OutputError: it is a folder, or a file of Excel's.
    """
    if Path(file).is_dir():
        raise OutputError(f"{file}: is a folder; give the name of a file in it")
    if file.lower().endswith((".xlsx", ".xls", ".ods")):
        raise OutputError(f"{file}: ferlite writes no spreadsheets; write a .csv, which they open")


def _utf8(text: str) -> str:
    """The text, with letters that are none in UTF-8 (of broken file names) spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _rows(stream: TextIO, names: Sequence[str]) -> Answer:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["image", *names, "error"])

    def answer(name: str, faces: Sequence[Face], error: str | None) -> None:
        for face in faces:
            writer.writerow([name, *face.to_row(), ""])
        if not faces:
            writer.writerow([name, *[""] * len(names), error or ""])

    return answer


def printable(text: str) -> str:
    """Text that is safe to print: a file name may hold line ends, escape codes or broken letters.

    >>> printable("a\\x1b[31m.jpg")
    'a\\\\x1b[31m.jpg'
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
