"""`ferlite models`: which models there are, what their cards say, and fetching one more."""

import json as json_module
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer

from ferlite import downloads
from ferlite.classify import zoo
from ferlite.downloads import DOWNLOADS, Progress

app = typer.Typer(no_args_is_help=True, help="The models of ferlite, and their cards.")

_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list")
def list_models(json: _Json = False) -> None:
    """List the emotion models and the detectors: how large, and how often right on photos.

    JSON has the cards of the emotion models.
    """
    cards = [zoo.card(name) for name in zoo.names()]
    if json:
        print(json_module.dumps(cards, indent=2, ensure_ascii=False))
        return
    # The default first, then from the best to the least.
    cards.sort(key=lambda card: (card["name"] != zoo.DEFAULT, -_on_photos(card)))
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("emotion model", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("on photos", justify="right", no_wrap=True)
    table.add_column("what it is")
    marks = {zoo.DEFAULT: " (the default)", zoo.FAST: " (--fast)"}
    for card in cards:
        photos = _on_photos(card)
        table.add_row(
            card["name"],
            _megabytes(card.get("bytes")),
            f"{photos:.1%}" if photos else "–",
            card.get("summary", "") + marks.get(card["name"], ""),
        )
    table.add_section()
    table.add_row("detector", "", "", "", style="bold")
    from ferlite.faces import blazeface

    detector = blazeface.card()
    table.add_row(
        detector["name"], _megabytes(detector["bytes"]), "", f"{detector['summary']} (the default)"
    )
    for name, download in DOWNLOADS.items():
        here = "is here" if downloads.is_there(name) else f"get it: ferlite models pull {name}"
        table.add_row(name, _megabytes(download.size), "", f"{download.summary} ({here})")
    # A card is somebody's text: its brackets are not colours.
    Console(markup=False, highlight=False, emoji=False).print(table)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See 'ferlite models list'.")],
    json: _Json = False,
) -> None:
    """Show a model's card: its data, accuracy, licence and limits, and its forbidden uses."""
    if name == "blazeface":
        from ferlite.faces import blazeface

        card = blazeface.card()
    else:
        card = asdict(DOWNLOADS[name]) if name in DOWNLOADS else zoo.card(name)
    if json:
        print(json_module.dumps(card, indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    from ferlite.cli.card import print_card

    # A card is somebody's text: its brackets are not colours.
    console = Console(markup=False, highlight=False, emoji=False)
    console.width = max(console.width, 80)  # rather wrapped by the terminal than cut by us
    print_card(card, card.get("name", name), console)


@app.command("pull")
def pull(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{' or '.join(DOWNLOADS)}.")],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL|FILE", help="Take it from there instead."),
    ] = None,
) -> None:
    """Fetch a file that is in no package, so that ferlite uses it from now on.

    The only command that uses the network. It goes on where it broke off, checks the file's
    SHA-256, and takes proxies from https_proxy and http_proxy. Files go into FERLITE_HOME, or the
    user's cache folder.

    Examples:

        ferlite models pull yunet

        ferlite models pull yunet --from face_detection_yunet_2023mar.onnx
    """
    if name in (*zoo.names(), "blazeface"):
        print(f"{name} comes with ferlite; there is nothing to fetch")
        return
    place = downloads.path(name)
    with _progress(name) as progress:
        fetched = downloads.pull(name, source, progress=progress)
    print(f"{name} is {'now' if fetched else 'already'} in {place}")


@contextmanager
def _progress(name: str) -> Iterator[Progress | None]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    columns = "{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size)


def _on_photos(card: dict[str, Any]) -> float:
    """How often a model is right on photos; 0 where nobody measured it."""
    accuracy: float = card.get("photos", {}).get("accuracy", 0.0)
    return accuracy


def _megabytes(size: int | None) -> str:
    return f"{size / 1e6:.1f} MB" if size else ""
