"""OpenCV's file becomes a network that computes what the file computes."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from ferlite.errors import FerliteError
from ferlite.lab.models.sface import BLOCKS, SFace
from ferlite.lab.models.sface_weights import read_sface

SIDE = 32


def model_like_opencv_s(blocks: tuple[tuple[int, int], ...]) -> onnx.ModelProto:
    """Convolutions with normalisation and slopes drawn at random, then an embedding."""
    rng = np.random.default_rng(3)
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []

    def held(values: np.ndarray) -> str:
        name = f"t{len(tensors)}"
        tensors.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def add(kind: str, *inputs: str, **attributes: object) -> str:
        nodes.append(helper.make_node(kind, inputs, [f"n{len(nodes)}"], **attributes))
        return str(nodes[-1].output[0])

    def normalised(x: str, width: int) -> str:
        factor, deviation = 1 + rng.normal(0, 0.1, width), rng.uniform(0.5, 1.5, width)
        offset, mean = rng.normal(0, 0.2, (2, width))
        values = [held(v) for v in (factor, offset, mean, deviation)]
        return add("BatchNormalization", x, *values, epsilon=2e-5)

    def unit(x: str, width: int, channels: int, side: int, stride: int, group: int) -> str:
        filters = rng.normal(0, (channels * side**2) ** -0.5, (width, channels, side, side))
        pads = [side // 2] * 4
        y = add("Conv", x, held(filters), strides=[stride] * 2, pads=pads, group=group)
        return add("PRelu", normalised(y, width), held(rng.uniform(0, 0.5, (width, 1, 1))))

    x = add("Mul", add("Sub", "data", held(np.array([127.5]))), held(np.array([1 / 128])))
    width_in = 32
    x = unit(x, width_in, 3, 3, 1, 1)
    for width, stride in blocks:
        x = unit(x, width_in, 1, 3, stride, width_in)
        x = unit(x, width, width_in, 1, 1, 1)
        width_in = width
    features = x
    x = add("Flatten", add("Dropout", normalised(x, width_in)))
    add("Gemm", x, held(rng.normal(0, 1, (width_in * (SIDE // 16) ** 2, 8))))
    graph = helper.make_graph(
        nodes,
        "sface",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(features, TensorProto.FLOAT, None)],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def test_the_network_computes_what_the_file_does(tmp_path: Path) -> None:
    file = tmp_path / "face_recognition_sface_2021dec.onnx"
    onnx.save(model_like_opencv_s(BLOCKS), file)
    network = SFace(channels=3, size=SIDE).eval()
    missing = network.load_state_dict(read_sface(file), strict=False).missing_keys
    assert missing == ["classify.weight", "classify.bias"]
    pixels = torch.randint(0, 256, (1, 3, SIDE, SIDE)).float()
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {"data": pixels.numpy()})
    with torch.no_grad():
        ours = network.features(pixels / 127.5 - 1)
    # Around the picture theirs pads with what 127.5 becomes, and so does ours.
    torch.testing.assert_close(ours, torch.from_numpy(theirs), atol=1e-4, rtol=1e-3)


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.onnx"
    with pytest.raises(FerliteError, match=r"other\.onnx: there is no such file"):
        read_sface(file)
    file.write_bytes(b"no network")
    with pytest.raises(FerliteError, match=r"other\.onnx: not OpenCV's face recognition network"):
        read_sface(file)
    onnx.save(model_like_opencv_s(((64, 1), (128, 2))), file)
    with pytest.raises(FerliteError, match="not OpenCV's face recognition network"):
        read_sface(file)
