"""From float32 to int8: the same ONNX network with eight-bit weights and activations."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from ferlite.files import written_whole


def quantise(source: Path, out: Path, faces_NCHW: NDArray[np.uint8], *, batch: int = 16) -> None:
    """Write `source` again with int8 weights and uint8 activations (static quantisation, QDQ).

    Weights have one scale per output channel (Krishnamoorthi 2018), activations one per tensor,
    from the least and the greatest value that the given faces cause. Input, output and metadata
    stay as they were; the softmax stays float32, because 255 levels are too few for probabilities.

    Args:
        source: a float32 ONNX network as `export_onnx` writes it.
        out: the file to write; whole or not at all.
        faces_NCHW: uint8 (N, C, H, W), N at least 1, such as the network will meet: their values
            decide the scales, and so the accuracy. For speed alone random ones do.
        batch: faces that run at a time, which bounds the memory.

    >>> import tempfile
    >>> from ferlite.classify import zoo
    >>> faces = np.random.default_rng(0).integers(0, 256, (4, 1, 48, 48), dtype=np.uint8)
    >>> quantise(zoo.path("ferlite_s"), Path(tempfile.mkdtemp()) / "small.onnx", faces)
    """
    network = onnx.load(source)
    for number, node in enumerate(network.graph.node):
        node.name = (
            node.name or f"{node.op_type}_{number}"
        )  # names tell the quantiser what to leave
    softmax = [node.name for node in network.graph.node if node.op_type == "Softmax"]
    with written_whole(out) as part:
        with _silence():
            quantize_static(
                network,
                part,
                _Faces(faces_NCHW, batch),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=softmax,
            )
        small = onnx.load(part)
        del small.metadata_props[:]  # the quantiser leaves a note of its own
        small.metadata_props.extend(network.metadata_props)
        onnx.save(small, part)


def is_quantised(path: Path) -> bool:
    """Whether an ONNX file already computes in integers, at least in part."""
    return any(
        "Quantize" in n.op_type or "QLinear" in n.op_type for n in onnx.load(path).graph.node
    )


class _Faces(CalibrationDataReader):  # type: ignore[misc]
    """Faces in batches, as the quantiser asks for them."""

    def __init__(self, faces_NCHW: NDArray[np.uint8], batch: int) -> None:
        self._batches: Iterator[NDArray[np.uint8]] = (
            faces_NCHW[start : start + batch] for start in range(0, len(faces_NCHW), batch)
        )

    def get_next(self) -> Mapping[str, Any] | None:
        """The next batch by the name of the network's input, or None after the last."""
        faces = next(self._batches, None)
        return None if faces is None else {"faces": faces}


@contextmanager
def _silence() -> Iterator[None]:
    """The quantiser advises a preparation that our exporter has done already, on every call."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(before)
