"""`ferlite video`: follow the faces of a film."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ferlite.classify import zoo
from ferlite.cli import options
from ferlite.cli.interrupt import stoppable
from ferlite.cli.recording import Outputs, summarize

if TYPE_CHECKING:
    from ferlite.faces.frame import Frame
    from ferlite.media.video import Video

INTERRUPTED: Final = 130
"""The exit status after Ctrl-C, as shells know it."""
COMPLETE: Final = 0.9
"""A film that ends before this part of the length that it says it has is told to be damaged."""


def video(
    film: Annotated[str, typer.Argument(metavar="FILM", help="Any film that FFmpeg reads.")],
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.mp4",
            help="Write the film with its faces marked, without sound "
            "(.mp4, .m4v, .mov, .mkv or .avi).",
        ),
    ] = None,
    csv: options.FacesCsv = None,
    plot: options.Plot = None,
    every: options.Every = 1,
    half_life: options.HalfLife = 0.3,
    people: options.People = "auto",
    model: options.Model = zoo.DEFAULT,
    detector: options.Detector = "auto",
    yunet: options.YuNet = None,
    labels: options.Labels = "auto",
    threads: Annotated[
        int, typer.Option(metavar="N", help="Threads for each step; the steps overlap.", min=1)
    ] = 1,
) -> None:
    """Read the emotions of everyone in a film, and follow each person through it.

    Ctrl-C stops after the frame at hand: what was written so far is finished and can be used, and
    the exit status is 130. It is 1 if the film breaks off before its end.

    Examples:

        ferlite video film.mp4

        ferlite video film.mp4 --save marked.mp4 --csv faces.csv --plot people.png

        ferlite video film.mp4 --csv - | head
    """
    outputs = Outputs(save, csv, plot)
    outputs.check(film)

    import cv2

    from ferlite.faces.timeline import Timeline, clock
    from ferlite.media.video import Video
    from ferlite.recognizer import EmotionRecognizer
    from ferlite.stream import read_video

    cv2.setNumThreads(threads)
    source = Video(Path(film))
    recognizer = EmotionRecognizer(
        model,
        detector,  # type: ignore[arg-type]  # the recognizer itself refuses a wrong one
        threads=threads,
        yunet=yunet,
        labels=labels,  # type: ignore[arg-type]
    )
    tracker = recognizer.tracker(
        every=every,
        half_life=half_life,
        people=people,  # type: ignore[arg-type]  # refused there if it is a wrong one
    )
    timeline = Timeline()
    end = 0.0
    with (
        closing(read_video(tracker, source)) as frames,
        stoppable() as stopped,
        outputs.opened(source.rate, timeline) as record,
        _progress(source) as show,
    ):
        for frame in frames:
            record(frame)
            show(frame)
            end = frame.time + 1 / source.rate
            if stopped():
                break
    if csv != "-":
        summarize(film, timeline)
    if stopped():
        print(f"ferlite: stopped at {clock(end)} of the film", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)
    length = source.count / source.rate if source.count is not None else 0.0
    if end < COMPLETE * length:
        print(
            f"ferlite: {film}: breaks off after {end:.1f} of {length:.1f} seconds; "
            "it is damaged or incomplete",
            file=sys.stderr,
        )
        raise typer.Exit(1)


@contextmanager
def _progress(source: "Video") -> Iterator[Callable[["Frame"], None]]:
    """A bar on standard error with frames a second and how many times faster than the film."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda frame: None
        return
    from time import monotonic

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from ferlite.faces.timeline import clock

    bar = Progress(
        TextColumn("{task.fields[at]}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("film", total=source.count, at="0:00", speed="")
        began = shown = monotonic()

        def show(frame: "Frame") -> None:
            nonlocal shown
            now = monotonic()
            if now - shown < 0.1:
                return
            shown = now
            rate, times = (frame.index + 1) / (now - began), frame.time / (now - began)
            speed = f"{rate:.0f} frames/s, {times:.1f}× real time"
            bar.update(task, completed=frame.index + 1, at=clock(frame.time), speed=speed)

        yield show
        bar.update(task, completed=source.count)
