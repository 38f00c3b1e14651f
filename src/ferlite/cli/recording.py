"""What `ferlite video` and `ferlite webcam` write: marked videos, tables, figures, summaries."""

import csv as csv_module
import json as json_module
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from ferlite.cli import tables
from ferlite.cli.answers import check_table, printable, table_file
from ferlite.cli.sources import Source
from ferlite.errors import OutputError
from ferlite.faces.rows import columns, rows

if TYPE_CHECKING:
    from ferlite.faces.frame import Frame
    from ferlite.faces.timeline import Timeline
    from ferlite.media.video import Video

MOST_LISTED: Final = 20
"""A summary lists no more people than this on the screen, those who are seen longest."""

Save: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT.mp4",
        help="Write the video with its faces marked and its sound (.mp4, .m4v, .mov, .mkv or "
        ".webm); a folder for several.",
    ),
]
Csv: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="OUT.csv",
        help="Write a row for each face in each frame; a folder for a table of each video; "
        "- prints them.",
    ),
]
Json: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="OUT.jsonl", help="The same rows as JSON Lines, an object each."),
]
Parquet: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="OUT.parquet", help="The same rows as Parquet (needs pyarrow)."),
]
Plot: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT.png",
        help="Draw each person's emotions over time (.png, .svg or .pdf); a folder for several "
        "(needs matplotlib).",
    ),
]
NoFaces: TypeAlias = Annotated[
    bool, typer.Option("--no-faces", help="Leave the faces out of the figure.")
]
SummaryFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--summary", metavar="OUT.json", help="Write the summary of each person (.json or .csv)."
    ),
]
Record = Callable[["Frame"], None]
"""Takes the next frame, whose image is RGB."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go, as given on the command line; None for what is not wanted."""

    save: Path | None = None
    csv: str | None = None
    json: str | None = None
    parquet: str | None = None
    plot: Path | None = None
    summary: Path | None = None
    portraits: bool = True
    several: bool = False
    """Whether there are several videos, each with files of its own in the folders that are given
    for them."""

    def folders(self) -> list[Path]:
        """Those of the results that are folders."""
        return [Path(file) for file in self._files().values() if self._is_folder(file)]

    def check(self, sources: Sequence[Source] = ()) -> None:
        """Refuse what makes no sense before any work is done.

        Raises:
            FerliteError: a suffix does not fit, something is not installed, or two files, or a file
                and a video, are the same.
        """
        from ferlite.media.plot import check_plot
        from ferlite.media.writer import check_suffix

        for option, file in self._files().items():
            if file.startswith("-"):
                what = "only tables can be printed" if file == "-" else "is an option"
                raise OutputError(f"{option} {file}: {what}; put the name of a file after {option}")
            suffix = Path(file).suffix.lower()
            if suffix in (".xlsx", ".xls", ".ods"):
                raise OutputError(
                    f"{option} {file}: spreadsheets are not written; name it "
                    f"{Path(file).with_suffix('.csv').name}, which they open"
                )
            if option in ("--csv", "--json", "--parquet"):
                check_table(option, file)
        if self.parquet is not None:
            tables.check_parquet()
        if self.parquet == "-":
            raise OutputError("--parquet - cannot be printed; give the name of a file")
        if self.save is not None and not self._is_folder(self.save):
            check_suffix(self.save)
        if self.plot is not None:
            check_plot(Path("people.png") if self._is_folder(self.plot) else self.plot)
        if self.summary is not None and self.summary.suffix.lower() not in (".json", ".csv"):
            raise OutputError(f"--summary {self.summary}: its name must end in .json or .csv")
        if self.several:
            for option, one in (("--save", self.save), ("--plot", self.plot)):
                if one is not None and not self._is_folder(one):
                    raise OutputError(f"{option} {one} names one file for several videos; give "
                                      "a folder")  # fmt: skip
        self._check_places(sources)

    def _check_places(self, sources: Sequence[Source]) -> None:
        taken = {os.path.realpath(each.name): f"the video {each.name}" for each in sources}
        for source in sources or [Source("", "")]:
            for option, given in self._files().items():
                file = self._place(given, source.stem, _SUFFIXES[option])
                shared = file == Path(given)
                place = os.path.realpath(file)
                if (other := taken.get(place)) is not None and other != f"what {option} writes":
                    raise OutputError(f"{option} {file} would overwrite {other}; give another name")
                if file.is_dir():
                    raise OutputError(f"{option} {file} is a folder; give the name of a file")
                taken[place] = f"what {option} writes" if shared else f"another of {option}"

    def _files(self) -> dict[str, str]:
        files: dict[str, Any] = {
            "--save": self.save,
            "--csv": self.csv,
            "--json": self.json,
            "--parquet": self.parquet,
            "--plot": self.plot,
            "--summary": self.summary,
        }
        return {option: str(file) for option, file in files.items() if file not in (None, "-")}

    def _is_folder(self, file: str | Path) -> bool:
        text = str(file)
        if text == "-" or file == self.summary or text == str(self.summary):
            return False
        return (
            Path(text).is_dir()
            or text.endswith(("/", os.sep))
            or (self.several and not Path(text).suffix)
        )

    def _place(self, file: str | Path, stem: str, suffix: str) -> Path:
        """The file itself, or the one of a video in a folder."""
        if not self._is_folder(file) or not stem:
            return Path(file)
        return Path(file) / f"{stem}{suffix}"

    @contextmanager
    def opened(self, classes: Sequence[str]) -> Iterator["Recording"]:
        """What takes videos; files for all of them appear when the block ends.

        Args:
            classes: the emotions of the model.

        Raises:
            OutputError: a file cannot be written.
        """
        with ExitStack() as files:
            recording = Recording(self, classes)
            recording.shared = [
                files.enter_context(_TABLES[option](file, columns(classes, self.several)))
                for option, file in self._tables()
                if not self._is_folder(file)
            ]
            yield recording
            if self.summary is not None:
                write_summary(self.summary, recording.summaries, classes, self.several)

    def _tables(self) -> list[tuple[str, str]]:
        given = {"--csv": self.csv, "--json": self.json, "--parquet": self.parquet}
        return [(option, file) for option, file in given.items() if file is not None]


