"""The int8 file is the same network: same contract, nearly the same probabilities."""

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest

from ferlite.classify.classifier import Classifier
from ferlite.emotions import EMOTIONS
from ferlite.lab.int8 import is_quantised, quantise


@pytest.fixture(scope="module")
def float32(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with a convolution whose channels differ a thousandfold in scale."""
    rng = np.random.default_rng(0)
    network = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 18]>
        small (uint8[N, 1, 8, 8] faces) => (float[N, 7] probabilities) {
            x = Cast <to = 1> (faces)
            scaled = Div (x, white)
            y = Conv <pads = [1, 1, 1, 1]> (scaled, filters)
            z = Relu (y)
            flat = Flatten (z)
            logits = Gemm (flat, dense)
            probabilities = Softmax (logits)
        }""")
    scale = np.array([1e-3, 1e-2, 1e-1, 1], np.float32)
    filters = rng.normal(size=(4, 1, 3, 3)) * scale[:, None, None, None]
    dense = rng.normal(size=(256, 7))
    for name, values in (
        ("white", np.array(255)),
        ("filters", filters),
        ("dense", dense),
    ):
        tensor = onnx.numpy_helper.from_array(values.astype(np.float32), name)
        network.graph.initializer.append(tensor)
    onnx.helper.set_model_props(
        network, {"ferlite.name": "small", "ferlite.emotions": ",".join(EMOTIONS)}
    )
    path = tmp_path_factory.mktemp("int8") / "float32.onnx"
    onnx.save(network, path)
    return path


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def int8(float32: Path, faces: np.ndarray) -> Path:
    path = float32.with_name("int8.onnx")
    quantise(float32, path, faces)
    return path


def scale_of(path: Path, operator: str, which: int) -> tuple[np.ndarray, str]:
    """The scale of an operator's input, and the type that it is stored in."""
    graph = onnx.load(path).graph
    (node,) = (node for node in graph.node if node.op_type == operator)
    (dequantise,) = (each for each in graph.node if node.input[which] in each.output)
    constants = {tensor.name: tensor for tensor in graph.initializer}
    _, scale, zero_point = (constants.get(name) for name in dequantise.input)
    assert scale is not None
    assert zero_point is not None
    stored = onnx.TensorProto.DataType.Name(zero_point.data_type)
    return onnx.numpy_helper.to_array(scale), stored


def test_weights_are_int8_with_a_scale_for_every_channel(int8: Path) -> None:
    scales, stored = scale_of(int8, "Conv", 1)
    assert stored == "INT8"
    assert scales.shape == (4,)
    assert scales[3] / scales[0] > 100, "one scale for all would leave nothing of the first channel"


def test_input_output_and_metadata_are_the_same(float32: Path, int8: Path) -> None:
    before, after = (
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for path in (float32, int8)
    )
    for which in ("get_inputs", "get_outputs"):
        (a,), (b,) = getattr(before, which)(), getattr(after, which)()
        assert (a.name, a.type, a.shape) == (b.name, b.type, b.shape)
    assert before.get_modelmeta().custom_metadata_map == after.get_modelmeta().custom_metadata_map
    assert Classifier(int8).name == "small"


def test_probabilities_come_close_and_sum_to_one(float32: Path, int8: Path, faces: np.ndarray):
    expected, found = Classifier(float32)(faces), Classifier(int8)(faces)
    assert expected.max() > 0.5, "the network must have opinions for this to mean anything"
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    assert np.abs(found - expected).max() < 0.1
    assert np.abs(found - expected).max() > 0


def test_the_softmax_stays_float32(int8: Path) -> None:
    graph = onnx.load(int8).graph
    (softmax,) = (node for node in graph.node if node.op_type == "Softmax")
    assert softmax.output[0] == "probabilities"


def test_the_faces_decide_the_scale_of_activations(
    float32: Path, int8: Path, faces: np.ndarray, tmp_path: Path
) -> None:
    quantise(float32, tmp_path / "dark.onnx", faces // 8, batch=7)

    for path, brightest in ((int8, faces.max()), (tmp_path / "dark.onnx", (faces // 8).max())):
        scale, stored = scale_of(path, "Conv", 0)
        assert stored == "UINT8"
        assert float(scale) * 255 == pytest.approx(brightest / 255, rel=1e-3)


def test_a_file_says_whether_it_is_int8(float32: Path, int8: Path) -> None:
    assert not is_quantised(float32)
    assert is_quantised(int8)


def test_nothing_is_left_of_a_file_that_could_not_be_made(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(Exception, match=r".+"):
        quantise(broken, tmp_path / "out.onnx", np.zeros((1, 1, 8, 8), np.uint8))
    assert list(tmp_path.iterdir()) == [broken]
