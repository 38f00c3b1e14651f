"""Two nodes, of which one is killed; and the command; and a worker (benchmarks/bulk_kills.py)."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_whatever_is_killed_the_table_is_the_same(tmp_path: Path) -> None:
    out = tmp_path / "kills.json"
    script = str(ROOT / "benchmarks" / "bulk_kills.py")
    options = ["--kills", "1", "1", "0", "--images", "110", "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, script, *options], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())
    assert [(each["kill"], each["killed"]) for each in found["rounds"]] == [
        ("node", 1), ("driver", 1),
    ]  # fmt: skip
    assert found["same_table"] == 2
    assert found["deadly_images_as_error_rows"] == 1
