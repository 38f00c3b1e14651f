"""`ferlite predict`: read the faces in pictures."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ferlite.cli import options
from ferlite.cli.answers import as_csv, as_json, as_tables
from ferlite.cli.pictures import SUFFIXES, Copies, Picture, find
from ferlite.errors import FerliteError

if TYPE_CHECKING:
    from ferlite.faces.face import Face

Item = TypeVar("Item")


def predict(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE",
            help="Pictures, folders (with all their subfolders), or - for standard input.",
            show_default=False,
        ),
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print a JSON array with an object for each picture.")
    ] = False,
    csv: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write a row for each face to FILE; - prints them."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a copy of each picture with its faces marked."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Colour the copies that --save writes: red where the face speaks for the "
            "emotion, blue where against it.",
        ),
    ] = False,
    model: options.Model = None,
    fast: options.Fast = False,
    detector: options.Detector = "blazeface",
    yunet: options.YuNet = None,
    labels: options.Labels = "auto",
    min_score: options.MinScore = None,
    min_size: options.MinSize = None,
    margin: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Side of the crop over the longer side of the face's box "
            "(by default 1, the box itself).",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Pictures to read at the same time (by default one for each core).",
            min=1,
        ),
    ] = None,
    threads: Annotated[int, typer.Option(metavar="N", help="Threads for each picture.", min=1)] = 1,
) -> None:
    """Read the emotion of every face in pictures.

    A picture that cannot be read does not stop the others; the exit status is then 1.

    Examples:

        ferlite predict photo.jpg

        ferlite predict holiday/ --csv holiday.csv

        ferlite predict a.jpg b.jpg --save annotated/

        ferlite predict photo.jpg --explain --save why/

        ferlite predict photo.jpg --json | jq -r '.[].faces[].emotion'

        curl -s https://example.org/photo.jpg | ferlite predict -
    """
    if json and csv is not None:
        raise FerliteError("give --json or --csv, not both")
    if csv is not None and csv.lower().endswith(SUFFIXES):
        raise FerliteError(f"--csv {csv} is the name of a picture; put a file name after --csv")
    if explain and save is None:
        raise FerliteError("--explain colours the copies of the pictures; add --save DIR for them")
    pictures = find(images, skip=save)
    copies = Copies(save, pictures) if save is not None else None

    from ferlite.media.ahead import cores, in_threads
    from ferlite.reading import Readers, Setting

    setting = Setting(
        options.chosen(model, fast), detector, margin, threads, yunet, labels, explain,
        min_score, min_size,
    )  # fmt: skip
    at_once = min(jobs or cores(), len(pictures))
    readers = Readers(setting, len(pictures), at_once)

    def read(
        some: list[tuple[Picture, Path | None]],
    ) -> "list[tuple[str, list[Face], str | None]]":
        answers = iter(readers([(p.name, copy) for p, copy in some if p.error is None]))
        return [
            (p.name, [], p.error) if p.error is not None else (p.name, *next(answers))
            for p, _ in some
        ]

    output = as_json() if json else as_csv(csv) if csv is not None else as_tables()
    failed = False
    with (
        output as answer,
        _quiet_decoders(),
        closing(readers),
        closing(
            in_threads(read, _few(_placed(pictures, copies), readers.together), at_once)
        ) as parts,
        _progress(len(pictures)) as step,
    ):
        for name, faces, error in chain.from_iterable(parts):
            answer(name, faces, error)
            failed |= error is not None
            step()
    if failed:
        raise typer.Exit(1)


def _placed(
    pictures: list[Picture], copies: Copies | None
) -> Iterator[tuple[Picture, Path | None]]:
    """The pictures, and where their copies go: the same places, whichever is read first."""
    for picture in pictures:
        copy = None
        if copies is not None and picture.error is None:
            try:
                copy = copies.place(picture)
            except FerliteError as error:
                picture = picture._replace(error=str(error))
        yield picture, copy


def _few(items: Iterator[Item], count: int) -> Iterator[list[Item]]:
    """The items, `count` at a time."""
    while some := list(islice(items, count)):
        yield some


@contextmanager
def _quiet_decoders() -> Iterator[None]:
    """Keep libjpeg and libpng from writing to standard error; our own sentence says it better.

    They write past Python, so the process's own standard error leads nowhere meanwhile, and what
    Python writes goes to a copy of it. Who sets OPENCV_LOG_LEVEL wants to hear them.
    """
    if sys.stderr is None or "OPENCV_LOG_LEVEL" in os.environ:  # None: closed before we began
        yield
        return
    sys.stderr.flush()
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    with (
        open(os.dup(2), "w", buffering=1, encoding=encoding, errors=errors) as ours,
        open(os.devnull, "w") as nowhere,
    ):
        os.dup2(nowhere.fileno(), 2)
        try:
            with redirect_stderr(ours):
                yield
        finally:
            os.dup2(ours.fileno(), 2)


@contextmanager
def _progress(pictures: int) -> Iterator[Callable[[], None]]:
    """Show on standard error how far we are, unless the answers themselves do that."""
    if pictures < 2 or sys.stdout.isatty() or sys.stderr is None or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pictures", total=pictures)
        yield lambda: bar.advance(task)
