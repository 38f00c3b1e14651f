"""Whether `ferlite label` survives what is killed: results/benchmarks/bulk_kills.json.

    python benchmarks/bulk_kills.py                  # twenty nodes, five drivers, five workers
    python benchmarks/bulk_kills.py --quick          # one of each, to see whether all still runs

A Ray cluster of two nodes runs on this machine. Each time a job is begun, and at a random moment
the second node with all its processes, the command itself, or one worker is killed with SIGKILL.
After the command, or the same command again, has ended, the table must be that of a job in which
nothing was killed, row for row. In all jobs one image kills the process that reads it, every time;
it must end as an error row.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psutil
import pyarrow as pa
import pyarrow.compute
from PIL import Image
from pyarrow import parquet

from ferlite.files import written_whole
from ferlite.lab.provenance import provenance

ROOT: Final = Path(__file__).parents[1]
RESULT: Final = ROOT / "results" / "benchmarks" / "bulk_kills.json"
COMMAND: Final = [sys.executable, "-c", "from ferlite.cli import main; main()", "label"]
DEADLY: Final = "0100.jpg"
# Python runs this in every process of the cluster before anything else.
SITE: Final = """
import builtins, os, sys
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith("/photos/%s"):
        os.kill(os.getpid(), 9)
if "ray" in " ".join(sys.orig_argv):
    sys.addaudithook(watch)
"""


def make_photos(folder: Path, count: int) -> None:
    """A face of 64 pixels in many brightnesses; one of the files is deadly."""
    head = Image.open(ROOT / "examples" / "astronaut.jpg").crop((144, 36, 304, 196))
    head = head.convert("RGB").resize((64, 64))
    folder.mkdir()
    for i in range(count):
        dimmed = head.point(lambda value, i=i: value * (i % 50 + 50) // 100)
        dimmed.save(folder / f"{i:04}.jpg")


def table(out: Path) -> pa.Table:
    files = sorted(out.glob("part-*.parquet"))
    return pa.concat_tables(map(parquet.read_table, files))


class Cluster:
    """Two nodes of one core each; the second can be killed and started anew."""

    def __init__(self, site: Path) -> None:
        (site / "sitecustomize.py").write_text(SITE % DEADLY)
        paths = [str(site), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  # as Ray spells it
        from ray.cluster_utils import Cluster as Two

        self._options: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100_000_000}
        self._two: Any = Two(
            initialize_head=True, head_node_args={**self._options, "include_dashboard": False}
        )
        self.address = self._two.address
        self._second: Any = None

    def start_second(self) -> None:
        if self._second is None:
            self._second = self._two.add_node(**self._options)

    def kill_second(self) -> None:
        """Kill the node's own processes and its workers, as if the power went."""
        own = [info.process.pid for each in self._second.all_processes.values() for info in each]
        processes = [
            child
            for pid in own
            for child in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        ]
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self._two.worker_nodes.remove(self._second)
        self._second = None

    def workers(self) -> list[psutil.Process]:
        """The processes with a recognizer."""
        nodes = [self._two.head_node, self._second]
        raylets = [
            info.process.pid
            for node in nodes
            if node is not None
            for info in node.all_processes.get("raylet", [])
        ]
        return [
            child
            for raylet in raylets
            for child in psutil.Process(raylet).children(recursive=True)
            if "MapWorker" in child.name() or "MapWorker" in " ".join(child.cmdline())
        ]

    def close(self) -> None:
        self._two.shutdown()


def run(
    cluster: Cluster, photos: Path, out: Path, model: str, kill: str, at: int
) -> dict[str, Any]:
    """Do a job in which something is killed when so many parts are done."""

    def begin() -> subprocess.Popen[bytes]:
        log = (out.parent / f"{out.name}.log").open("ab")
        options = ["--out", str(out), "--address", cluster.address, "--model", model]
        return subprocess.Popen([*COMMAND, str(photos), *options], stdout=log, stderr=log)

    cluster.start_second()
    started = time.monotonic()
    job = begin()
    killed = 0
    while job.poll() is None:
        if kill and not killed and len(list(out.glob("part-*.parquet"))) >= at:
            time.sleep(random.random())
            if kill == "node":
                cluster.kill_second()
                killed = 1
            elif kill == "driver":
                job.send_signal(signal.SIGKILL)
                killed = 1
            elif workers := cluster.workers():
                random.choice(workers).kill()
                killed = 1
        time.sleep(0.02)
    if kill == "driver":
        job = begin()
        job.wait()
    return {
        "kill": kill,
        "after_parts": at,
        "killed": killed,
        "status": job.returncode,
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--kills", type=int, nargs=3, default=(20, 5, 5))
    parser.add_argument("--model", default="ferlite_xs")
    parser.add_argument("--seed", type=int, default=25)
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    images, kills = arguments.images, arguments.kills
    if arguments.quick:
        images, kills = 200, (1, 1, 1)
    random.seed(arguments.seed)
    result: dict[str, Any] = {
        "provenance": provenance(),
        "images": images,
        "model": arguments.model,
        "rounds": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        make_photos(work / "photos", images)
        (work / "site").mkdir()
        cluster = Cluster(work / "site")
        try:
            whole = run(cluster, work / "photos", work / "whole", arguments.model, "", 0)
            expected = table(work / "whole")
            crashed = pa.compute.equal(expected["error_kind"], "crashed")
            result["parts"] = len(list((work / "whole").glob("part-*.parquet")))
            result["rows"] = expected.num_rows
            result["deadly_images_as_error_rows"] = expected.filter(crashed).num_rows
            result["uninterrupted_seconds"] = whole["seconds"]
            rounds = [
                (kill, number)
                for kill, count in zip(("node", "driver", "worker"), kills, strict=True)
                for number in range(count)
            ]
            for kill, number in rounds:
                out = work / f"{kill}-{number}"
                at = random.randint(0, result["parts"] - 2)
                found = run(cluster, work / "photos", out, arguments.model, kill, at)
                found["same_table"] = found["status"] == 0 and table(out).equals(expected)
                result["rounds"].append(found)
                result["same_table"] = sum(each["same_table"] for each in result["rounds"])
                print(json.dumps(found), flush=True)
                if not found["same_table"]:
                    print((work / f"{out.name}.log").read_text(), file=sys.stderr)
                with written_whole(arguments.out) as part:
                    part.write_text(json.dumps(result, indent=1) + "\n")
        finally:
            cluster.close()
    if result["same_table"] < len(rounds) or result["deadly_images_as_error_rows"] != 1:
        sys.exit("a table differs")


if __name__ == "__main__":
    main()
