"""Make the file of P-Net, which suspects small faces, from facenet-pytorch's wheel on PyPI.

    pip download facenet-pytorch==2.6.0 --no-deps
    python -m reports.pnet facenet_pytorch-2.6.0-*.whl

The wheel holds MTCNN (Zhang et al. 2016) in PyTorch. Its first network is written as ONNX with the
same weights, and answers the same to 1e-4, which is checked with PyTorch before it is written.
Three things differ: pixels come as they are (uint8), the two classes are one score, and channels
are filled up with zeros to whole blocks, with PReLU as a sum of convolutions: so ONNX Runtime keeps
its fast order of channels from the first convolution to the last.
"""

import argparse
import io
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ferlite.faces.pnet import FILE
from reports.detector_file import write

WHEEL_MEMBER: Final = "facenet_pytorch/data/pnet.pt"
BLOCK: Final = 16
"""Channels are filled up to a multiple of this."""

Floats = NDArray[np.float32]


def main() -> None:
    """Convert, check and write the file and its card."""
    parser = argparse.ArgumentParser(description="Convert P-Net to ONNX.")
    parser.add_argument("wheel", type=Path, help="facenet_pytorch-2.6.0-….whl")
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        original = wheel.read(WHEEL_MEMBER)
    weights = read(original)
    converted = convert(weights)
    difference = largest_difference(weights, converted)
    card = {
        "name": "pnet",
        "summary": "P-Net of MTCNN, which suspects small faces for the built-in detector",
        "task": "where in an image faces may be",
        "input": "uint8 images (N, H, W, 3), RGB; H and W at least 12",
        "source": {
            "package": "https://pypi.org/project/facenet-pytorch/2.6.0/",
            "file": WHEEL_MEMBER,
        },
        "paper": "Zhang et al. 2016, Joint Face Detection and Alignment Using Multitask Cascaded "
        "Convolutional Networks, arXiv:1604.02878",
        "converted_by": "reports/pnet.py",
        "licence": "MIT",
    }
    write(arguments.out, converted, original, difference, card)


def read(content: bytes) -> dict[str, Floats]:
    """The weights of a PyTorch file; nothing in it is run."""
    import torch

    state = torch.load(io.BytesIO(content), weights_only=True)
    return {name: value.numpy() for name, value in state.items()}


