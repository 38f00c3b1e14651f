"""What Ray says of processes that end; and two nodes, one killed by benchmarks/bulk_kills.py."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_a_killed_node_leaves_the_same_table(tmp_path: Path) -> None:
    out = tmp_path / "kills.json"
    script = str(ROOT / "benchmarks" / "bulk_kills.py")
    options = ["--kills", "1", "0", "0", "--images", "110", "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, script, *options], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())
    assert [(each["kill"], each["killed"]) for each in found["rounds"]] == [("node", 1)]
    assert found["same_table"] == 1
    assert found["deadly_images_as_error_rows"] == 1


def test_ray_tells_of_workers_that_died_and_not_of_those_that_were_stopped(
    ray_here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    import ray

    @ray.remote(num_cpus=0, max_restarts=1, max_task_retries=1)
    class Sleeper:
        def awake(self) -> None:
            pass

        def sleep(self) -> None:
            time.sleep(600)

        def die(self) -> None:
            os._exit(1)

    stopped, dies = Sleeper.remote(), Sleeper.remote()  # type: ignore[attr-defined]
    ray.get([stopped.awake.remote(), dies.awake.remote()])
    asleep = stopped.sleep.remote()
    ray.kill(stopped)
    for task in (asleep, dies.die.remote()):
        with pytest.raises(ray.exceptions.RayActorError):
            ray.get(task)
    said, until = "", time.monotonic() + 30
    while "Sleeper.die failed" not in said and time.monotonic() < until:
        time.sleep(0.05)
        said += capsys.readouterr().out
    assert "Sleeper.die failed" in said
    assert "Sleeper.sleep" not in said


def test_sigterm_ends_a_job_as_ctrl_c_does(ray_here: None) -> None:
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(10)
