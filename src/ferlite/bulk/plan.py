"""A job's plan: what it reads, cut into parts, written once and kept beside the results.

Each part becomes one file of results, whose name is the part's number. So what is done is known
from the names of the files that are there; a part that is done twice, because a machine was lost
or only seemed so, writes the same rows into the same file again; and a job that goes on makes the
table that it would have made without an interruption.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ferlite.bulk import storage
from ferlite.bulk.sources import Item
from ferlite.bulk.storage import Place
from ferlite.errors import OutputError

FOLDER: Final = "_ferlite"
"""In the destination, what is no result; what begins like this is passed over by who reads it."""
SMALLEST: Final = 32
LARGEST: Final = 512
"""Images of a part."""
SHARE: Final = 64
"""A part holds one image of so many that came before it, so that even few images are many parts."""
_IDENTITY: Final = b"ferlite.job"
_SCHEMA: Final = pa.schema(
    [
        ("kind", pa.string()),
        ("root", pa.string()),
        ("path", pa.string()),
        ("start", pa.int64()),
        ("stop", pa.int64()),
        ("weight", pa.int64()),
    ]
)


def parts_of(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Items in parts of so many images: small ones first, larger ones the more there are.

    >>> items = (Item("image", "", f"/{i}.jpg") for i in range(100))
    >>> [len(part) for part in parts_of(items)]
    [32, 32, 32, 4]
    """
    part: list[Item] = []
    weight = before = 0
    for item in items:
        part.append(item)
        weight += item.weight
        if weight >= min(max(before // SHARE, SMALLEST), LARGEST):
            yield part
            before += weight
            part, weight = [], 0
    if part:
        yield part


class Plan:
    """The plan of a job, in its destination.

    Attributes:
        job: what the job is: its sources and settings.
        weights: int64, (P,): about how many images each part has.
    """

    def __init__(self, destination: Place) -> None:
        """Open a plan that was written.

        Raises:
            FerliteError: the destination cannot be read.
        """
        self._destination = destination
        try:
            reader = storage.patiently(lambda: _reader(_file(destination)))
            self.job: dict[str, Any] = json.loads(reader.schema.metadata[_IDENTITY])
            batches = (
                storage.patiently(partial(reader.get_batch, i))
                for i in range(reader.num_record_batches)
            )
            self.weights: NDArray[np.int64] = np.array(
                [sum(batch.column("weight").to_pylist()) for batch in batches], np.int64
            )
        except OSError as error:
            raise OutputError(storage.sentence(error, destination.name)) from error

    def __len__(self) -> int:
        return len(self.weights)

    def done(self) -> set[int]:
        """The parts whose results are there."""
        names = (info.base_name for info in storage.listed(self._destination, recursive=False))
        return {int(name[5:-8]) for name in names if name.startswith("part-")}


def exists(destination: Place) -> bool:
    """Whether a destination holds a job; one that holds anything else is refused.

    Raises:
        FerliteError: it does, or cannot be read.
    """
    found = storage.listed(destination)
    if any(info.path.endswith(f"/{FOLDER}/plan.arrow") for info in found):
        return True
    if any(not info.base_name.startswith("_") for info in found):
        raise OutputError(
            f"{destination.name}: holds other files already; give --out a new or an empty folder"
        )
    return False


def write(destination: Place, job: Mapping[str, Any], items: Iterator[Item]) -> None:
    """Write the plan of a new job.

    Raises:
        FerliteError: nothing is to be read, or the plan cannot be written.
    """
    schema = _SCHEMA.with_metadata({_IDENTITY: json.dumps(job).encode()})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(sink, schema, options=options) as writer:
        for part in parts_of(items):
            arrays = [
                pa.array(values, field.type)
                for values, field in zip(zip(*part, strict=True), schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    storage.write_whole(_file(destination), sink.getvalue())


def part(destination: Place, number: int) -> list[Item]:
    """The items of a part."""
    batch = storage.patiently(lambda: _opened_once(destination).get_batch(number))
    columns = [column.to_pylist() for column in batch.columns]
    return [Item(*values) for values in zip(*columns, strict=True)]


def result(destination: Place, number: int) -> Place:
    """Where the results of a part go."""
    return destination / f"part-{number:07}.parquet"


def _file(destination: Place) -> Place:
    return destination / f"{FOLDER}/plan.arrow"


@lru_cache(1)
def _opened_once(destination: Place) -> pa.ipc.RecordBatchFileReader:
    return _reader(_file(destination))


def _reader(file: Place) -> pa.ipc.RecordBatchFileReader:
    file_system, path = storage.opened(file)
    return pa.ipc.open_file(file_system.open_input_file(path))
