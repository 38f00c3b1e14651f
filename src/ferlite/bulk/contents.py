"""The images of an item, one after the other, ready to be recognized."""

import io
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ferlite.bulk import storage, tables
from ferlite.bulk.rows import Origin
from ferlite.bulk.sources import Item
from ferlite.bulk.storage import Place
from ferlite.errors import FerliteError, VideoError


class Content(NamedTuple):
    """An image, or why there is none."""

    origin: Origin
    image: Any = None
    """As `EmotionRecognizer.recognize` takes it."""
    error: str | None = None
    kind: str = "unreadable"
    """Of the error."""


class NamedBytes(io.BytesIO):
    """The bytes of a file, with what messages call it."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


@dataclass(frozen=True)
class Contents:
    """How items are read.

    Attributes:
        image_column: of Parquet files; None finds it.
        fps: so many frames of a video are read for each of its seconds.
        sample: the share of the images that is read.
    """

    image_column: str | None = None
    fps: float = 1.0
    sample: float = 1.0

    def of(self, item: Item) -> Iterator[Content]:
        """The images of an item.

        What is wrong with a file is told in place of its images, or behind those that came before.

        Raises:
            OSError: a store does not answer; its files are not to blame.
        """
        where = item.place
        try:
            match item.kind:
                case "image":
                    yield self.image(where)
                case "parquet":
                    yield from self._in_parquet(item)
                case "tar":
                    for name, data in tables.in_tar(where, item.stop):
                        if self.takes(f"{where.name}/{name}"):
                            full = f"{where.name}: {name}"
                            yield Content(Origin(where.name, name), NamedBytes(data, full))
                case "video":
                    yield from self._in_video(where)
        except FerliteError as error:
            yield Content(Origin(where.name), None, str(error), kind_of(error))
        except OSError as error:
            yield failed(Origin(where.name), where, error)

    def image(self, where: Place, origin: Origin | None = None) -> Content:
        """An image file; one of a store is fetched, one of this disk is not yet.

        Raises:
            OSError: the store does not answer.
        """
        origin = origin or Origin(where.name)
        if not where.root:
            return Content(origin, where.path)
        try:
            data = storage.patiently(lambda: storage.read(where))
        except OSError as error:
            return failed(origin, where, error)
        return Content(origin, NamedBytes(data, where.name))

    def takes(self, name: str) -> bool:
        """Whether an image is in the sample: always the same ones, wherever they are read."""
        return self.sample >= 1 or zlib.crc32(name.encode("utf-8", "replace")) < self.sample * 2**32

    def _in_parquet(self, item: Item) -> Iterator[Content]:
        where = item.place
        folder = where.at(where.path.rpartition("/")[0])
        for row, value in tables.rows(where, self.image_column, item.start, item.stop):
            origin, name = Origin(where.name, row=row), f"{where.name}: row {row}"
            if not self.takes(f"{where.name}/{row}"):
                continue
            if not value:
                yield Content(origin, None, f"{name}: is empty", "missing")
            elif isinstance(value, str):
                relative = "://" not in value and not value.startswith("/")
                yield self.image(folder / value if relative else storage.place(value), origin)
            else:
                yield Content(origin, NamedBytes(value, name))

    def _in_video(self, where: Place) -> Iterator[Content]:
        from ferlite.media.video import Video

        with tempfile.TemporaryDirectory() as folder:
            path = Path(where.path)
            if where.root:
                path = Path(folder) / path.name
                _fetch(where, path)
            try:
                video = Video(path, fps=self.fps)
                for shot in video:
                    yield Content(
                        Origin(where.name, frame=shot.index, time=round(shot.time, 6)),
                        shot.image_HWC,
                    )
            except VideoError as error:
                raise VideoError(str(error).replace(str(path), where.name)) from error
            if video.damage is not None:
                raise VideoError(video.damage.replace(str(path), where.name))


def failed(origin: Origin, where: Place, error: OSError) -> Content:
    """What a file's failure to be read means for it.

    Raises:
        OSError: the store is to blame, not the file.
    """
    kind = storage.trouble(error)
    if where.root and kind == "unreachable":
        raise error
    return Content(origin, None, storage.sentence(error, where.name), kind)


def kind_of(error: FerliteError) -> str:
    """The kind of an error: `missing`, `denied` or `unreadable`."""
    cause = error.__cause__
    return storage.trouble(cause) if isinstance(cause, OSError) else "unreadable"


def _fetch(where: Place, path: Path) -> None:
    file_system, source = storage.opened(where)
    with file_system.open_input_stream(source) as stream, path.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
