"""A labelling job from its sources to its results; it goes on where an earlier run of it ended."""

import json
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Final

from pyarrow import fs

import ferlite
from ferlite.bulk import plan, rows, storage
from ferlite.bulk.cluster import connected
from ferlite.bulk.contents import Contents
from ferlite.bulk.deaths import Deaths, RemoteDeaths
from ferlite.bulk.sources import Item, Sources, limited
from ferlite.bulk.storage import Place
from ferlite.bulk.worker import Setting, Worker
from ferlite.errors import FerliteError, OutputError

VERSIONS: Final = ("ray", "pyarrow", "onnxruntime", "pillow", "av", "numpy")
READ_AT_ONCE: Final = 32
"""So many files of earlier results are asked for their counts at the same time."""
MOST_FAILURES: Final = 3
"""After so many parts in a row that failed, for no fault of an image's, the job stops."""

Progress = Callable[[int, Mapping[str, Any]], None]
"""Takes the weight of a part that is done, and its counts."""


@dataclass(frozen=True)
class Job:
    """What is to be labelled, how, and where the results go.

    Attributes:
        sources: what is named.
        destination: a folder that is new, or holds this job.
        recognizer: the arguments of `EmotionRecognizer`.
        contents: how files are read.
        columns: of the results; None for all.
        limit: how many images are read at most; None for all.
    """

    sources: Sources
    destination: Place
    recognizer: Mapping[str, Any]
    contents: Contents = Contents()  # noqa: RUF009  # it is frozen
    columns: Sequence[str] | None = None
    limit: int | None = None

    def items(self) -> Iterator[Item]:
        """What will be read, in its order.

        Raises:
            FerliteError: a source cannot be listed, or names nothing.
        """
        items = self.sources.items()
        if self.limit is not None:
            items = limited(items, self.limit)
        sampled = self.contents.sample < 1
        for item in items:
            whole = item.kind in ("image", "video")
            if not (sampled and whole) or self.contents.takes(item.place.name):
                yield item

    def identity(self, model: Mapping[str, Any]) -> dict[str, Any]:
        """All that the results depend on."""
        return {
            "ferlite": ferlite.__version__,
            "sources": [storage.place(each).name for each in self.sources.arguments],
            "model": dict(model),
            "recognizer": {k: str(v) for k, v in self.recognizer.items() if v is not None},
            **asdict(self.contents),
            "columns": None if self.columns is None else list(self.columns),
            "limit": self.limit,
        }

    def planned(self, model: Mapping[str, Any]) -> plan.Plan:
        """The plan of this job in its destination, written now or by an earlier run.

        Raises:
            FerliteError: a source cannot be listed, or the destination holds something else.
        """
        wanted = json.loads(json.dumps(self.identity(model)))
        if not plan.exists(self.destination):
            plan.write(self.destination, wanted, self.items())
        found = plan.Plan(self.destination)
        before, now = _settings(found.job), _settings(wanted)
        for name in {**before, **now}:
            if before.get(name) != now.get(name):
                raise OutputError(
                    f"{self.destination.name}: its results were made "
                    f"{_made(name, before.get(name), now.get(name))}, not "
                    f"{_made(name, now.get(name), before.get(name))}; give --out another folder, "
                    "or the same settings again"
                )
        return found


def _settings(job: Mapping[str, Any]) -> dict[str, Any]:
    """What a job's results depend on, by name, without the groups that `identity` has.

    >>> _settings({"ferlite": "1.0", "model": {"name": "ferlite_m"}, "recognizer": {}, "fps": 1.0})
    {'ferlite': '1.0', 'name': 'ferlite_m', 'fps': 1.0}
    """
    settings: dict[str, Any] = {}
    for name, value in job.items():
        settings.update(value if isinstance(value, Mapping) else {name: value})
    return settings


