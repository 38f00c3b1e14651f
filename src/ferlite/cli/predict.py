"""`ferlite predict`: read the faces in images."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from warnings import catch_warnings, filterwarnings

import typer

from ferlite.cli import options
from ferlite.cli.answers import (
    as_csv,
    as_json,
    as_parquet,
    as_tables,
    check_table,
    printable,
)
from ferlite.cli.images import Copies, Named, find
from ferlite.errors import FerliteError

if TYPE_CHECKING:
    from ferlite.faces.face import Face

Item = TypeVar("Item")


def predict(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...",
            help="Images, folders (with all their subfolders), or - for standard input.",
            show_default=False,
        ),
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print a JSON array with an object for each image.")
    ] = False,
    csv: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write a row for each face to FILE; - prints them."),
    ] = None,
    parquet: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the same table as Parquet; needs pyarrow."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a copy of each image with its faces marked."),
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
            help="Images to read at the same time (by default one for each core).",
            min=1,
        ),
    ] = None,
    threads: Annotated[int, typer.Option(metavar="N", help="Threads for each image.", min=1)] = 1,
) -> None:
    """Read the emotion of every face in images.

    An image that cannot be read does not stop the others; the exit status is then 1.

    Examples:

        ferlite predict photo.jpg

        ferlite predict holiday/ --csv holiday.csv

        ferlite predict a.jpg b.jpg --save annotated/

        ferlite predict photo.jpg --explain --save why/

        ferlite predict photo.jpg --json | jq -r '.[].faces[].emotion'

        curl -s https://example.org/photo.jpg | ferlite predict -
    """
    if json + (csv is not None) + (parquet is not None) > 1:
        raise FerliteError("give only one of --json, --csv and --parquet")
    for option, file in (("--csv", csv), ("--parquet", parquet)):
        if file is not None:
            check_table(option, file)
    if json and (files := [name for name in images if name.endswith((".json", ".jsonl"))]):
        raise FerliteError(f"--json prints; to have it in a file, end with > {files[0]}")
    if save is not None and str(save).startswith("-"):
        raise FerliteError(f"--save {save}: is an option; put the name of a folder after --save")
    if explain and save is None:
        raise FerliteError("--explain colours the copies of the images; add --save DIR for them")
    if "-" in images and sys.stdin.isatty():
        raise FerliteError("standard input is the keyboard; pipe an image into 'ferlite predict -'")
    found = find(images, skip=save)
    copies = Copies(save, found.images) if save is not None else None

    from ferlite.media.ahead import cores, in_threads
    from ferlite.reading import Readers, Setting

    setting = Setting(
        options.chosen(model, fast), detector, margin, threads, yunet, labels, explain,
        min_score, min_size,
    )  # fmt: skip
    at_once = min(jobs or cores(), len(found.images))
    readers = Readers(setting, len(found.images), at_once)

    def read(
        some: list[tuple[Named, Path | None]],
    ) -> "list[tuple[str, list[Face], str | None]]":
        answers = iter(readers([(p.name, copy) for p, copy in some if p.error is None]))
        return [
            (p.name, [], p.error) if p.error is not None else (p.name, *next(answers))
            for p, _ in some
        ]

    output = (
        as_json()
        if json
        else as_csv(csv, readers.classes)
        if csv is not None
        else as_parquet(parquet, readers.classes)
        if parquet is not None
        else as_tables([image.name for image in found.images], readers.classes)
    )
    count = Counter[str](images=len(found.images))
    after: list[str] = []
    with (
        output as answer,
        _quiet(),
        closing(readers),
        closing(
            in_threads(read, _few(_placed(found.images, copies), readers.together), at_once)
        ) as parts,
        _progress(len(found.images)) as step,
    ):
        for name, faces, error in chain.from_iterable(parts):
            answer(name, faces, error)
            if error is not None:
                # The objects of a JSON array and sentences must not share lines.
                if json:
                    after.append(error)
                else:
                    _say(error)
            count["faces"] += len(faces)
            count["without"] += not faces and error is None
            count["failed"] += error is not None
            step()
    for sentence in after:
        _say(sentence)
    said = (
        _summary(count) if len(found.images) > 1 else None,
        *(f"written to {file}" for file in (csv, parquet) if file not in (None, "-")),
        found.says_what_was_left_out(),
    )
    if told := [part for part in said if part]:
        _say("; ".join(told))
    if count["failed"]:
        raise typer.Exit(1)


def _say(sentence: str) -> None:
    print(f"ferlite: {printable(sentence)}", file=sys.stderr)


def _summary(count: Counter[str]) -> str:
    """What was found in several images.

    >>> _summary(Counter(images=4, faces=1, without=2, failed=1))
    '4 images, 1 face, 2 images without one, 1 could not be read'
    """
    parts = [f"{count['images']} images", f"{count['faces']} face{'s' * (count['faces'] != 1)}"]
    if without := count["without"]:
        parts.append(f"{without} image{'s' * (without > 1)} without one")
    if failed := count["failed"]:
        parts.append(f"{failed} could not be read")
    return ", ".join(parts)


def _placed(images: list[Named], copies: Copies | None) -> Iterator[tuple[Named, Path | None]]:
    """The images, and where their copies go: the same places, whichever is read first."""
    for image in images:
        copy = None
        if copies is not None and image.error is None:
            try:
                copy = copies.place(image)
            except FerliteError as error:
                image = image._replace(error=str(error))
        yield image, copy


def _few(items: Iterator[Item], count: int) -> Iterator[list[Item]]:
    """The items, `count` at a time."""
    while some := list(islice(items, count)):
        yield some


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Pillow warns of damaged files to itself; our own sentence says it better."""
    with catch_warnings():
        filterwarnings("ignore", module="PIL")
        yield


@contextmanager
def _progress(images: int) -> Iterator[Callable[[], None]]:
    """Show on standard error how far we are, unless the answers themselves do that."""
    if images < 2 or sys.stdout.isatty() or sys.stderr is None or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("images", total=images)
        yield lambda: bar.advance(task)
