"""From float32 to int8: the same ONNX network with int8 weights and activations."""

import contextlib
import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.evaluate.report import fitted

Ranges = Literal["MinMax", "Entropy", "Percentile"]
Form = Literal["QDQ", "QOperator"]


def quantise(
    source: Path,
    out: Path,
    faces_NCHW: NDArray[np.uint8],
    *,
    batch: int = 16,
    ranges: Ranges = "MinMax",
    form: Form = "QDQ",
    reduce_range: bool = True,
    float_layers: Sequence[int] = (),
    name: str | None = None,
) -> None:
    """Write `source` again with int8 weights and uint8 activations (static quantisation).

    Weights have one scale per output channel (Krishnamoorthi 2018), activations one per tensor,
    from the values that the given faces cause. Input, output and metadata stay as they were; the
    softmax stays float32, because 255 levels are too few for probabilities.

    Why the defaults are as they are, and what the others cost: docs/int8.md.

    Args:
        source: a float32 ONNX network as `export_onnx` writes it.
        out: the file to write; whole or not at all.
        faces_NCHW: uint8 (N, C, H, W), N at least 1, such as the network will meet: their values
            decide the scales, and so the accuracy. For speed alone random ones do.
        batch: faces that run at a time, which bounds the memory.
        ranges: how the values decide an activation's scale: the least and the greatest one; the
            cut that keeps most information (KL divergence); or all but the outermost 0.001%.
        form: operators between steps to and from float32, which ONNX Runtime fuses ("QDQ"), or
            integer operators ("QOperator").
        reduce_range: seven bits for weights. Processors with AVX2 or AVX-512 but without VNNI add
            pairs of uint8 × int8 products in 16 bits, which overflow at full weights; with seven
            bits every processor gives the same answer.
        float_layers: convolutions and matrix products to leave float32, by their place: 0 is the
            first, −1 the last.
        name: the model's name in the new file; the old one if None.

    >>> import tempfile
    >>> from ferlite.classify import zoo
    >>> faces = np.random.default_rng(0).integers(0, 256, (4, 1, 48, 48), dtype=np.uint8)
    >>> quantise(zoo.path(zoo.FAST), Path(tempfile.mkdtemp()) / "small.onnx", faces)
    """
    network = onnx.load(source)
    for number, node in enumerate(network.graph.node):
        node.name = (
            node.name or f"{node.op_type}_{number}"
        )  # names tell the quantiser what to leave
    nodes = network.graph.node
    layers = [node.name for node in nodes if node.op_type in ("Conv", "Gemm", "MatMul")]
    left = [node.name for node in nodes if node.op_type == "Softmax"]
    left += [layers[place] for place in float_layers]
    with written_whole(out) as part:
        with _silence():
            quantize_static(
                network,
                part,
                _Faces(faces_NCHW, batch),
                quant_format=QuantFormat[form],
                calibrate_method=CalibrationMethod[ranges],
                reduce_range=reduce_range,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=left,
                # One batch at a time; or else all values of the network are kept for all faces,
                # which takes more than 20 GB for ferlite_m.
                extra_options={"CalibStridedMinMax": 1},
            )
        small = onnx.load(part)
        del small.metadata_props[:]  # the quantiser leaves a note of its own
        small.metadata_props.extend(network.metadata_props)
        for entry in small.metadata_props:
            if name and entry.key == "ferlite.name":
                entry.value = name
        onnx.save(small, part)


def calibration_faces(
    dataset: FaceDataset, channels: int, size: tuple[int, int], count: int = 512
) -> NDArray[np.uint8]:
    """Training faces that set the scales of an int8 file, drawn by lot, the same every time.

    Args:
        dataset: of the network's training; other rows than training rows are left alone.
        channels: 1 or 3, as the network takes.
        size: height and width that the network takes.
        count: further ones hardly move the scales.

    Returns:
        uint8 (N, channels, height, width), N at most `count`.

    Raises:
        FerliteError: there are no training rows.
    """
    rows = dataset.rows("train")
    if not len(rows):
        raise FerliteError(f"{dataset.name}: has no train rows, and an int8 file needs them")
    some = np.random.default_rng(0).permutation(rows)[:count]
    return fitted(dataset.images_NHW[some], channels, size)


def is_quantised(path: Path) -> bool:
    """Whether an ONNX file already computes in integers, at least in part."""
    return any(
        "Quantize" in n.op_type or "QLinear" in n.op_type for n in onnx.load(path).graph.node
    )


class _Faces(CalibrationDataReader):  # type: ignore[misc]
    """Faces in batches, as the quantiser asks for them."""

    def __init__(self, faces_NCHW: NDArray[np.uint8], batch: int) -> None:
        starts = range(0, len(faces_NCHW), batch)
        self._batches = [faces_NCHW[start : start + batch] for start in starts]
        self._left = iter(self._batches)

    def __len__(self) -> int:
        return len(self._batches)

    def set_range(self, start_index: int, end_index: int) -> None:
        """The batches to give from now on."""
        self._left = iter(self._batches[start_index:end_index])

    def get_next(self) -> Mapping[str, Any] | None:
        """The next batch by the name of the network's input, or None after the last."""
        faces = next(self._left, None)
        return None if faces is None else {"faces": faces}


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The quantiser advises a preparation that our exporter has done, and prints its progress."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        root.setLevel(before)
