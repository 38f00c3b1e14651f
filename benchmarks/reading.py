"""`ferlite predict`'s own processes beside the standard library's: results/benchmarks/reading.json.

    python benchmarks/reading.py --photos PHOTOS

Both read the same images on two cores, in turns, as `ferlite predict` would: eight at a time, in a
process beside this one and in this one. Then one image of a hundred kills the process that reads
it: how many of the others are lost?
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from ferlite.cli.predict import _few
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance
from ferlite.media.ahead import in_threads
from ferlite.reading import Answer, Here, Readers, Setting, Task

RESULT: Final = Path(__file__).parents[1] / "results" / "benchmarks" / "reading.json"
DEADLY: Final = "deadly.jpg"
TURNS: Final = 3
# Python runs this in every process before anything else; here, in all but this one.
SITE: Final = """
import os, sys
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith("/%s"):
        os.kill(os.getpid(), 9)
sys.addaudithook(watch)
"""
_here: Here | None = None


def setting(model: str) -> Setting:
    return Setting(model, "blazeface", None, 1, None, "auto", False)


def start(model: str) -> None:
    global _here
    _here = Here(setting(model))


def read(tasks: Sequence[Task]) -> list[Answer]:
    assert _here is not None
    return _here(tasks)


def own(tasks: list[Task], model: str) -> int:
    """How many images were read by ferlite's own processes."""
    readers = Readers(setting(model), len(tasks), 2)
    with closing(readers), closing(in_threads(readers, _few(iter(tasks), 8), 2)) as answers:
        return sum(error is None for some in answers for _, error in some)


def pool(tasks: list[Task], model: str) -> int:
    """How many images were read by the standard library's; what a dead process costs is lost."""
    context = get_context("spawn")
    count = 0
    with ProcessPoolExecutor(2, context, start, (model,)) as executor:
        waiting = [executor.submit(read, some) for some in _few(iter(tasks), 8)]
        for answer in waiting:
            try:
                count += sum(error is None for _, error in answer.result())
            except BrokenProcessPool:
                continue
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--model", default="ferlite_s")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    paths = sorted(arguments.photos.iterdir())[: arguments.images]
    tasks: list[Task] = [(str(path), None) for path in paths]
    rates: dict[str, list[float]] = {"own": [], "pool": []}
    for _ in range(TURNS):
        for name, how in (("own", own), ("pool", pool)):
            begun = time.perf_counter()
            assert how(tasks, arguments.model) == len(tasks)
            rates[name].append(round(len(tasks) / (time.perf_counter() - begun), 2))
            print(name, rates[name][-1], flush=True)
    result = {
        "provenance": provenance(),
        "model": arguments.model,
        "images": len(tasks),
        "images_a_second": rates,
        "own_over_pool": round(
            statistics.median(rates["own"]) / statistics.median(rates["pool"]), 3
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        deadly = Path(folder) / DEADLY
        deadly.write_bytes(paths[0].read_bytes())
        (Path(folder) / "sitecustomize.py").write_text(SITE % DEADLY)
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])
        # Read by the process beside: this one would end as well.
        some: list[Task] = [*tasks[:50], (str(deadly), None), *tasks[50:100]]
        beside = Readers(setting(arguments.model), len(some), 2)
        with closing(beside):
            answers = [each for few in _few(iter(some), 8) for each in beside._beside[0](few)]
        result["read_of_100_beside_a_deadly_one"] = {
            "own": sum(error is None for _, error in answers),
            "pool": pool(some, arguments.model),
        }
    print(json.dumps(result, indent=1))
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
