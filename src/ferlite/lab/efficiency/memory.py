"""How much memory a network takes: a process of its own loads and runs it, and tells its peak.

    echo '{"onnx": "model.onnx", "shape": [1, 1, 48, 48]}' | python -m ferlite.lab.efficiency.memory

prints by how many bytes the process's resident memory grew at most.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ferlite.lab.efficiency.runtimes import opened

if TYPE_CHECKING:
    from ferlite.lab.recipe import Recipe

PASSES = 5
_SELF = Path("/proc/self")


def peak_memory(source: "Recipe | Path", shape: Sequence[int]) -> int | None:
    """Bytes that loading a network and running it add to a process that has its runtime imported.

    Measured in a fresh process, on one thread, over five passes: the greatest resident size since
    the runtime was imported, less the resident size at that time. Weights, feature maps and the
    runtime's own buffers count; Python and the libraries do not.

    Args:
        source: a recipe for PyTorch, or an ONNX file.
        shape: of the faces in a pass, (N, C, H, W).

    Returns:
        Bytes, or None on systems other than Linux, which alone lets a process reset its peak.
    """
    where = {"onnx": str(source)} if isinstance(source, Path) else {"recipe": source.as_dict()}
    answer = subprocess.run(
        [sys.executable, "-m", "ferlite.lab.efficiency.memory"],
        input=json.dumps({**where, "shape": list(shape)}),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    growth: int | None = json.loads(answer.stdout)
    return growth


def _growth(source: "Recipe | Path", shape: Sequence[int]) -> int | None:
    """The same of this process, which must have the runtime imported."""
    faces_NCHW = np.zeros(shape, np.uint8)
    try:
        (_SELF / "clear_refs").write_text(
            "5"
        )  # the peak so far, which imports reached, is forgotten
    except OSError:
        return None
    before = _status("VmRSS")
    run = opened(source, threads=1)
    for _ in range(PASSES):
        run(faces_NCHW)
    return _status("VmHWM") - before


def _status(key: str) -> int:
    """A line of /proc/self/status in bytes."""
    for line in (_SELF / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024
    raise OSError(f"/proc/self/status has no {key}")


def main() -> None:
    """Answer one question from standard input."""
    question = json.load(sys.stdin)
    source: Recipe | Path
    if "onnx" in question:
        import onnxruntime  # noqa: F401

        source = Path(question["onnx"])
    else:
        import ferlite.lab.train.module  # noqa: F401
        from ferlite.lab.recipe import recipe_from_dict

        source = recipe_from_dict(question["recipe"])
    print(json.dumps(_growth(source, question["shape"])))


if __name__ == "__main__":
    main()
