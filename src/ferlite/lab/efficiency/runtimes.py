"""One network in PyTorch or ONNX Runtime, as a plain function of pixels."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ferlite.lab.recipe import Recipe

Run = Callable[[NDArray[np.uint8]], Any]
"""Takes uint8 faces (N, C, H, W), gives probabilities (N, classes)."""


def opened(source: "Recipe | Path", threads: int) -> Run:
    """A network ready to run.

    PyTorch runs a recipe's network as it was trained: eval mode, channels last, no gradients.
    ONNX Runtime runs a file with the settings of `ferlite.classify`.

    Args:
        source: a recipe, for PyTorch with fresh weights (speed does not depend on them), or an
            ONNX file.
        threads: how many threads one call may use. PyTorch has one such number for the whole
            process: the last one asked for.

    >>> from ferlite.classify import zoo
    >>> run = opened(zoo.path(zoo.FAST), threads=1)
    >>> run(np.zeros((2, 1, 48, 48), np.uint8)).shape
    (2, 7)
    """
    # Each imports its own runtime only, so that the memory of one can be told from the other's.
    return _onnx(source, threads) if isinstance(source, Path) else _pytorch(source, threads)


def _onnx(path: Path, threads: int) -> Run:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda faces_NCHW: session.run(["probabilities"], {"faces": faces_NCHW})[0]


def _pytorch(recipe: "Recipe", threads: int) -> Run:
    import torch

    from ferlite.lab.train.module import build_model

    torch.set_num_threads(threads)
    model = build_model(recipe).eval().to(memory_format=torch.channels_last)

    def run(faces_NCHW: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            probabilities: NDArray[np.float32] = model(torch.from_numpy(faces_NCHW)).numpy()
        return probabilities

    return run
