"""`ferlite label`: read the faces of archives, on many cores or machines."""

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ferlite.cli import options
from ferlite.errors import FerliteError, ModelError

if TYPE_CHECKING:
    from ferlite.bulk.job import Job
    from ferlite.bulk.plan import Plan

NEEDS: Final = ("ray", "pyarrow")
SAY_EVERY: Final = 30.0
"""Seconds between two lines about how far we are, where nobody looks at a terminal."""
BASIS: Final = 10.0
"""Seconds of work from which the time that is left is estimated."""
SHOWN: Final = 10
"""So many of the files that would be read are shown on a terminal."""


def label(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Images, videos, Parquet files, tars, folders and quoted globs of them; on this "
            "disk or at s3://, gs://, abfs:// or hdfs://.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str,
        typer.Option(metavar="FOLDER", help="Where the results go; an address, too."),
    ],
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="A Ray cluster to run on (by default RAY_ADDRESS, or the cores of this machine).",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Cores to use (by default all).", min=1)
    ] = None,
    shard: Annotated[
        str,
        typer.Option(metavar="I/N", help="Do the I-th of N shares; all share one --out."),
    ] = "1/1",
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", help="The first N images only; a video counts as one.", min=1),
    ] = None,
    sample: Annotated[
        float,
        typer.Option(metavar="X", help="Only this share of the images (0 to 1).", min=0),
    ] = 1.0,
    columns: Annotated[
        str | None,
        typer.Option(metavar="A,B,...", help="Write these columns (by default all)."),
    ] = None,
    image_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of Parquet files, the column of the images' bytes or paths.",
        ),
    ] = None,
    fps: Annotated[
        float,
        typer.Option(metavar="N", help="Frames that are read for each second of a video."),
    ] = 1.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be read, and stop.")
    ] = False,
    model: options.Model = None,
    fast: options.Fast = False,
    detector: options.Detector = "blazeface",
    yunet: options.YuNet = None,
    labels: options.Labels = "auto",
    min_score: options.MinScore = None,
    min_size: options.MinSize = None,
) -> None:
    """Read the emotion of every face in an archive, into a table of Parquet files.

    Stopped, killed or cut off, it goes on where it was: give the same command again. An image that
    cannot be read has a row that says why; one that kills the process which reads it three times,
    too. The exit status is 0 all the same. _summary.json in the results appears when all is done.

    Examples:

        ferlite label photos/ --out faces/

        ferlite label 's3://archive/2024/*.tar' --out s3://results/2024 --address auto

        ferlite label images.parquet --image-column jpg --out faces/ --limit 1000
    """
    if missing := [name for name in NEEDS if importlib.util.find_spec(name) is None]:
        raise FerliteError(
            f"'ferlite label' needs {' and '.join(missing)}: pip install 'ferlite[bulk]'"
        )
    if not 0 < sample <= 1:
        raise FerliteError(f"--sample {sample:g}: give a share of more than 0 and at most 1")
    if not 0 < fps < 1000:
        raise FerliteError(f"--fps {fps:g}: give a number of frames more than 0")
    share = _shard(shard)

    import ferlite.bulk  # noqa: F401  # Ray must not report to its makers
    from ferlite.bulk import rows, storage
    from ferlite.bulk.contents import Contents
    from ferlite.bulk.job import Job, run
    from ferlite.bulk.sources import Sources
    from ferlite.recognizer import EmotionRecognizer

    destination = storage.place(out)
    recognizer = {
        "model": options.chosen(model, fast),
        "detector": detector,
        "labels": labels,
        "min_score": min_score,
        "min_size": min_size,
        "yunet": yunet and yunet.absolute(),
    }
    wanted = None if columns is None else [name.strip() for name in columns.split(",")]
    job = Job(
        Sources(sources, image_column, skip=destination),
        destination,
        recognizer,
        Contents(image_column, fps, sample),
        wanted,
        limit,
    )
    if dry_run:
        _print(job, share)
        return
    # What is wrong with the options is said here, before any machine is asked.
    classifier = EmotionRecognizer(**recognizer).classifier  # type: ignore[arg-type]
    rows.schema(classifier.classes, wanted)
    named = {"name": classifier.name, "labels": classifier.labels, "sha256": _sha256(recognizer)}

    with _progress() as progress:
        try:
            summary = run(
                job, named, address=address, workers=workers, shard=share, begun=progress.begin
            )
        except KeyboardInterrupt:
            progress.close()
            print(
                "ferlite: stopped; the same command goes on with what is missing", file=sys.stderr
            )
            raise typer.Exit(options.INTERRUPTED) from None
    if summary is None:
        print(f"share {shard} of {out} is done; parts of others are missing")
        return
    _say_left_out(job)
    unreadable = f", {summary['unreadable']:,} unreadable" if summary["unreadable"] else ""
    print(
        f"{summary['images']:,} images, {summary['faces']:,} faces, "
        f"{summary['without_face']:,} without a face{unreadable}: {out}"
        + ("" if progress.parts else "; nothing was left to do")
    )


