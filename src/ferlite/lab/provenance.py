"""Where a number comes from: commit, library versions, machine. Every file in results/ has it."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

_LIBRARIES = (
    "ferlite", "numpy", "torch", "lightning", "torchvision", "timm", "onnx", "onnxruntime",
    "opencv-python-headless", "scikit-learn",
)  # fmt: skip


def provenance() -> dict[str, Any]:
    """Commit, versions and hardware of this run, ready for JSON.

    >>> sorted(provenance())
    ['commit', 'hardware', 'versions']
    """
    return {"commit": commit(), "versions": versions(), "hardware": hardware()}


def commit() -> str | None:
    """Hash of the checked-out commit, with "+changes" if files differ; None outside a checkout."""
    here = Path(__file__).parent
    try:
        head = _git(here, "rev-parse", "HEAD")
        changed = _git(
            here, "status", "--porcelain", "--untracked-files=no", "--", "*.py", "*.yaml"
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+changes" if changed else "")


def _git(folder: Path, *arguments: str) -> str:
    answer = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return answer.stdout.strip()


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that numbers can depend on, where installed."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """Processor, its cores, and those of its vector instructions that matter here."""
    found: dict[str, Any] = {
        "processor": platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
    }
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text()
    except OSError:
        return found
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            found["processor"] = value.strip()
        if key.strip() == "flags":
            wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
            found["instructions"] = [flag for flag in wanted if flag in value.split()]
            break
    return found
