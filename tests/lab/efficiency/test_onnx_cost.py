"""Small networks whose every weight and product can be counted by hand."""

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest

from ferlite.lab.efficiency.onnx_cost import onnx_cost
from ferlite.lab.int8 import quantise


def written(path: Path, body: str, weights: dict[str, tuple[int, ...]], size: int = 8) -> Path:
    """A network from 3-channel faces; `body` is in ONNX's text form."""
    network = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 18]>
        small (uint8[N, 3, {size}, {size}] faces) => (float[N, 7] probabilities)
        {{ x = Cast <to = 1> (faces) {body} }}""")
    rng = np.random.default_rng(0)
    for name, shape in weights.items():
        values = rng.normal(size=shape).astype(np.float32)
        network.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
    onnx.save(network, path)
    return path


HEAD = """pooled = GlobalAveragePool (y) flat = Flatten (pooled)
    logits = Gemm <transB = 1> (flat, dense, offset) probabilities = Softmax (logits)"""
HEAD_WEIGHTS = {"dense": (7, 4), "offset": (7,)}


def test_a_convolution_and_a_dense_layer(tmp_path: Path) -> None:
    body = "y = Conv <pads = [1, 1, 1, 1]> (x, filters, bias)" + HEAD
    weights = {"filters": (4, 3, 3, 3), "bias": (4,), **HEAD_WEIGHTS}
    path = written(tmp_path / "net.onnx", body, weights)
    assert onnx_cost(path) == {
        "parameters": 4 * 27 + 4 + 28 + 7,
        "multiply_adds": 8 * 8 * 4 * 27 + 28,
    }


def test_strides_and_groups_save_multiply_adds(tmp_path: Path) -> None:
    body = (
        "a = Conv <strides = [2, 2], kernel_shape = [2, 2]> (x, narrow)"
        "y = Conv <group = 4, pads = [1, 1, 1, 1]> (a, depthwise)" + HEAD
    )
    weights = {"narrow": (4, 3, 2, 2), "depthwise": (4, 1, 3, 3), **HEAD_WEIGHTS}
    path = written(tmp_path / "net.onnx", body, weights)
    assert onnx_cost(path) == {
        "parameters": 48 + 36 + 28 + 7,
        "multiply_adds": 4 * 4 * 4 * 12 + 4 * 4 * 4 * 9 + 28,
    }


def test_a_weight_that_two_layers_share_is_one_parameter_but_works_twice(tmp_path: Path) -> None:
    body = (
        "a = Conv (x, first) b = Conv <pads = [1, 1, 1, 1]> (a, same)"
        "y = Conv <pads = [1, 1, 1, 1]> (b, same)" + HEAD
    )
    weights = {"first": (4, 3, 1, 1), "same": (4, 4, 3, 3), **HEAD_WEIGHTS}
    path = written(tmp_path / "net.onnx", body, weights)
    assert onnx_cost(path) == {
        "parameters": 12 + 144 + 28 + 7,
        "multiply_adds": 64 * 12 + 2 * 64 * 144 + 28,
    }


def test_a_matrix_product(tmp_path: Path) -> None:
    body = "flat = Flatten (x) logits = MatMul (flat, dense) probabilities = Softmax (logits)"
    path = written(tmp_path / "net.onnx", body, {"dense": (192, 7)})
    assert onnx_cost(path) == {"parameters": 192 * 7, "multiply_adds": 192 * 7}


def test_int8_makes_no_difference(tmp_path: Path) -> None:
    body = "y = Conv <pads = [1, 1, 1, 1]> (x, filters, bias)" + HEAD
    weights = {"filters": (4, 3, 3, 3), "bias": (4,), **HEAD_WEIGHTS}
    path = written(tmp_path / "net.onnx", body, weights)
    faces = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 8), dtype=np.uint8)
    quantise(path, tmp_path / "int8.onnx", faces)
    assert onnx_cost(tmp_path / "int8.onnx") == onnx_cost(path)


@pytest.mark.filterwarnings("ignore")
def test_what_the_file_does_not_tell_is_not_guessed(tmp_path: Path) -> None:
    # An operator that only its maker knows: the size of what comes out of it is unknown.
    body = "a = Relu (x) b = maker.Secret (a) y = Conv (b, filters)" + HEAD
    path = written(tmp_path / "net.onnx", body, {"filters": (4, 3, 1, 1), **HEAD_WEIGHTS})
    network = onnx.load(path)
    network.opset_import.append(onnx.helper.make_opsetid("maker", 1))
    onnx.save(network, path)
    assert onnx_cost(path) == {"parameters": 12 + 28 + 7, "multiply_adds": None}
