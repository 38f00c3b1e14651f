"""The rows of the results: one for each face, or for an image without one or unreadable."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from ferlite.errors import FerliteError
from ferlite.faces.face import Face, columns

_COUNTS: Final = b"ferlite.counts"


class Origin(NamedTuple):
    """Where an image comes from; what does not apply is None."""

    image: str
    """The file: its path, or its address in a store."""
    member: str | None = None
    """Its name in a tar."""
    row: int | None = None
    """Its row in a Parquet file, from 0."""
    frame: int | None = None
    """Its number among the frames that are read of a video, from 0."""
    time: float | None = None
    """Of the frame, in seconds."""


_ORIGIN: Final = [
    ("image", pa.string()),
    ("member", pa.string()),
    ("row", pa.int64()),
    ("frame", pa.int64()),
    ("time", pa.float64()),
]
_TYPES: Final = {**dict.fromkeys("xywh", pa.int64()), "emotion": pa.string()}
_ERROR: Final = [("error", pa.string()), ("error_kind", pa.string())]


def face_schema(classes: Sequence[str]) -> pa.Schema:
    """The columns of a face: its number in the image, and those of `Face.to_row`.

    >>> face_schema(["happy", "sad"]).names[:3]
    ['face', 'x', 'y']
    """
    return pa.schema(
        [
            ("face", pa.int64()),
            *((name, _TYPES.get(name, pa.float64())) for name in columns(classes)),
            *_ERROR,
        ]
    )


def schema(classes: Sequence[str], wanted: Sequence[str] | None = None) -> pa.Schema:
    """The columns of the results, or those of them that are wanted, in their order.

    Raises:
        FerliteError: there is no such column.
    """
    every = pa.schema([*_ORIGIN, *face_schema(classes)])
    if wanted is None:
        return every
    if missing := [name for name in wanted if name not in every.names]:
        raise FerliteError(
            f"--columns: there is no column {missing[0]}; choose from {', '.join(every.names)}"
        )
    return pa.schema([every.field(name) for name in wanted])


class Rows:
    """Collects the rows of a part.

    >>> rows = Rows(["happy", "sad"])
    >>> rows.add(Origin("a.jpg"), [])
    >>> rows.add_error(Origin("b.jpg"), "b.jpg: is empty", "unreadable")
    >>> rows.counts()["images"], rows.counts()["unreadable"]
    (2, 1)
    """

    def __init__(self, classes: Sequence[str]) -> None:
        """Begin with none, for a network that tells these classes apart."""
        self._classes = classes
        self._rows: list[tuple[Any, ...]] = []
        self._counts: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._emotions: Counter[str] = Counter()

    def add(self, origin: Origin, faces: Sequence[Face]) -> None:
        """Add an image and what was found in it."""
        start = tuple(map(_utf8, origin))
        for number, face in enumerate(faces):
            self._rows.append((*start, number, *face.to_row(), None, None))
            self._emotions[face.emotion] += 1
        if not faces:
            self._rows.append((*start, *[None] * (8 + len(self._classes)), None, None))
        self._counts["images"] += 1
        self._counts["faces"] += len(faces)
        self._counts["without_face"] += not faces

    def add_error(self, origin: Origin, error: str, kind: str) -> None:
        """Add an image that could not be read, and why not."""
        empty = [None] * (8 + len(self._classes))
        self._rows.append((*map(_utf8, origin), *empty, _utf8(error), kind))
        self._counts["images"] += 1
        self._counts["unreadable"] += 1
        self._errors[kind] += 1

    def counts(self) -> dict[str, Any]:
        """How many images, faces, errors of each kind and emotions there are."""
        kinds = ("images", "faces", "without_face", "unreadable")
        return {
            **{kind: self._counts[kind] for kind in kinds},
            "errors": dict(self._errors),
            "emotions": dict(self._emotions),
        }

    def parquet(self, wanted: pa.Schema) -> bytes:
        """The rows as a Parquet file with these columns; the counts are in its metadata."""
        every = schema(self._classes)
        values = zip(*self._rows, strict=True) if self._rows else [()] * len(every)
        arrays = [pa.array(column, field.type) for column, field in zip(values, every, strict=True)]
        table = pa.table(arrays, schema=every).select(wanted.names)
        table = table.replace_schema_metadata({_COUNTS: json.dumps(self.counts()).encode()})
        sink = pa.BufferOutputStream()
        parquet.write_table(table, sink, compression="zstd")
        return bytes(sink.getvalue())


def counts_of(file: Any) -> dict[str, Any]:
    """The counts in the metadata of a file of results."""
    metadata = parquet.ParquetFile(file).metadata.metadata or {}
    answer: dict[str, Any] = json.loads(metadata[_COUNTS])
    return answer


def total(counts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sum of several parts' counts.

    >>> both = total([{"images": 2, "errors": {"missing": 1}}, {"images": 1, "errors": {}}])
    >>> both["images"], both["errors"]
    (3, {'missing': 1})
    """
    answer: dict[str, Any] = {}
    for each in [Rows(()).counts(), *counts]:
        for name, value in each.items():
            if isinstance(value, dict):
                answer[name] = dict(Counter(answer.get(name, {})) + Counter(value))
            else:
                answer[name] = answer.get(name, 0) + value
    return answer


def _utf8(value: Any) -> Any:
    """Text with letters that are none in UTF-8, of broken file names, spelled out."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