def _made(name: str, value: Any, other: Any) -> str:
    """A setting in words; of several sources, those that the `other` setting has not.

    >>> _made("name", "ferlite_m", "ferlite_s"), _made("limit", 150, None)
    ('with ferlite_m', 'with --limit 150')
    >>> _made("limit", None, 150), _made("sources", ["/a", "/b", "/c"], ["/a"])
    ('without --limit', 'from /b and 1 more')
    """
    if name == "sources":
        first, *more = [each for each in value if each not in other] or value
        return f"from {first} and {len(more):,} more" if more else f"from {first}"
    if name == "name":
        return f"with {value}"
    if name == "ferlite":
        return f"with ferlite {value}"
    if name == "sha256":
        return f"with the model file of checksum {value[:8]}"
    given = ",".join(value) if isinstance(value, list) else value
    option = f"--{name.replace('_', '-')}"
    return f"without {option}" if value is None else f"with {option} {given}"


def run(
    job: Job,
    model: Mapping[str, Any],
    *,
    address: str | None = None,
    workers: int | None = None,
    shard: tuple[int, int] = (1, 1),
    begun: Callable[[plan.Plan, list[int]], Progress],
) -> dict[str, Any] | None:
    """Do what of a job is not done yet.

    Args:
        job: what is to be done.
        model: what names it and its labels.
        address: of a Ray cluster; None for RAY_ADDRESS, or this machine.
        workers: how many cores to use; None for all.
        shard: which of how many shares of the parts, counted from 1.
        begun: told the plan and the parts to do; what it gives is told of each that is done.

    Returns:
        The summary, which was written unless an earlier run did and left nothing to do; None if
        parts of other shards are missing.

    Raises:
        FerliteError: the job cannot be done. What was done of it stays.
    """
    found = job.planned(model)
    done = found.done()
    number, shards = shard
    missing = [i for i in range(number - 1, len(found), shards) if i not in done]
    progress = begun(found, missing)
    started = time.time()
    counts: list[dict[str, Any]] = []
    if missing:
        with connected(address) as cores:
            for part, count in _labelled(job, missing, min(workers or cores, len(missing))):
                counts.append(count)
                progress(int(found.weights[part]), count)
    storage.remove_leftovers(job.destination)
    if len(found.done()) < len(found):
        return None
    counts += _earlier(job.destination, sorted(done))
    summary = _summary(found, counts, time.time() - started)
    file = job.destination / "_summary.json"
    if missing or storage.kind(file) == fs.FileType.NotFound:
        storage.write_whole(file, (json.dumps(summary, indent=2) + "\n").encode())
    return summary


def _labelled(job: Job, parts: Sequence[int], workers: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Have parts read, the largest first, so that all workers end at about the same time."""
    import ray
    from ray.data import ActorPoolStrategy
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    # Where this process runs: were it lost, the job would have ended anyway.
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    deaths = ray.remote(Deaths).options(num_cpus=0, scheduling_strategy=here).remote()
    setting = Setting(job.recognizer, job.destination, job.contents, job.columns)
    answers = ray.data.from_items(
        [{"part": part} for part in reversed(parts)], override_num_blocks=len(parts)
    ).map_batches(
        Worker,
        fn_constructor_args=(setting, RemoteDeaths(deaths)),
        batch_size=1,
        compute=ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
        num_cpus=1,
    )
    failures: list[str] = []
    in_a_row = 0
    for row in answers.iter_rows():
        if row["error"]:
            failures.append(row["error"])
            in_a_row += 1
            if in_a_row >= MOST_FAILURES:
                break
        else:
            in_a_row = 0
            yield int(row["part"]), json.loads(row["counts"])
    if failures:
        raise FerliteError(f"{failures[-1]}; the same command goes on with what is missing")


def _earlier(destination: Place, parts: Sequence[int]) -> list[dict[str, Any]]:
    """The counts of parts that earlier runs have done."""

    def read(part: int) -> dict[str, Any]:
        file_system, path = storage.opened(plan.result(destination, part))
        with file_system.open_input_file(path) as file:
            return rows.counts_of(file)

    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        return list(pool.map(read, parts))


def _summary(found: plan.Plan, counts: Sequence[dict[str, Any]], seconds: float) -> dict[str, Any]:
    return {
        **rows.total(counts),
        "parts": len(found),
        "job": found.job,
        "seconds_of_the_last_run": round(seconds, 1),
        "versions": {
            "ferlite": ferlite.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in VERSIONS},
        },
    }
