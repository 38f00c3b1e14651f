"""`ferlite video`: follow the faces of videos."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

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
    overview,
    summarize,
)
from ferlite.cli.sources import Source, find, seconds
from ferlite.errors import VideoError

if TYPE_CHECKING:
    from ferlite.faces.frame import Frame
    from ferlite.media.video import Video


def video(
    videos: Annotated[
        list[str],
        typer.Argument(
            metavar="VIDEO|FOLDER...",
            help="Videos that FFmpeg reads, folders of them, or - for standard input.",
        ),
    ],
    save: Save = None,
    csv: Csv = None,
    json: Json = None,
    parquet: Parquet = None,
    plot: Plot = None,
    no_faces: NoFaces = False,
    summary: SummaryFile = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Begin there (seconds, or 1:30).")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="End there (seconds, or 1:30).")
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(metavar="N", help="Read only so many frames a second; by default all."),
    ] = None,
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
    threads: Annotated[
        int, typer.Option(metavar="N", help="Threads for each step; the steps overlap.", min=1)
    ] = 1,
) -> None:
    """Read the emotions of everyone in a video, and follow each person through it.

    A video that cannot be read does not stop the others; the exit status is 1 then. Of one that is
    damaged, what can be read is. Ctrl-C stops after the frame at hand: what was written so far is
    finished and can be used, and the exit status is 130.

    Examples:

        ferlite video video.mp4

        ferlite video video.mp4 --save marked.mp4 --csv faces.csv --plot people.png

        ferlite video videos/ --csv faces.csv --summary people.csv

        ferlite video video.mp4 --start 1:30 --end 2:00 --fps 5 --csv - | head
    """
    several = len(videos) > 1 or any(Path(each).is_dir() for each in videos)
    outputs = Outputs(save, csv, json, parquet, plot, summary, not no_faces, several)
    sources = find(videos, skip=outputs.folders())
    if len(sources) == 1 and sources[0].error is not None:
        raise VideoError(sources[0].error)
    outputs.check(sources)
    first, last = seconds(start, "--start"), seconds(end, "--end")

    from ferlite.faces.timeline import Timeline, clock
    from ferlite.media.video import Video
    from ferlite.recognizer import EmotionRecognizer
    from ferlite.stream import read_video

    def open_(source: Source) -> Video:
        if source.error is not None:
            raise VideoError(source.error)
        return Video(source.name, start=first or 0.0, end=last, fps=fps, threads=threads)

    # What cannot be read is said before the model is loaded, if there is nothing else to read.
    ready = None if several else open_(sources[0])
    recognizer = EmotionRecognizer(
        options.chosen(model, fast),
        detector,  # type: ignore[arg-type]  # the recognizer itself refuses a wrong one
        threads=threads,
        yunet=yunet,
        labels=labels,  # type: ignore[arg-type]
        min_score=min_score,
        min_size=min_size,
    )
    classes = recognizer.classifier.classes
    results: dict[str, Timeline | None] = {}
    quiet = "-" in (csv, json)
    with (
        stoppable() as stopped,
        outputs.opened(classes) as recording,
        _progress() as progress,
    ):
        for number, source in enumerate(sources, start=1):
            if stopped():
                break
            results[source.name] = None
            try:
                opened = ready or open_(source)
            except VideoError as error:
                if not several:
                    raise
                print(f"ferlite: {error}", file=sys.stderr)
                continue
            timeline = results[source.name] = Timeline(opened.rate, classes, opened.end)
            tracker = recognizer.tracker(
                every=every,
                half_life=half_life,
                people=people,  # type: ignore[arg-type]  # the recognizer itself refuses a wrong one
            )
            with (
                closing(read_video(tracker, opened)) as frames,
                recording.video(source, timeline, opened.rate, opened, threads) as record,
                progress(opened, f"{number}/{len(sources)}" if several else "") as show,
            ):
                for frame in frames:
                    record(frame)
                    show(frame)
                    if stopped():
                        break
            if opened.damage is not None:
                print(f"ferlite: {opened.damage}", file=sys.stderr)
            if not quiet:
                summarize(source.name, timeline)
            if stopped():
                at = clock(timeline.end)
                print(f"ferlite: stopped at {at} of {source.name}", file=sys.stderr)
    if several and not quiet:
        overview(results)
    if stopped():
        raise typer.Exit(options.INTERRUPTED)
    if None in results.values():
        raise typer.Exit(1)


Show = Callable[["Frame"], None]
"""Takes the frame that has been read."""


@contextmanager
def _progress() -> Iterator[Callable[["Video", str], AbstractContextManager[Show]]]:
    """A bar on standard error for each video, with frames a second and how much faster that is."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda video, number: nullcontext(lambda frame: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.fields[number]}"),
        TextColumn("{task.fields[at]}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )

    @contextmanager
    def progress(video: "Video", number: str) -> Iterator[Show]:
        from ferlite.faces.timeline import clock

        task = bar.add_task("video", total=video.count, number=number, at="0:00", speed="")
        began = shown = monotonic()

        def show(frame: "Frame") -> None:
            nonlocal shown
            now = monotonic()
            if now - shown < 0.1:
                return
            shown = now
            rate = (frame.index + 1) / (now - began)
            times = (frame.time - video.start) / (now - began)
            speed = f"{rate:.0f} frames/s, {times:.1f}× real time"
            bar.update(task, completed=frame.index + 1, at=clock(frame.time), speed=speed)

        yield show
        bar.remove_task(task)

    with bar:
        yield progress
