"""`ferlite webcam`: follow the faces before a camera, live."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlencode

import typer

from ferlite.classify.labels import check_labels
from ferlite.cli import options
from ferlite.cli.interrupt import stoppable
from ferlite.cli.recording import (
    Csv,
    Json,
    NoFaces,
    Outputs,
    Parquet,
    Plot,
    Save,
    SummaryFile,
    summarize,
)
from ferlite.cli.serve import check_installed
from ferlite.cli.sources import Source
from ferlite.errors import FerliteError

if TYPE_CHECKING:
    from ferlite.faces.frame import Frame

PAGE_MODELS: Final = {
    "ferlite_m": "ferlite_m",
    "ferlite_s": "ferlite_s_int8",
    "ferlite_xs": "ferlite_xs_int8",
}
"""The models of the web page: the int8 form of each."""
PATIENCE: Final = 0.1
"""In seconds: so long a frame is waited for before keys and Ctrl-C are looked at."""


def webcam(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Option(
            metavar="N|DEVICE|ADDRESS|FILE",
            help="A camera's number, counted from 0; /dev/video0; an rtsp:// or http:// address; "
            "or a video, played at its own speed.",
        ),
    ] = "0",
    save: Save = None,
    csv: Csv = None,
    json: Json = None,
    parquet: Parquet = None,
    plot: Plot = None,
    no_faces: NoFaces = False,
    summary: SummaryFile = None,
    every: options.Every = 1,
    half_life: options.HalfLife = 0.3,
    people: options.People = "auto",
    model: options.Model = None,
    fast: options.Fast = False,
    detector: options.Detector = "blazeface",
    yunet: options.YuNet = None,
    labels: options.Labels = "auto",
    min_score: options.MinScore = None,
    min_size: options.MinSize = None,
    threads: Annotated[int, typer.Option(metavar="N", help="Threads to use.", min=1)] = 1,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser",
            help="Open ferlite's web page instead of a window, and let the browser read its own "
            "camera (needs ferlite[serve]).",
        ),
    ] = False,
) -> None:
    """Read the emotions before a camera, live in a window, until q, Esc or Ctrl-C.

    Without a screen, give --save, --csv or another file: then it records until Ctrl-C. A camera
    that is lost is waited for. Nothing leaves your machine.

    Examples:

        ferlite webcam

        ferlite webcam --source 1 --csv faces.csv

        ferlite webcam --browser

        ferlite webcam --source rtsp://192.168.1.20/stream --csv faces.csv
    """
    if browser:
        _open_page(context, options.chosen(model, fast), labels)
        return
    outputs = Outputs(save, csv, json, parquet, plot, summary, not no_faces)
    outputs.check()

    from ferlite.faces.timeline import Timeline
    from ferlite.media import window
    from ferlite.media.camera import Camera
    from ferlite.recognizer import EmotionRecognizer

    recorded = any((save, csv, json, parquet, plot, summary))
    if (why_none := window.why_none()) is not None and not recorded:
        raise FerliteError(
            f"{why_none}; give --save, --csv or another file to record without a window"
        )
    recognizer = EmotionRecognizer(
        options.chosen(model, fast),
        detector,  # type: ignore[arg-type]  # the recognizer itself refuses a wrong one
        threads=threads,
        yunet=yunet,
        labels=labels,  # type: ignore[arg-type]
        min_score=min_score,
        min_size=min_size,
    )
    tracker = recognizer.tracker(
        every=every,
        half_life=half_life,
        people=people,  # type: ignore[arg-type]  # the recognizer itself refuses a wrong one
    )
    classes = recognizer.classifier.classes
    with closing(Camera(source)) as camera:
        timeline = Timeline(camera.rate, classes)
        with (
            stoppable() as stopped,
            outputs.opened(classes) as recording,
            recording.video(Source(source, "camera"), timeline, camera.rate, threads=threads)
            as record,
            _shown(why_none is None) as show,
        ):  # fmt: skip
            if why_none is not None:
                print("ferlite: recording without a window; Ctrl-C ends it", file=sys.stderr)
            was_lost = False
            while not stopped():
                shot = camera.newest(PATIENCE)
                if camera.lost != was_lost:
                    was_lost = camera.lost
                    news = "is lost; waiting for it" if was_lost else "is back"
                    print(f"ferlite: {camera.name} {news}", file=sys.stderr)
                frame = None
                if shot is not None:
                    frame = tracker.update(shot.image_HWC, shot.time)
                    record(frame)
                if not show(frame) or (shot is None and camera.ended):
                    break
        if "-" not in (csv, json):
            summarize(camera.name, timeline)


def _open_page(context: typer.Context, model: str, labels: str) -> None:
    """Open the page with its camera on; it has what these options choose, and no others."""
    given = {
        name
        for name in context.params
        if (source := context.get_parameter_source(name)) is not None
        and source.name == "COMMANDLINE"
    }
    if others := given - {"browser", "model", "fast", "labels"}:
        name = min(others).replace("_", "-")
        raise FerliteError(
            f"--{name} does not go with --browser; the page has settings and a CSV download"
        )
    model = PAGE_MODELS.get(model, model)
    if model not in PAGE_MODELS.values():
        raise FerliteError(f"the page has the models {', '.join(PAGE_MODELS)}, not {model}")
    check_labels(labels)
    check_installed()
    from ferlite.serve.browser import open_page

    chosen = {"model": model, **({} if labels == "auto" else {"labels": labels})}
    open_page("camera&" + urlencode(chosen))


@contextmanager
def _shown(shown: bool) -> Iterator[Callable[["Frame | None"], bool]]:
    """A function that shows a frame, and says whether the person wants more."""
    if not shown:
        yield lambda frame: True
        return
    from ferlite.media.draw import annotate
    from ferlite.media.window import Window

    with closing(Window()) as window:
        yield lambda frame: window.show(
            None if frame is None else annotate(frame.image, frame.faces)
        )