def _shard(text: str) -> tuple[int, int]:
    """Which of how many shares.

    >>> _shard("2/10")
    (2, 10)
    """
    first, _, second = text.partition("/")
    if first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise FerliteError(f"--shard {text}: give which of how many, as 2/10")


def _sha256(recognizer: Mapping[str, Any]) -> str:
    import hashlib

    from ferlite.classify import zoo

    try:
        return hashlib.sha256(zoo.path(recognizer["model"]).read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{recognizer['model']}: cannot be read ({error.strerror})") from error


def _print(job: "Job", shard: tuple[int, int]) -> None:
    """What would be read of a job, a line for each file or piece of one; few on a terminal."""
    from itertools import islice

    from ferlite.bulk import plan

    shown = SHOWN if sys.stdout.isatty() else sys.maxsize
    files = images = 0
    for part in islice(plan.parts_of(job.items()), shard[0] - 1, None, shard[1]):
        for item in part:
            rows = f" rows {item.start}-{item.stop - 1}" if item.kind == "parquet" else ""
            if files < shown:
                print(f"{item.kind}\t{item.place.name}{rows}")
            files += 1
            images += item.weight
    if files > shown:
        print(f"… and {files - shown:,} more")
    _say_left_out(job)
    print(f"ferlite: {files:,} items, about {images:,} images", file=sys.stderr)


def _say_left_out(job: "Job") -> None:
    if left_out := job.sources.left_out["other"]:
        files = "1 file" if left_out == 1 else f"{left_out:,} files"
        print(f"ferlite: {files} left out: no images, videos or tables", file=sys.stderr)


class _Progress:
    """Says on standard error how far a job is: a bar, or now and then a line.

    Attributes:
        parts: how many there were to do.
    """

    def __init__(self) -> None:
        self.parts = 0
        self._bar: Any = None
        self._pace = _Pace()

    def begin(self, plan: "Plan", parts: list[int]) -> Callable[[int, Mapping[str, Any]], None]:
        self.parts = len(parts)
        self._done, self._total = 0, int(plan.weights[parts].sum())
        self._said = time.monotonic()
        if (before := len(plan) - len(parts)) and before < len(plan):
            print(
                f"ferlite: goes on; {before:,} of {len(plan):,} parts are left out, done before or "
                "others' share",
                file=sys.stderr,
            )
        if sys.stderr.isatty() and self._total:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(
                BarColumn(),
                TextColumn("{task.completed:,.0f} of about {task.total:,.0f} images"),
                TextColumn("{task.fields[pace]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("images", total=self._total, pace="")
            self._bar.start()
        return self._step

    def _step(self, weight: int, counts: Mapping[str, Any]) -> None:
        self._done += weight
        now = time.monotonic()
        pace = self._pace.after(now, counts["images"], weight, self._total - self._done)
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, pace=pace)
        elif now - self._said > SAY_EVERY:
            self._said = now
            images = f"{self._done:,} of about {self._total:,} images"
            print(f"ferlite: {images}{pace and f', {pace}'}", file=sys.stderr)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


class _Pace:
    """How fast it goes and how long it will take, judged by what was done since the first part.

    What came before that is the time that Ray and the models took to start.

    >>> pace = _Pace()
    >>> pace.after(100, 32, 32, 360), pace.after(102, 32, 32, 328), pace.after(160, 28, 28, 300)
    ('', '', '1.0 a second, about 5 min left')
    """

    def __init__(self) -> None:
        self._first: float | None = None
        self._images = self._weight = 0

    def after(self, now: float, images: int, weight: int, left: int) -> str:
        """In words, after one more part; nothing as long as there is too little to judge by."""
        if self._first is None:
            self._first = now
            return ""
        self._images += images
        self._weight += weight
        if (seconds := now - self._first) < BASIS:
            return ""
        until = _clock(seconds * left / max(self._weight, 1))
        return f"{self._images / seconds:.1f} a second, about {until} left"


@contextmanager
def _progress() -> Iterator[_Progress]:
    progress = _Progress()
    try:
        yield progress
    finally:
        progress.close()


def _clock(seconds: float) -> str:
    """A time as people say it.

    >>> _clock(75), _clock(7380)
    ('2 min', '2 h 3 min')
    """
    minutes = max(1, round(seconds / 60 + 0.49))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
