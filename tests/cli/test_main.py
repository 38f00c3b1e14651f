"""What holds for the command as a whole."""

import subprocess
import sys

import pytest

from ferlite import __version__


@pytest.mark.parametrize("module", ["cv2", "onnxruntime", "numpy", "torch", "rich.table"])
def test_the_command_line_loads_nothing_heavy_before_it_is_needed(module: str):
    code = f"import sys, ferlite, ferlite.cli; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_reading_a_face_needs_no_training_framework():
    code = (
        "import sys, ferlite; ferlite.EmotionRecognizer; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'sklearn', 'ferlite.lab')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_version_is_the_packages(ferlite):
    assert ferlite("--version") == (0, f"ferlite {__version__}\n", "")
