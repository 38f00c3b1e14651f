from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from ferlite.faces.anysize import any_size


@pytest.fixture
def fixed() -> bytes:
    """A network that doubles a picture of 2×4 pixels, with every shape written down."""
    shape = [1, 3, 2, 4]
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["input", "input"], ["between"]),
            helper.make_node("Identity", ["between"], ["output"]),
        ],
        "double",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)],
        value_info=[helper.make_tensor_value_info("between", TensorProto.FLOAT, shape)],
    )
    opset = helper.make_opsetid("", 13)
    return bytes(helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString())


def test_a_network_for_one_size_takes_others_and_does_what_it_did(fixed: bytes):
    session = ort.InferenceSession(any_size(fixed), providers=["CPUExecutionProvider"])
    for size in ((2, 4), (7, 5), (300, 1)):
        image = np.random.default_rng(0).random((1, 3, *size), np.float32)
        (doubled,) = session.run(["output"], {"input": image})
        np.testing.assert_array_equal(doubled, 2 * image)


def test_what_was_any_size_already_stays_so(fixed: bytes):
    assert any_size(any_size(fixed)) == any_size(fixed)


def test_the_weights_are_not_touched(yunet_file: Path):
    import onnx

    before = onnx.load(yunet_file).graph
    after = onnx.load_from_string(any_size(yunet_file.read_bytes())).graph
    assert list(after.initializer) == list(before.initializer)
    assert list(after.node) == list(before.node)


@pytest.mark.parametrize("damage", [b"\xff", b"\x3a\xff\xff\x03", b"\x3f", b"not a network"])
def test_what_is_no_network_is_told(damage: bytes):
    with pytest.raises(IndexError):
        any_size(damage)
