"""Make the built-in face detector's file, from MediaPipe's wheel on PyPI.

    pip download mediapipe==0.10.14 --no-deps
    pip install ai-edge-litert
    python -m reports.blazeface mediapipe-0.10.14-*.whl

The wheel holds BlazeFace (Bazarevsky et al. 2019) for short range as a TensorFlow Lite file of half
precision. It is written again as ONNX, operator by operator, with the same weights, and answers the
same to 1e-4, which is checked with TensorFlow Lite's own runtime before anything is written. Three
things differ: pixels come as they are (uint8), and the number of images and their size are free,
because a convolution does not mind how large an image is.
"""

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ferlite.faces.blazeface import FILE
from reports.detector_file import write

WHEEL_MEMBER: Final = "mediapipe/modules/face_detection/face_detection_short_range.tflite"
SIDE: Final = 128
"""Height and width of the images that the original takes."""
BLOCK: Final = 16
"""Channels are filled up to a multiple of this; two blocks of 8 for processors with AVX2 alone."""
COLORS: Final = 3
ANSWERS: Final = (2, 6)
"""Scores of a place in the fine and the coarse grid; its boxes have whole blocks already."""
_TYPES: Final = {0: np.float32, 1: np.float16, 2: np.int32}
"""TensorFlow Lite's numbers for the types that occur."""


def main() -> None:
    """Convert, check and write the file and its card."""
    parser = argparse.ArgumentParser(description="Convert BlazeFace to ONNX.")
    parser.add_argument("wheel", type=Path, help="mediapipe-0.10.14-….whl")
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        original = wheel.read(WHEEL_MEMBER)
    converted = convert(original)
    difference = largest_difference(original, converted)
    card = {
        "name": "blazeface",
        "summary": "BlazeFace for short range, the built-in detector",
        "task": "where in an image faces, their eyes, nose, mouth and ears are",
        "input": "uint8 images (N, H, W, 3), RGB; H and W multiples of 16",
        "source": {
            "package": "https://pypi.org/project/mediapipe/0.10.14/",
            "file": WHEEL_MEMBER,
            "model_card": "https://storage.googleapis.com/mediapipe-assets/"
            "MediaPipe%20BlazeFace%20Model%20Card%20(Short%20Range).pdf",
        },
        "paper": "Bazarevsky et al. 2019, BlazeFace, arXiv:1907.05047",
        "converted_by": "reports/blazeface.py",
        "licence": "Apache-2.0",
    }
    write(arguments.out, converted, original, difference, card)


