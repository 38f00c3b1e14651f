"""Say what was found in images: as tables for people, as JSON, CSV or Parquet for programs."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError, OutputError
from ferlite.faces.face import Face, columns
from ferlite.files import written_whole
from ferlite.media.suffixes import IMAGES, VIDEOS

if TYPE_CHECKING:
    from rich.console import Console

_ROWS_AT_ONCE: Final = 10_000
"""So many rows of a Parquet table are kept before they are written."""


_KINDS: Final = frozenset((".csv", ".json", ".jsonl", ".parquet", ".html", ".md", ".yaml"))
"""What tables are called by; each option writes one kind."""


class Answer(Protocol):
    """Takes what was found in one image: its faces, or why it could not be read."""

    def __call__(self, name: str, faces: Sequence[Face], error: str | None) -> None:
        """Say it."""


@contextmanager
def as_tables(names: Sequence[str], classes: Sequence[str] = EMOTIONS) -> Iterator[Answer]:
    """A table on standard output, its rows as images are read, without those that cannot be.

    Args:
        names: of the images; one alone stands above its table, several are its first column.
        classes: what the network tells apart, a column each.
    """
    from rich.console import Console

    # File names are printed as they are: `[red].jpg` is a name, not a colour.
    console = Console(markup=False, highlight=False, emoji=False)
    table = _Table(console, names, classes)

    def answer(name: str, faces: Sequence[Face], error: str | None) -> None:
        if error is None:
            table.add(printable(name), faces)

    yield answer


class _Table:
    """Rows of one width from the first on, so that none has to wait for the others."""

    BOX: Final = 19
    """The width of a box in pixels, such as 1234,1234 1234×1234."""
    SHORTEST: Final = 20
    """On a narrow terminal boxes are left out before names are shortened to this width."""

    def __init__(self, console: "Console", names: Sequence[str], classes: Sequence[str]) -> None:
        from rich.cells import cell_len

        self._console, self._classes, self._begun = console, classes, False
        self._name = max((cell_len(printable(name)) for name in names), default=0)
        self._several = len(names) > 1
        self._emotion = max(map(len, ("emotion", *classes)))
        self._box = self.BOX
        if self._several and console.is_terminal:
            room = console.width - self._emotion - 1 - sum(1 + max(5, len(c)) for c in classes)
            if room - 1 - self.BOX < min(self._name, self.SHORTEST):
                self._box = 0
            self._name = max(min(self._name, room - bool(self._box) - self._box), 1)

    def add(self, name: str, faces: Sequence[Face]) -> None:
        if not self._several:
            count = {0: "no face found", 1: "1 face"}.get(len(faces), f"{len(faces)} faces")
            self._print((name, "bold"), (f"  {count}", "dim"))
            name = ""
            self._box = max(4, *(len(_box(face)) for face in faces), 0)
        if not self._begun and (faces or self._several):
            self._begun = True
            shares = [f"{c:>{max(5, len(c))}}" for c in self._classes]
            self._print((" ".join([*self._left("image", "face", "emotion"), *shares]), "bold"))
        if not faces and self._several:
            self._print((" ".join(self._left(name, "", "no face found")), "dim"))
        for face in faces:
            *left, emotion = self._left(name, _box(face), face.emotion)
            parts: list[tuple[str, str]] = [(" ".join([*left, ""]), ""), (emotion, "bold green")]
            for c in self._classes:
                share = f" {percent(face.probabilities[c]):>{max(5, len(c))}}"
                parts.append((share, "bold green" if c == face.emotion else ""))
            self._print(*parts)

    def _left(self, name: str, box: str, emotion: str) -> list[str]:
        """The columns before the shares."""
        from rich.cells import cell_len, set_cell_size

        cells = []
        if self._several:
            while cell_len(name) > self._name:
                name = f"…{name[2:] if name[0] == '…' else name[1:]}"
            cells.append(set_cell_size(name, self._name))
        if self._box:
            cells.append(f"{box:<{self._box}}")
        return [*cells, f"{emotion:<{self._emotion}}"]

    def _print(self, *parts: tuple[str, str]) -> None:
        from rich.text import Text

        self._console.print(Text.assemble(*parts), soft_wrap=True)


def _box(face: Face) -> str:
    x, y, w, h = face.box
    return f"{x},{y} {w}×{h}"


def percent(share: float) -> str:
    """A probability for people, with a tenth; never more than 99.9%, as no answer is certain.

    >>> percent(0.123), percent(0.9999)
    ('12.3%', '99.9%')
    """
    return f"{min(share, 0.999):.1%}"


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
            why = error and _utf8(_without_name(error, name))
            rows.append([_utf8(name), *[None] * len(names), why])
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


def check_table(option: str, file: str) -> None:
    """Refuse a name that was meant for something else before it is written over.

    Raises:
        OutputError: it is that of an option, an image or a video.
    """
    if file != "-" and file.startswith("-"):
        raise OutputError(f"{option} {file}: is an option; put the name of a file after {option}")
    if file.lower().endswith((*IMAGES, *VIDEOS, ".svg", ".pdf")):
        raise OutputError(f"{option} {file} is no name for a table; give one after {option}")
    own, suffix = f".{option[2:]}", Path(file).suffix.lower()
    if suffix in _KINDS and not suffix.startswith(own):  # .jsonl is JSON, too
        raise OutputError(
            f"{option} {file}: {option} does not write {suffix} files; name it "
            f"{Path(file).with_suffix(own).name}"
        )


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
            writer.writerow([name, *[""] * len(names), _without_name(error or "", name)])

    return answer


def _without_name(error: str, name: str) -> str:
    """What is wrong with an image, in a row that has its name already."""
    return error.removeprefix(f"{name}: ").removeprefix("standard input: " if name == "-" else "")


def printable(text: str) -> str:
    """Text that is safe to print: a file name may hold line ends, escape codes or broken letters.

    >>> printable("a\\x1b[31m.jpg")
    'a\\\\x1b[31m.jpg'
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
