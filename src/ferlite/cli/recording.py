"""What `ferlite video` and `ferlite webcam` write: a marked film, a table, a plot, a summary."""

import csv as csv_module
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ferlite.cli.answers import printable, table_file
from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.faces.face import COLUMNS

if TYPE_CHECKING:
    from ferlite.faces.frame import Frame
    from ferlite.faces.timeline import Timeline

MOST_LISTED: Final = 20
"""A summary lists no more people than this, those who are seen longest."""
PLOTS: Final = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go; None for what is not wanted."""

    save: Path | None
    csv: str | None
    plot: Path | None

    def check(self, source: str | None = None) -> None:
        """Refuse what makes no sense before any work is done.

        Raises:
            FerliteError: a suffix does not fit, or two files, or a file and the film, are the same.
        """
        from ferlite.media.video import CODECS, check_suffix

        if self.save is not None:
            check_suffix(self.save)
        if self.plot is not None and self.plot.suffix.lower() not in PLOTS:
            raise FerliteError(f"--plot {self.plot}: its name must end in {' or '.join(PLOTS[:2])}")
        if self.csv is not None and self.csv.lower().endswith((*CODECS, *PLOTS)):
            raise FerliteError(f"--csv {self.csv} is no name for a table; put a file name after it")
        taken = {os.path.realpath(source): "the film itself"} if source is not None else {}
        files = {"--save": self.save, "--plot": self.plot}
        if self.csv != "-":
            files["--csv"] = Path(self.csv) if self.csv is not None else None
        for option, file in files.items():
            if file is None:
                continue
            if (other := taken.get(os.path.realpath(file))) is not None:
                raise FerliteError(f"{option} {file} would overwrite {other}; give another name")
            if file.is_dir():
                raise FerliteError(f"{option} {file} is a folder; give the name of a file")
            taken[os.path.realpath(file)] = f"what {option} writes"

    @contextmanager
    def opened(self, rate: float, timeline: "Timeline") -> Iterator[Callable[["Frame"], None]]:
        """A function that takes frames with BGR images; the files appear when the block ends.

        Args:
            rate: frames a second of the film that is written.
            timeline: is filled too.

        Raises:
            FerliteError: a file cannot be written.
        """
        from ferlite.media.draw import annotate
        from ferlite.media.video import writing

        with ExitStack() as files:
            film = rows = None
            if self.plot is not None:
                files.enter_context(_plotted(self.plot, timeline))
            if self.csv is not None:
                rows = csv_module.writer(
                    files.enter_context(table_file(self.csv)), lineterminator="\n"
                )
                rows.writerow(["frame", "time", "track_id", *COLUMNS])
            if self.save is not None:
                film = files.enter_context(writing(self.save, rate))

            def record(frame: "Frame") -> None:
                timeline.add(frame)
                if rows is not None:
                    rows.writerows(
                        [frame.index, round(frame.time, 6), face.track_id, *face.to_row()]
                        for face in frame.faces
                    )
                if film is not None:
                    film.add(annotate(frame.image, frame.faces), frame.time)

            yield record


@contextmanager
def _plotted(path: Path, timeline: "Timeline") -> Iterator[None]:
    from ferlite.files import written_whole
    from ferlite.media.image import save
    from ferlite.media.plot import plot

    try:
        with written_whole(path) as part:
            part.touch()  # a folder that may not be written to is told now, not after an hour
            yield
            save(plot(timeline), part)
    except OSError as error:
        raise FerliteError(f"{path}: cannot be written ({error.strerror})") from error


def summarize(name: str, timeline: "Timeline") -> None:
    """Print who was seen when, and what they showed on average."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ferlite.faces.timeline import clock, ranked

    console = Console(markup=False, highlight=False, emoji=False)
    console.width = max(console.width, 96)  # rather wrapped by the terminal than cut by us
    everyone = timeline.people()
    total = len(everyone) + timeline.forgotten
    count = {0: "no face found", 1: "1 person"}.get(total, f"{total} people")
    title = Text.assemble((printable(name), "bold"), (f"  {clock(timeline.end)}  {count}", "dim"))
    console.print(title, soft_wrap=True)
    if not everyone:
        return
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for column in ("person", "from", "to"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("mostly", no_wrap=True)
    for emotion in EMOTIONS:
        table.add_column(emotion, justify="right", no_wrap=True)
    longest = sorted(everyone, key=lambda person: -person.frames)[:MOST_LISTED]
    for person in sorted(longest, key=lambda person: person.track_id):
        mostly, _ = ranked(person.shares)[0]
        table.add_row(
            str(person.track_id),
            clock(person.first),
            clock(person.last),
            Text(mostly, style="bold green"),
            *(
                Text(f"{share:.1%}", style="bold green" if emotion == mostly else "")
                for emotion, share in zip(EMOTIONS, person.shares, strict=True)
            ),
        )
    console.print(table)
    if more := total - len(longest):
        console.print(f"and {more} more, seen for a shorter time")
