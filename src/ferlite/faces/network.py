"""Load the networks that find faces and ship with the package."""

import hashlib
import json
from pathlib import Path
from typing import Any

import onnxruntime as ort

from ferlite.errors import ModelError


def card(file: Path) -> dict[str, Any]:
    """What is known of a network: where it is from, its licence and its file's SHA-256."""
    answer: dict[str, Any] = json.loads(file.with_suffix(".json").read_text("utf-8"))
    return answer


def load_network(file: Path, threads: int) -> ort.InferenceSession:
    """A network, once its file is known to be the one that its card tells of.

    Args:
        file: the ONNX file, with its card beside it.
        threads: how many threads one run may use.

    Raises:
        ModelError: the file is missing or another one.
    """
    content = file.read_bytes() if file.is_file() else b""
    if hashlib.sha256(content).hexdigest() != card(file)["sha256"]:
        raise ModelError(f"the file of the detector {file.stem} is damaged; install ferlite again")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # it would keep one for every size of image
    options.log_severity_level = 4
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
