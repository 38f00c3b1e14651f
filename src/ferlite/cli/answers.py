"""Say what was found in pictures: as tables for people, as JSON or CSV for programs."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.faces.face import COLUMNS, Face
from ferlite.files import written_whole


class Answer(Protocol):
    """Takes what was found in one picture: its faces, or why it could not be read."""

    def __call__(self, name: str, faces: Sequence[Face], error: str | None) -> None:
        """Say it."""


@contextmanager
def as_tables() -> Iterator[Answer]:
    """A small table for each picture on standard output; errors on standard error."""
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
        for emotion in EMOTIONS:
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
def as_csv(file: str) -> Iterator[Answer]:
    """A CSV table in a file, or on standard output for `-`.

    A row for each face; a picture without faces, and one that could not be read, have a row too.
    The file appears when all is done.

    Raises:
        FerliteError: the file cannot be written.
    """
    with table_file(file) as stream:
        yield _rows(stream)


@contextmanager
def table_file(file: str) -> Iterator[TextIO]:
    """A text file that appears when all is written, or standard output for `-`.

    Raises:
        FerliteError: the file cannot be written.
    """
    if file == "-":
        yield sys.stdout
        return
    try:
        with (
            written_whole(Path(file)) as part,
            part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream,
        ):
            yield stream
    except OSError as error:
        raise FerliteError(f"{file}: cannot be written ({error.strerror})") from error


def _rows(stream: TextIO) -> Answer:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["image", *COLUMNS, "error"])

    def answer(name: str, faces: Sequence[Face], error: str | None) -> None:
        for face in faces:
            writer.writerow([name, *face.to_row(), ""])
        if not faces:
            writer.writerow([name, *[""] * len(COLUMNS), error or ""])

    return answer


def printable(text: str) -> str:
    """Text that is safe to print: a file name may hold line ends, escape codes or broken letters.

    >>> printable("a\\x1b[31m.jpg")
    'a\\\\x1b[31m.jpg'
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
