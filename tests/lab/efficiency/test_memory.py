"""What a network adds to a process, seen from outside."""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest

from ferlite.lab.efficiency.memory import peak_memory
from ferlite.lab.recipe import recipe_from_dict

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can reset a peak")


def network(path: Path, hidden: int) -> Path:
    """A network with 64 · `hidden` weights, which no optimisation can leave out."""
    made = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 18]>
        wide (uint8[N, 1, 8, 8] faces) => (float[N, 7] probabilities) {
            x = Cast <to = 1> (faces)
            flat = Flatten (x)
            y = MatMul (flat, first)
            z = Relu (y)
            logits = MatMul (z, second)
            probabilities = Softmax (logits)
        }""")
    rng = np.random.default_rng(0)
    for name, shape in (("first", (64, hidden)), ("second", (hidden, 7))):
        values = rng.normal(size=shape).astype(np.float32)
        made.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
    onnx.save(made, path)
    return path


def test_a_network_with_many_weights_takes_their_bytes_and_more(tmp_path: Path) -> None:
    few, many = 1_000, 200_000
    small = peak_memory(network(tmp_path / "small.onnx", few), (1, 1, 8, 8))
    large = peak_memory(network(tmp_path / "large.onnx", many), (1, 1, 8, 8))
    assert small is not None
    assert large is not None
    weights = 4 * (64 + 7) * many
    assert large - small > 0.9 * weights
    # The runtime reads the file and may keep a rearranged copy, but the libraries do not count:
    # even a small process with them is far above this.
    assert small < 30e6
    assert large < small + 5 * weights


def test_more_faces_at_a_time_need_more_memory(tmp_path: Path) -> None:
    path = network(tmp_path / "net.onnx", 20_000)
    one, thousand = (peak_memory(path, (count, 1, 8, 8)) for count in (1, 1000))
    assert one is not None
    assert thousand is not None
    hidden_layer = 1000 * 20_000 * 4
    # A part of it takes the place of what loading had needed.
    assert thousand - one > 0.7 * hidden_layer


def test_a_recipe_is_measured_in_pytorch() -> None:
    settings = {"system": "residual_cnn", "head": "flatten", "blocks": 1, "size": 96}
    recipe = recipe_from_dict({"name": "flat", "model": settings})
    found = peak_memory(recipe, (1, 1, 96, 96))
    assert found is not None
    weights = 4 * 256 * 32 * 48 * 48  # of its dense layer
    assert weights < found < 3 * weights


def test_where_a_peak_cannot_be_reset_there_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ferlite.lab.efficiency import memory

    monkeypatch.setattr(memory, "_SELF", tmp_path / "no such system")
    assert memory._growth(network(tmp_path / "net.onnx", 10), (1, 1, 8, 8)) is None