_SUFFIXES: Final = {
    "--save": ".mp4",
    "--csv": ".csv",
    "--json": ".jsonl",
    "--parquet": ".parquet",
    "--plot": ".png",
    "--summary": ".json",
}
_TABLES: Final = {
    "--csv": tables.csv_table,
    "--json": tables.json_table,
    "--parquet": tables.parquet_table,
}


class Recording:
    """The results of a run over one video, or several.

    Attributes:
        shared: the tables that all videos share.
        summaries: of each person of each video, as they are written.
    """

    def __init__(self, outputs: Outputs, classes: Sequence[str]) -> None:
        self._outputs, self._classes = outputs, classes
        self.shared: list[tables.Add] = []
        self.summaries: list[dict[str, Any]] = []

    @contextmanager
    def video(
        self,
        source: Source,
        timeline: "Timeline",
        rate: float,
        video: "Video | None" = None,
        threads: int = 1,
    ) -> Iterator[Record]:
        """A function that takes the frames of a video; its files appear when the block ends.

        Args:
            source: its names.
            timeline: is filled.
            rate: about how many frames a second there are.
            video: where the sound is, if there is any.
            threads: how many encode.

        Raises:
            OutputError: a file cannot be written.
        """
        from ferlite.media.draw import annotate
        from ferlite.media.writer import writing

        given, stem, classes = self._outputs, source.stem, self._classes
        with ExitStack() as files:
            if given.plot is not None:
                path = given._place(given.plot, stem, ".png")
                files.enter_context(_plotted(path, timeline, given.portraits))
            own = [
                files.enter_context(
                    _TABLES[option](
                        str(given._place(file, stem, _SUFFIXES[option])),
                        columns(classes, several=False),
                    )
                )
                for option, file in given._tables()
                if given._is_folder(file)
            ]
            marked = None
            if given.save is not None:
                begin, sound = (video.start, video.sound) if video is not None else (0.0, None)
                path = given._place(given.save, stem, ".mp4")
                marked = files.enter_context(
                    writing(path, rate, begin=begin, sound=sound, threads=threads)
                )
            name = source.name if given.several else None

            def record(frame: "Frame") -> None:
                timeline.add(frame)
                for row in rows(frame, classes, name) if self.shared else ():
                    for add in self.shared:
                        add(row)
                for row in rows(frame, classes) if own else ():
                    for add in own:
                        add(row)
                if marked is not None:
                    marked.add(annotate(frame.image, frame.faces), frame.time)
                    marked.end = frame.time + 1 / rate

            yield record
            if marked is not None and video is not None and video.ended:
                marked.end = math.inf  # sound may go on after the last frame
        key = {"video": source.name} if given.several else {}
        self.summaries += [{**key, **summary} for summary in timeline.summaries()]