def convert(weights: dict[str, Floats]) -> bytes:
    """P-Net as ONNX."""
    constants: dict[str, Floats] = {}
    nodes = [
        helper.make_node("Cast", ["images"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
    ]
    # MTCNN takes (pixel - 127.5) / 128; its convolutions have no border, so the first can do that.
    first = weights["conv1.weight"] / np.float32(128)
    offset = weights["conv1.bias"] - np.float32(127.5) * first.sum(axis=(1, 2, 3))
    layers: list[tuple[Floats, Floats, Floats]] = [
        (first, offset, weights["prelu1.weight"]),
        (weights["conv2.weight"], weights["conv2.bias"], weights["prelu2.weight"]),
        (weights["conv3.weight"], weights["conv3.bias"], weights["prelu3.weight"]),
    ]
    given = "planes"
    for number, (kernel, bias, slope) in enumerate(layers, 1):
        filled = len(bias) + -len(bias) % BLOCK
        inputs = kernel.shape[1] if number == 1 else kernel.shape[1] + -kernel.shape[1] % BLOCK
        kernel = _filled_up(kernel, filled, inputs)
        slope = _filled_up(slope, filled)
        out = f"layer{number}"
        constants |= {
            f"{out}_kernel": kernel,
            f"{out}_bias": _filled_up(bias, filled),
            f"{out}_slope": slope[:, None, None, None],
            f"{out}_rest": (1 - slope)[:, None, None, None],
        }
        each: dict[str, Any] = {"kernel_shape": [1, 1], "group": filled}
        nodes += [  # PReLU(x) = slope · x + (1 - slope) · ReLU(x)
            helper.make_node(
                "Conv", [given, f"{out}_kernel", f"{out}_bias"], [f"{out}_x"], kernel_shape=[3, 3]
            ),
            helper.make_node("Relu", [f"{out}_x"], [f"{out}_relu"]),
            helper.make_node("Conv", [f"{out}_relu", f"{out}_rest"], [f"{out}_above"], **each),
            helper.make_node("Conv", [f"{out}_x", f"{out}_slope"], [f"{out}_all"], **each),
            helper.make_node("Add", [f"{out}_above", f"{out}_all"], [out]),
        ]
        given = out
        if number == 1:
            nodes.append(
                helper.make_node(
                    "MaxPool", [out], ["pooled"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1
                )
            )
            given = "pooled"
    face, other = weights["conv4_1.weight"][[1]], weights["conv4_1.weight"][[0]]
    constants |= {
        "face": face - other,  # softmax over two is the logistic function of the difference
        "face_bias": weights["conv4_1.bias"][[1]] - weights["conv4_1.bias"][[0]],
        "moves_kernel": weights["conv4_2.weight"],
        "moves_bias": weights["conv4_2.bias"],
    }
    nodes += [
        helper.make_node("Conv", [given, "face", "face_bias"], ["logit"], kernel_shape=[1, 1]),
        helper.make_node("Sigmoid", ["logit"], ["scores"]),
        helper.make_node(
            "Conv", [given, "moves_kernel", "moves_bias"], ["moves"], kernel_shape=[1, 1]
        ),
    ]
    graph = helper.make_graph(
        nodes,
        "pnet",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", "H", "W", 3])],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 1, "h", "w"]),
            helper.make_tensor_value_info("moves", TensorProto.FLOAT, ["N", 4, "h", "w"]),
        ],
        [
            numpy_helper.from_array(value.astype(np.float32), name)
            for name, value in constants.items()
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="ferlite"
    )
    onnx.checker.check_model(model, full_check=True)
    written: bytes = model.SerializeToString()
    return written


def largest_difference(weights: dict[str, Floats], converted: bytes) -> float:
    """Between what PyTorch and ONNX Runtime answer, on noise at many scales."""
    import onnxruntime

    network = _original(weights)
    session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for side, block in ((12, 1), (64, 1), (64, 8), (97, 1), (120, 24)):
        coarse = -(-side // block)
        noise_HWC = rng.integers(0, 256, (coarse, coarse, 3), dtype=np.uint8)
        image_HWC = np.kron(noise_HWC, np.ones((block, block, 1), np.uint8))[:side, :side]
        for expected, found in zip(
            network(image_HWC), session.run(None, {"images": image_HWC[None]}), strict=True
        ):
            worst = max(worst, float(np.abs(expected - found).max()))
    return worst


def _original(weights: dict[str, Floats]) -> Any:
    """P-Net in PyTorch, with the operators of facenet-pytorch."""
    import torch
    from torch.nn.functional import conv2d, max_pool2d, prelu

    w = {name: torch.from_numpy(value) for name, value in weights.items()}

    def answer(image_HWC: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        x_CHW = image_HWC.transpose(2, 0, 1).astype(np.float32)
        x = (torch.from_numpy(x_CHW)[None] - 127.5) * 0.0078125
        x = prelu(conv2d(x, w["conv1.weight"], w["conv1.bias"]), w["prelu1.weight"])
        x = max_pool2d(x, 2, 2, ceil_mode=True)
        for i in (2, 3):
            x = conv2d(x, w[f"conv{i}.weight"], w[f"conv{i}.bias"])
            x = prelu(x, w[f"prelu{i}.weight"])
        classes = conv2d(x, w["conv4_1.weight"], w["conv4_1.bias"]).softmax(dim=1)
        moves = conv2d(x, w["conv4_2.weight"], w["conv4_2.bias"])
        return classes[:, 1:].numpy(), moves.numpy()

    return answer


def _filled_up(values: Floats, *sides: int) -> Floats:
    more = [(0, side - n) for side, n in zip(sides, values.shape, strict=False)]
    return np.pad(values, [*more, *[(0, 0)] * (values.ndim - len(more))])


if __name__ == "__main__":
    main()
