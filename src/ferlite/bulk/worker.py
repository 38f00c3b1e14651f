"""What runs on every core of the cluster: a recognizer that reads one part after the other."""

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol

import ferlite
from ferlite.bulk import plan, rows, storage
from ferlite.bulk.contents import Content, Contents, kind_of
from ferlite.bulk.rows import Origin, Rows
from ferlite.bulk.sources import Item
from ferlite.bulk.storage import Place
from ferlite.errors import FerliteError
from ferlite.media.ahead import in_threads

if TYPE_CHECKING:
    from ferlite.recognizer import EmotionRecognizer

FETCH_AT_ONCE: Final = 8
"""So many images of a store are fetched at the same time by each worker."""


class Counted(Protocol):
    """What `Deaths` can be asked, wherever it is."""

    def begin(self, part: int) -> tuple[bool, set[str]]:
        """As `Deaths.begin`."""

    def at(self, part: int, step: str) -> None:
        """As `Deaths.at`."""

    def end(self, part: int) -> None:
        """As `Deaths.end`."""


@dataclass(frozen=True)
class Setting:
    """What a worker needs to know.

    Attributes:
        recognizer: the arguments of `EmotionRecognizer`.
        destination: where plan and results are.
        contents: how files are read.
        columns: of the results; None for all.
        version: of ferlite, that of who asks.
    """

    recognizer: Mapping[str, Any]
    destination: Place
    contents: Contents
    columns: Sequence[str] | None = None
    version: str = ferlite.__version__


class Worker:
    """Reads parts of a plan and writes their results. Ray Data makes one for each core."""

    def __init__(self, setting: Setting, deaths: Counted) -> None:
        """Load the recognizer.

        Args:
            setting: what the worker needs to know.
            deaths: where all workers say what they do.
        """
        warnings.filterwarnings("ignore", module="PIL")  # our own sentences say it better
        self._setting, self._deaths = setting, deaths
        self._failure: str | None = None
        try:
            self._recognizer = _loaded(setting)
        except FerliteError as error:
            self._failure = str(error)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Read parts, by their numbers.

        Returns:
            For each part what it holds, in numbers; or the sentence that says why it failed, for
            which no image is to blame.
        """
        answers = [(part, *self._tried(part)) for part in map(int, batch["part"])]
        names = ("part", "counts", "error")
        return {name: [answer[i] for answer in answers] for i, name in enumerate(names)}

    def _tried(self, number: int) -> tuple[str, str]:
        """Counts or an error: Ray would pass on an exception as text among other texts."""
        if self._failure is not None:
            return "", self._failure
        try:
            return json.dumps(self._do(number)), ""
        except FerliteError as error:
            return "", str(error)

    def _do(self, number: int) -> dict[str, Any]:
        setting = self._setting
        careful, deadly = self._deaths.begin(number)
        found = Rows(self._recognizer.classifier.classes)
        try:
            items = plan.part(setting.destination, number)
            if careful:
                self._go_carefully(number, items, deadly, found)
            else:
                for content in self._contents(items):
                    self._recognize(content, found)
        except OSError as error:
            raise FerliteError(storage.sentence(error, setting.destination.name)) from error
        wanted = rows.schema(self._recognizer.classifier.classes, setting.columns)
        storage.write_whole(plan.result(setting.destination, number), found.parquet(wanted))
        self._deaths.end(number)
        return found.counts()

    def _contents(self, items: Sequence[Item]) -> Iterator[Content]:
        """The images of all items; those of stores are fetched ahead."""
        contents = self._setting.contents

        def of(item: Item) -> Iterator[Content]:
            fetched = item.kind == "image"
            return iter(list(contents.of(item))) if fetched else contents.of(item)

        remote = any(item.root and item.kind == "image" for item in items)
        return chain.from_iterable(in_threads(of, items, FETCH_AT_ONCE if remote else 1))

    def _recognize(self, content: Content, found: Rows) -> None:
        if content.error is not None:
            found.add_error(content.origin, content.error, content.kind)
            return
        try:
            found.add(content.origin, self._recognizer.recognize(content.image))
        except FerliteError as error:
            found.add_error(content.origin, str(error), kind_of(error))

    def _go_carefully(
        self, number: int, items: Sequence[Item], deadly: set[str], found: Rows
    ) -> None:
        """As ever, but say before each step what it is, and leave out those that kill."""

        def survives(step: str) -> bool:
            if step in deadly:
                return False
            self._deaths.at(number, step)
            return True

        for position, item in enumerate(items):
            contents = self._setting.contents.of(item)
            for image in range(2**62):
                if not survives(f"read {position} {image}"):
                    self._give_up(Origin(item.place.name), "the rest of this file was", found)
                    break
                if (content := next(contents, None)) is None:
                    break
                if survives(f"recognize {position} {image}"):
                    self._recognize(content, found)
                else:
                    self._give_up(content.origin, "this image was", found)

    @staticmethod
    def _give_up(origin: Origin, what: str, found: Rows) -> None:
        why = f"{origin.image}: {what} left out: it ended the process that read it, again and again"
        found.add_error(origin, why, "crashed")


def _loaded(setting: Setting) -> "EmotionRecognizer":
    from ferlite.recognizer import EmotionRecognizer

    if setting.version != ferlite.__version__:
        raise FerliteError(
            f"a machine of the cluster has ferlite {ferlite.__version__}, this one "
            f"{setting.version}; install the same everywhere"
        )
    return EmotionRecognizer(**setting.recognizer)