@contextmanager
def _plotted(path: Path, timeline: "Timeline", portraits: bool) -> Iterator[None]:
    from ferlite.files import written_whole
    from ferlite.media.plot import save_plot

    try:
        with written_whole(path) as part:
            part.touch()  # a folder that may not be written to is told now, not after an hour
            yield
            save_plot(timeline, part, portraits=portraits)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def write_summary(
    path: Path, summaries: Sequence[Mapping[str, Any]], classes: Sequence[str], several: bool
) -> None:
    """Write the summaries of people as a JSON array, or as CSV with a row for each.

    Raises:
        OutputError: the file cannot be written.
    """
    with table_file(str(path)) as stream:
        if path.suffix.lower() == ".json":
            json_module.dump(summaries, stream, indent=2)
            stream.write("\n")
            return
        keys = ["person", "first", "last", "seconds", "mostly", "valence", "changes"]
        keys = ["video", *keys] if several else keys
        writer = csv_module.writer(stream, lineterminator="\n")
        writer.writerow(
            [
                *keys,
                *(f"longest_{part}" for part in ("emotion", "start", "seconds")),
                *(f"share_{name}" for name in classes),
                *(f"mean_{name}" for name in classes),
            ]
        )
        for each in summaries:
            writer.writerow(
                [
                    *(each[key] for key in keys),
                    *each["longest_episode"].values(),
                    *(each["shares"].get(name, 0.0) for name in classes),
                    *(each["probabilities"].get(name, 0.0) for name in classes),
                ]
            )


def summarize(name: str, timeline: "Timeline") -> None:
    """Print who was seen for how long, and what they showed."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ferlite.faces.timeline import clock

    console = Console(markup=False, highlight=False, emoji=False)
    console.width = max(console.width, 120)  # rather wrapped by the terminal than cut by us
    everyone = timeline.people()
    total = len(everyone) + timeline.forgotten
    title = Text.assemble(
        (printable(name), "bold"),
        (f"  {clock(timeline.end, tenths=True)}  {people(timeline)}", "dim"),
    )
    console.print(title, soft_wrap=True)
    if not everyone:
        return
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for column in ("person", "from", "to", "seen"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("mostly", no_wrap=True)
    for column in (*timeline.classes, "valence", "changes", "longest"):
        table.add_column(column, justify="right", no_wrap=True)
    longest = sorted(everyone, key=lambda person: -person.summary.seconds)[:MOST_LISTED]
    for person in sorted(longest, key=lambda person: person.number):
        told = person.summary
        assert told.longest is not None
        table.add_row(
            str(person.number),
            clock(told.first, tenths=True),
            clock(told.last, tenths=True),
            f"{told.seconds:.1f} s",
            Text(told.mostly, style="bold green"),
            *(
                Text(
                    f"{told.shares.get(name, 0.0):.0%}",
                    style="bold green" if name == told.mostly else "",
                )
                for name in timeline.classes
            ),
            f"{told.valence:+.2f}",
            str(told.changes),
            f"{told.longest.emotion} {told.longest.seconds:.1f} s",
        )
    console.print(table)
    if more := total - len(longest):
        console.print(f"and {more} more, seen for a shorter time")


def people(timeline: "Timeline") -> str:
    """How many people there were, in words; more than one is an estimate."""
    total = len(timeline.people()) + timeline.forgotten
    return {0: "no face found", 1: "1 person"}.get(total, f"about {total} people")


def overview(results: Mapping[str, "Timeline | None"]) -> None:
    """Print a line for each of several videos; None stands for one that could not be read."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ferlite.faces.timeline import clock

    console = Console(markup=False, highlight=False, emoji=False)
    console.width = max(console.width, 100)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in ("video", "length", "frames", "people", "mostly"):
        table.add_column(column, justify="right" if column in ("length", "frames") else "left")
    for name, timeline in results.items():
        if timeline is None:
            table.add_row(printable(name), "", "", Text("could not be read", style="red"), "")
            continue
        seen = timeline.people()
        time: dict[str, float] = {}
        for person in seen:
            for emotion, share in person.summary.shares.items():
                time[emotion] = time.get(emotion, 0.0) + share * person.summary.seconds
        mostly = max(time, key=time.__getitem__) if time else ""
        table.add_row(
            printable(name),
            clock(timeline.end, tenths=True),
            str(timeline.frames),
            people(timeline),
            mostly,
        )
    console.print(table)
