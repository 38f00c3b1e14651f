"""A file of TensorFlow.js becomes a network that computes what the file computes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from ferlite.errors import FerliteError
from ferlite.lab.models.faceres_weights import MEANS_BGR, main, read_faceres
from ferlite.lab.models.mobilenet_v1 import BLOCKS, MobileNetV1
from ferlite.lab.models.weights import read_weights, start_from

Tensors = dict[str, np.ndarray]


@pytest.fixture
def held() -> Tensors:
    """Filters drawn at random, named and laid out as TensorFlow's."""
    rng = np.random.default_rng(3)
    held: Tensors = {"age_pred/bias": rng.normal(size=100)}
    held["conv1/convolution/merged_input"] = rng.normal(0, 0.002, (3, 3, 3, 32))
    held["conv1_bn/batchnorm_1/sub"] = rng.normal(size=32)
    held["conv1_relu/Const_1"] = np.array(6)
    width_in = 32
    for block, (width, _) in enumerate(BLOCKS, 1):
        held[f"conv_dw_{block}/depthwise_kernel"] = rng.normal(0, 0.5, (3, 3, width_in, 1))
        held[f"conv_dw_{block}_bn/batchnorm_1/mul"] = rng.uniform(0.5, 1.5, width_in)
        held[f"conv_dw_{block}_bn/batchnorm_1/sub"] = rng.normal(size=width_in)
        filters = rng.normal(0, width_in**-0.5, (1, 1, width_in, width))
        held[f"conv_pw_{block}/convolution/merged_input"] = filters
        held[f"conv_pw_{block}_bn/batchnorm_1/sub"] = rng.normal(size=width)
        width_in = width
    held["global_pooling/Mean/reduction_indices"] = np.array([1, 2], np.int32)
    return {n: v if v.dtype == np.int32 else v.astype(np.float32) for n, v in held.items()}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Tensors], Path]:
    """Writes tensors as TensorFlow.js does: names and shapes, and all numbers in a row beside."""

    def write(held: Tensors) -> Path:
        weights = [
            {"name": name, "shape": list(values.shape), "dtype": str(values.dtype)}
            for name, values in held.items()
        ]
        manifest = [{"paths": ["faceres-deep.bin"], "weights": weights}]
        file = tmp_path / "faceres-deep.json"
        file.write_text(json.dumps({"format": "graph-model", "weightsManifest": manifest}))
        content = b"".join(values.tobytes() for values in held.values())
        (tmp_path / "faceres-deep.bin").write_bytes(content)
        return file

    return write


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs the command with these words."""

    def command(*words: object) -> None:
        monkeypatch.setattr("sys.argv", ["faceres_weights", *map(str, words)])
        main()

    return command


def as_tensorflow(held: Tensors, rgb_BCHW: torch.Tensor, blocks: int) -> torch.Tensor:
    """What the network of the file makes of RGB faces of 0 to 255."""
    t = {name: torch.from_numpy(values) for name, values in held.items()}

    def same(x: torch.Tensor, filters: torch.Tensor, stride: int, groups: int = 1) -> torch.Tensor:
        if filters.shape[-1] == 3:
            x = functional.pad(x, (2 - stride, 1, 2 - stride, 1))  # of even sides
        return functional.conv2d(x, filters, None, stride, 0, 1, groups)

    # The file pads with the mean of its faces. So that nothing else can differ, here it is 127.5,
    # with which faces scaled to [−1, 1] are padded.
    x = functional.pad(rgb_BCHW, (0, 1, 0, 1), value=127.5)
    x = x.flip(1) - torch.tensor(MEANS_BGR).view(1, 3, 1, 1)
    x = functional.conv2d(x, t["conv1/convolution/merged_input"].permute(3, 2, 0, 1), None, 2)
    x = (x + t["conv1_bn/batchnorm_1/sub"].view(1, -1, 1, 1)).clamp(0, 6)
    for block, (_, stride) in enumerate(BLOCKS[:blocks], 1):
        name = f"conv_dw_{block}"
        x = same(x, t[f"{name}/depthwise_kernel"].permute(2, 3, 0, 1), stride, x.shape[1])
        x = x * t[f"{name}_bn/batchnorm_1/mul"].view(1, -1, 1, 1)
        x = (x + t[f"{name}_bn/batchnorm_1/sub"].view(1, -1, 1, 1)).clamp(0, 6)
        name = f"conv_pw_{block}"
        x = same(x, t[f"{name}/convolution/merged_input"].permute(3, 2, 0, 1), 1)
        x = (x + t[f"{name}_bn/batchnorm_1/sub"].view(1, -1, 1, 1)).clamp(0, 6)
    return x


@pytest.mark.parametrize("blocks", [11, 13])
def test_the_network_computes_what_the_file_does(
    blocks: int, held: Tensors, written: Callable[[Tensors], Path]
) -> None:
    network = MobileNetV1(blocks=blocks, channels=3, size=64).eval()
    state = read_faceres(written(held), blocks)
    missing, unexpected = network.load_state_dict(state, strict=False)
    assert (missing, unexpected) == (["classify.weight", "classify.bias"], [])
    pixels = torch.randint(0, 256, (2, 3, 64, 64)).float()
    with torch.no_grad():
        ours = network.features(pixels / 127.5 - 1)
    theirs = as_tensorflow(held, pixels, blocks)
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)


def test_the_command_keeps_as_many_blocks_as_it_is_told(
    held: Tensors, written: Callable[[Tensors], Path], tmp_path: Path, run: Callable[..., None]
) -> None:
    out = tmp_path / "faceres.safetensors"
    run(written(held), "--blocks", "11", "--out", out)
    start_from(MobileNetV1(blocks=11), read_weights(out), out.name)


def test_other_files_are_refused(held: Tensors, written: Callable[[Tensors], Path]) -> None:
    file = written(held)
    with pytest.raises(FerliteError, match=r"other\.json: there is no such file"):
        read_faceres(file.with_name("other.json"))
    beside = file.with_suffix(".bin")
    beside.write_bytes(beside.read_bytes()[:-100])
    with pytest.raises(FerliteError, match=r"faceres-deep\.bin: cut short"):
        read_faceres(file)
    beside.unlink()
    with pytest.raises(FerliteError, match=r"faceres-deep\.bin: there is no such file"):
        read_faceres(file)
    for text in ("no network", "[1]", '{"weightsManifest": [{"paths": []}]}'):
        file.write_text(text)
        with pytest.raises(FerliteError, match="not a network of TensorFlow"):
            read_faceres(file)
    del held["conv_pw_7/convolution/merged_input"]
    with pytest.raises(FerliteError, match=r"not the face network of .*: no 'conv_pw_7"):
        read_faceres(written(held))
    held["conv1/convolution/merged_input"] = np.zeros((5, 5, 3, 32), np.float32)
    held["conv_pw_7/convolution/merged_input"] = np.zeros((1, 1, 512, 512), np.float32)
    with pytest.raises(FerliteError, match="another size"):
        read_faceres(written(held))
