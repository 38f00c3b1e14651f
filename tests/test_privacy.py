"""Faces stay on the machine, and so does everything else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ASTRONAUT = Path(__file__).parents[1] / "examples" / "astronaut.jpg"
READ = f"""
import time
from ferlite import EmotionRecognizer
assert EmotionRecognizer().recognize({str(ASTRONAUT)!r})
time.sleep(0.2)  # what reports in the background would begin
"""


@pytest.mark.skipif(sys.platform == "win32", reason="HOME is not the home on Windows")
def test_reading_a_face_leaves_nothing_at_home(tmp_path: Path) -> None:
    """ONNX Runtime would leave an identifier of the machine and reports that wait to be sent."""
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR"):
        environment[name] = str(tmp_path)
    subprocess.run([sys.executable, "-c", READ], env=environment, check=True, timeout=120)
    assert list(tmp_path.rglob("*")) == []
