"""Two nodes, of which one is killed, by benchmarks/bulk_kills.py."""

import json
import os
import subprocess
import sys
from pathlib import Path

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
