"""Does Ray Data's own checkpoint hold? results/benchmarks/bulk_checkpoints.json.

    python benchmarks/bulk_checkpoints.py

A dataset of ids becomes three rows for each, as images become faces, and is written as Parquet with
`ray.data.checkpoint`. The process is killed with SIGKILL at a random moment and started again until
it ends by itself. Then every id should be there three times.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from ferlite.files import written_whole
from ferlite.lab.provenance import provenance

RESULT: Final = Path(__file__).parents[1] / "results" / "benchmarks" / "bulk_checkpoints.json"
IDS: Final = 4000
ROWS: Final = 3


def job(folder: Path) -> None:
    """The dataset, from ids to Parquet; in a process of its own."""
    import ray.data
    from ray.data.checkpoint import CheckpointConfig

    ray.init(address="local", num_cpus=2, object_store_memory=200_000_000, log_to_driver=False,
             include_dashboard=False)  # fmt: skip
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.target_max_block_size = 4096  # so that an image's faces may lie in two blocks
    context.checkpoint_config = CheckpointConfig(
        id_column="id",
        checkpoint_path=str(folder / "checkpoint"),
        delete_checkpoint_on_success=False,
    )

    class Faces:
        def __call__(self, batch: pa.Table) -> pa.Table:
            time.sleep(0.02)
            ids = [each for each in batch["id"].to_pylist() for _ in range(ROWS)]
            return pa.table({"id": ids, "text": ["x" * 100] * len(ids)})

    ray.data.read_parquet(str(folder / "ids")).map_batches(
        Faces, batch_size=64, batch_format="pyarrow", compute=ray.data.ActorPoolStrategy(size=1)
    ).write_parquet(str(folder / "out"), mode=ray.data.SaveMode.APPEND)


def attempt(work: Path) -> dict[str, Any]:
    """One job with kills; what became of its ids."""
    shutil.rmtree(work, ignore_errors=True)
    (work / "ids").mkdir(parents=True)
    for i in range(20):
        ids = range(i * IDS // 20, (i + 1) * IDS // 20)
        parquet.write_table(pa.table({"id": list(ids)}), work / "ids" / f"{i}.parquet")
    kills, status = 0, -9
    while status and kills < 4:
        process = subprocess.Popen(
            [sys.executable, __file__, "--job", str(work)], stderr=subprocess.DEVNULL
        )
        # Killed when some files of this run are there, but not in the last of four.
        before = len(list((work / "out").glob("*.parquet")))
        more = random.randint(1, 20)
        while process.poll() is None:
            if kills < 3 and len(list((work / "out").glob("*.parquet"))) >= before + more:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.005)
        status = process.returncode
        kills += status == -9
        time.sleep(2)  # until what it had started is gone
    tables = [parquet.read_table(file, columns=["id"]) for file in (work / "out").glob("*.parquet")]
    counts = Counter(pa.concat_tables(tables)["id"].to_pylist()) if tables else Counter()
    return {
        "kills": kills,
        "status": status,
        "ids": IDS,
        "ids_missing": sum(counts[i] == 0 for i in range(IDS)),
        "ids_with_rows_lost": sum(0 < counts[i] < ROWS for i in range(IDS)),
        "ids_with_rows_twice": sum(counts[i] > ROWS for i in range(IDS)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=5)
    parser.add_argument("--job", type=Path)
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if arguments.job is not None:
        job(arguments.job)
        return
    random.seed(25)
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for _ in range(arguments.attempts):
            found.append(attempt(Path(folder) / "work"))
            print(json.dumps(found[-1]), flush=True)
    import ray

    result = {"provenance": provenance(), "ray": ray.__version__, "attempts": found}
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
