"""Environments of their own for ferlite and for a package beside it, and questions to both.

Each side runs with its own libraries in its own process. The processes stay, and are asked in
turns, so that a moment in which the machine was busy hurts both sides alike.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
ENVIRONMENTS: Final = ROOT / "runs" / "peers"
PEERS: Final = {
    # OpenCV 5 has no cascades and setuptools 80 no pkg_resources, both of which fer imports.
    "fer": ("fer==25.10.3", "tensorflow", "opencv-contrib-python<5", "setuptools<80"),
}
"""What has to be installed to run each package."""
SPACE: Final = {"fer": 12e9, "ferlite": 1e9}
"""Free bytes that an installation needs while it goes on."""


def environment(name: str, folder: Path, skip_install: bool) -> Path:
    """The Python of the environment for "ferlite" (this checkout) or a peer; made if need be.

    A peer's environment is kept; ferlite is installed anew each time, for the code changes.
    Ends the program with one sentence if the environment cannot be made.
    """
    home = folder.absolute() / name
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    if skip_install:
        if not python.exists():
            sys.exit(f"there is no environment {home}; leave out --skip-install to make it")
        return python
    wanted = "\n".join(PEERS.get(name, (str(ROOT),)))
    done = home / "installed.txt"
    if not done.is_file() or done.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        if (free := shutil.disk_usage(home.parent).free) < SPACE[name]:
            sys.exit(
                f"{name} needs {SPACE[name] / 1e9:.0f} GB to be installed, and {home.parent} has "
                f"{free / 1e9:.0f} GB; give a folder on another disk with --envs"
            )
        print(f"installing {name} into {home}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        _pip(python, name, *wanted.split("\n"))
        done.write_text(wanted)
    if name == "ferlite":
        _pip(python, name, "--force-reinstall", "--no-deps", str(ROOT))
    return python


def _pip(python: Path, name: str, *arguments: str) -> None:
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*install, *arguments], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        why = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        sys.exit(
            f"{name} could not be installed (it needs the network and disk space): "
            f"{why[-1] if why else done.stderr.strip()[-300:]}"
        )


def installed(python: Path) -> dict[str, Any]:
    """How many packages an environment has, and their bytes on disk; pip itself is left out."""
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    versions = {row["name"]: row["version"] for row in json.loads(listed.stdout)}
    versions.pop("pip", None)
    home = python.parent.parent
    size = sum(
        file.lstat().st_size
        for file in home.rglob("*")
        if file.is_file() and not any(part.startswith("pip") for part in file.parts)
    )
    return {"packages": len(versions), "bytes": size, "versions": versions}


def pinned(cores: int) -> dict[str, Any]:
    """Arguments of `subprocess` for a child with so many cores, and libraries with one thread."""
    one = {
        name: "1"
        for name in (
            "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM",
            "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
        )
    }  # fmt: skip
    arguments: dict[str, Any] = {"env": {**os.environ, **one, "TF_CPP_MIN_LOG_LEVEL": "3"}}
    if hasattr(os, "sched_setaffinity"):
        mine = sorted(os.sched_getaffinity(0))
        if len(mine) < cores:
            sys.exit(f"this needs {cores} processor cores, and there is {len(mine)}")
        arguments["preexec_fn"] = lambda: os.sched_setaffinity(0, mine[-cores:])
    return arguments


class Worker:
    """A script that waits inside an environment to be asked; see `inside.serve`."""

    def __init__(self, python: Path, script: str, cores: int = 1) -> None:
        self._noise = tempfile.TemporaryFile("w+")  # noqa: SIM115  # it lives as long as this
        self._process = subprocess.Popen(
            [python, Path(__file__).with_name(script)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._noise, text=True,
            **pinned(cores),
        )  # fmt: skip

    def ask(self, do: str, **arguments: Any) -> Any:
        """What the script answers. Ends the program with its last words if it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": do, **arguments}), file=self._process.stdin, flush=True)
        if not (answer := self._process.stdout.readline()):
            self._noise.seek(0)
            sys.exit(f"'{do}' failed; its last words were:\n{self._noise.read()[-2000:]}")
        return json.loads(answer)

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


def import_seconds(python: Path, statement: str) -> float:
    """How long an import takes in a fresh process, without Python's own start."""
    code = f"import time; a = time.perf_counter(); {statement}; print(time.perf_counter() - a)"
    done = subprocess.run(
        [python, "-c", code], check=True, capture_output=True, text=True, **pinned(1)
    )
    return float(done.stdout.splitlines()[-1])


def spread(times: Sequence[float]) -> dict[str, float]:
    """Median, 5th and 95th percentile."""
    ordered = sorted(times)
    return {
        "median": round(statistics.median(ordered), 4),
        "p5": round(ordered[len(ordered) // 20], 4),
        "p95": round(ordered[-1 - len(ordered) // 20], 4),
        "n": len(ordered),
    }


def kept(result: Path, only: Sequence[str] | None) -> dict[str, Any]:
    """What stays of an earlier result where only some parts are measured anew."""
    if not only or not result.is_file():
        return {}
    found: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return found