def convert(content: bytes) -> bytes:
    """A TensorFlow Lite file of BlazeFace as ONNX.

    Raises:
        KeyError: it has an operator that BlazeFace does not have.
    """
    network = _Network(content)
    nodes = [
        # TensorFlow keeps channels last and takes pixels in [-1, 1].
        helper.make_node("Cast", ["images"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Div", ["planes", "half_range"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "one"], [network.input]),
    ]
    weights: dict[str, Any] = {"half_range": np.float32(127.5), "one": np.float32(1)}
    for operator in network.operators():
        nodes += _converted(operator, network, weights)
    used = {name for node in nodes for name in node.input}
    for name in sorted(used & network.constants.keys()):
        # Half precision in the file, as in the original; ONNX Runtime widens it while loading.
        weights[f"{name}_half"] = _filled_up(network.constants[name])
        nodes.insert(0, helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    boxes, scores = network.outputs
    graph = helper.make_graph(
        [
            *nodes,
            helper.make_node("Identity", [boxes], ["boxes"]),
            helper.make_node("Sigmoid", [scores], ["scores"]),
        ],
        "blazeface",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", "H", "W", 3])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["N", "A", 16]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", "A", 1]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="ferlite"
    )
    onnx.checker.check_model(model, full_check=True)
    written: bytes = model.SerializeToString()
    return written


def largest_difference(original: bytes, converted: bytes) -> float:
    """Between the two files' outputs, over the largest value of each; on noise at many scales."""
    import onnxruntime
    from ai_edge_litert.interpreter import Interpreter

    theirs = Interpreter(model_content=original)
    theirs.allocate_tensors()
    (taken,) = theirs.get_input_details()
    given = theirs.get_output_details()
    ours = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for coarse in (SIDE >> k for k in range(6)):
        noise_HWC = rng.integers(0, 256, (coarse, coarse, 3), dtype=np.uint8)
        image_HWC = np.kron(noise_HWC, np.ones((SIDE // coarse, SIDE // coarse, 1), np.uint8))
        theirs.set_tensor(taken["index"], image_HWC[None].astype(np.float32) / 127.5 - 1)
        theirs.invoke()
        expected = {d["shape"][-1]: theirs.get_tensor(d["index"]) for d in given}
        logits = expected[1].astype(np.float64).clip(-100, 100)
        expected[1] = 1 / (1 + np.exp(-logits))
        for found in ours.run(None, {"images": image_HWC[None]}):
            difference = np.abs(found - expected[found.shape[-1]]).max()
            worst = max(worst, float(difference / np.abs(found).max()))
    return worst


class _Network:
    """What is needed of a TensorFlow Lite file: its operators in order, and its constants.

    Attributes:
        input: the name of the tensor that takes the image.
        outputs: the names of those that give boxes and scores.
        constants: weights by the names of the tensors that they become.
    """

    def __init__(self, content: bytes) -> None:
        self._model = tflite.Model.GetRootAs(content, 0)
        self._graph = self._model.Subgraphs(0)
        (self.input,) = map(_name, self._graph.InputsAsNumpy())
        wide = {int(self.shape(i)[-1]): _name(i) for i in self._graph.OutputsAsNumpy()}
        self.outputs = wide[16], wide[1]
        self.constants = {
            _name(i): value
            for i in range(self._graph.TensorsLength())
            if (value := self._constant(i)) is not None
        }

    def shape(self, tensor: int) -> NDArray[np.int32]:
        shape: NDArray[np.int32] = self._graph.Tensors(tensor).ShapeAsNumpy()
        return shape

    def operators(self) -> Iterator[tuple[str, list[int], int, Any]]:
        """Kind, inputs, output and options of each operator."""
        kinds = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
        for at in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(at)
            code = self._model.OperatorCodes(operator.OpcodeIndex())
            kind = kinds[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            (output,) = operator.OutputsAsNumpy()
            yield kind, operator.InputsAsNumpy().tolist(), int(output), operator.BuiltinOptions()

    def _constant(self, tensor: int) -> NDArray[Any] | None:
        described = self._graph.Tensors(tensor)
        content = self._model.Buffers(described.Buffer()).DataAsNumpy()
        if isinstance(content, int):  # nothing lies there
            return None
        value: NDArray[Any] = content.view(_TYPES[described.Type()]).reshape(self.shape(tensor))
        return value


def _converted(
    operator: tuple[str, list[int], int, Any], network: _Network, weights: dict[str, Any]
) -> list[onnx.NodeProto]:
    """The ONNX nodes of one operator; what they need of constants is added to `weights`."""
    kind, inputs, output, table = operator
    names, out = [_name(i) for i in inputs], _name(output)
    match kind:
        case "DEQUANTIZE":  # from half precision, which is done for all constants at once
            network.constants[out] = network.constants[names[0]]
            return []
        case "CONV_2D" | "DEPTHWISE_CONV_2D":
            options = _options(tflite.Conv2DOptions, table)
            side = int(network.shape(inputs[1])[1])
            stride = options.StrideH()
            channels = int(network.shape(inputs[0])[-1])
            return [
                helper.make_node(
                    "Conv", names, [out],
                    kernel_shape=[side, side], strides=[stride, stride],
                    pads=_same(side, stride),
                    group=_whole_blocks(channels) if kind.startswith("DEPTHWISE") else 1,
                )
            ]  # fmt: skip
        case "MAX_POOL_2D":
            return [helper.make_node("MaxPool", names, [out], kernel_shape=[2, 2], strides=[2, 2])]
        case "RELU" | "ADD":
            return [helper.make_node({"RELU": "Relu", "ADD": "Add"}[kind], names, [out])]
        case "PAD":  # with channels of zeros; as a convolution, blocks stay blocks
            before, after = (int(network.shape(i)[-1]) for i in (inputs[0], output))
            if _whole_blocks(before) == _whole_blocks(after):  # they are there
                return [helper.make_node("Identity", names[:1], [out])]
            network.constants[f"{out}_eye"] = np.eye(after, before, dtype=np.float16)[:, None, None]
            return [helper.make_node("Conv", [names[0], f"{out}_eye"], [out], kernel_shape=[1, 1])]
        case "RESHAPE":
            weights[f"{out}_shape"] = np.array([0, -1, network.shape(output)[-1]], np.int64)
            return [
                helper.make_node("Transpose", names[:1], [f"{out}_last"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{out}_last", f"{out}_shape"], [out]),
            ]
        case "CONCATENATION":
            return [helper.make_node("Concat", names, [out], axis=1)]
    raise KeyError(f"BlazeFace has no operator {kind}")


def _options(kind: Any, table: Any) -> Any:
    """An operator's options. A depthwise convolution's begin as an ordinary one's do."""
    options = kind()
    options.Init(table.Bytes, table.Pos)
    return options


def _same(side: int, stride: int) -> list[int]:
    """TensorFlow's "SAME" border for an even number of pixels: top, left, bottom, right."""
    both = side - stride
    before = both // 2
    return [before, before, both - before, both - before]


def _filled_up(weights: NDArray[Any]) -> NDArray[Any]:
    """Weights (out, H, W, in), or (1, H, W, out) of depthwise ones, as (out, in, H, W).

    Zeros fill both up to whole blocks, but for the image's colours and what is a network's answer.
    """
    if weights.ndim == 4:
        depthwise = weights.shape[0] == 1 and weights.shape[1] > 1
        weights = weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
    wanted = list(weights.shape)
    if wanted[0] not in ANSWERS:
        wanted[0] = _whole_blocks(wanted[0])
    if weights.ndim == 4 and wanted[1] > COLORS:
        wanted[1] = _whole_blocks(wanted[1])
    more = [(0, after - before) for before, after in zip(weights.shape, wanted, strict=True)]
    return np.pad(weights, more)


def _whole_blocks(channels: int) -> int:
    return channels + -channels % BLOCK


def _name(tensor: int) -> str:
    return f"t{tensor}"


if __name__ == "__main__":
    main()
