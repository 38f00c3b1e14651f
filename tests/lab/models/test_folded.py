"""An exported network comes back with normalisation layers of its own, and computes the same."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.export import export_onnx
from ferlite.lab.int8 import quantise
from ferlite.lab.models import SYSTEMS
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.folded import read_onnx, separate_statistics, start_from_onnx
from ferlite.lab.models.sface import FixedPReLU, shrink_slopes

SIZE = 48


def as_if_trained(system: str, *, voted: bool = False, seed: int = 0, **how: object) -> FaceModel:
    """A network no two tensors of which are alike."""
    torch.manual_seed(seed)
    network = SYSTEMS[system](size=SIZE, classes=14 if voted else 7, **how)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 2)
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.normal_(0, 0.1)
        elif isinstance(layer, (nn.Conv2d, nn.Linear)) and layer.bias is not None:
            layer.bias.data.normal_(0, 0.1)
        elif isinstance(layer, FixedPReLU):
            layer.weight.data.uniform_(0, 1)
    return FaceModel(network, voted=voted).eval()


def exported(model: FaceModel, path: Path) -> Path:
    export_onnx(model, path, name=path.stem, classes=EMOTIONS, channels=1, size=SIZE)
    return path


@pytest.mark.parametrize("system", SYSTEMS)
@torch.no_grad()
def test_every_system_comes_back_as_it_was(system: str, tmp_path: Path) -> None:
    model = as_if_trained(system)
    file = exported(model, tmp_path / "model.onnx")
    other = as_if_trained(system, seed=1)
    faces = torch.rand(3, 1, SIZE, SIZE)
    assert not torch.allclose(other.logits(faces), model.logits(faces), atol=1e-2)
    about = start_from_onnx(other, file)
    assert about["ferlite.name"] == "model"
    torch.testing.assert_close(other.logits(faces), model.logits(faces), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("voted", [False, True])
@torch.no_grad()
def test_leaky_relus_come_back_as_prelus_of_one_slope(voted: bool, tmp_path: Path) -> None:
    model = as_if_trained("sface", voted=voted, blocks=2)
    shrink_slopes(model.network, 0, 1, leaky=True)
    state = model.network.state_dict()
    slopes = {name: value.clone() for name, value in state.items() if value.shape[1:] == (1, 1, 1)}
    file, small = exported(model, tmp_path / "model.onnx"), tmp_path / "small.onnx"
    assert [node.op_type for node in onnx.load(file).graph.node].count("LeakyRelu") == 3
    faces = np.random.default_rng(0).integers(0, 256, (4, 1, SIZE, SIZE), dtype=np.uint8)
    quantise(file, small, faces)
    for each in (file, small):
        tensors, _ = read_onnx(each)
        for name, wanted in slopes.items():
            torch.testing.assert_close(tensors[name], wanted, atol=0.01, rtol=0)


def test_another_system_s_file_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    file = exported(as_if_trained("ferlite_net"), tmp_path / "model.onnx")
    other = as_if_trained("residual_cnn", seed=1)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(FerliteError, match=r"not weights of residual_cnn: .* missing"):
        start_from_onnx(other, file)
    assert all(torch.equal(value, before[name]) for name, value in other.state_dict().items())


@torch.no_grad()
def test_separate_statistics_are_those_of_the_faces_and_the_function_stays(tmp_path: Path) -> None:
    model = as_if_trained("ferlite_net")
    other = as_if_trained("ferlite_net", seed=1)
    start_from_onnx(other, exported(model, tmp_path / "model.onnx"))
    faces = torch.rand(32, 1, SIZE, SIZE)
    separate_statistics(other.network, other.logits, faces.split(10))
    torch.testing.assert_close(other.logits(faces), model.logits(faces), atol=1e-3, rtol=1e-3)
    # In training, batch normalisation goes by the batch: all these faces, so the same again.
    other.train()
    torch.testing.assert_close(other.logits(faces), model.logits(faces), atol=2e-2, rtol=2e-2)


@pytest.mark.parametrize("voted", [True, False])
@torch.no_grad()
def test_outputs_for_votes_are_left_out_where_nobody_asks_for_them(
    voted: bool, tmp_path: Path
) -> None:
    model = as_if_trained("ferlite_net", voted=True)
    file = exported(model, tmp_path / "model.onnx")
    assert "voted" in read_onnx(file)[1]
    other = as_if_trained("ferlite_net", voted=voted, seed=1)
    start_from_onnx(other, file)
    faces = torch.rand(3, 1, SIZE, SIZE)
    assert len(other.all_logits(faces)) == 1 + voted
    for found, expected in zip(other.all_logits(faces), model.all_logits(faces), strict=False):
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_integers_become_what_they_stand_for(tmp_path: Path) -> None:
    model = as_if_trained("ferlite_net")
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (64, 1, SIZE, SIZE), dtype=np.uint8)
    quantise(exported(model, tmp_path / "model.onnx"), tmp_path / "small.onnx", faces)
    other = as_if_trained("ferlite_net", seed=1)
    start_from_onnx(other, tmp_path / "small.onnx")
    for name, value in model.state_dict().items():
        if name.endswith("body.0.weight"):
            found = other.state_dict()[name]
            # Normalisation was folded in, filter by filter: the same but for its factor.
            a, b = found.flatten(1), value.flatten(1)
            assert nn.functional.cosine_similarity(a, b).min() > 0.99


@pytest.mark.parametrize("name", zoo.names())
@torch.no_grad()
def test_what_ships_comes_back(name: str) -> None:
    from ferlite.lab.train.checkpoint import load_trained

    recipe, model = load_trained(zoo.path(name))
    size = recipe.model["size"]
    faces = np.random.default_rng(0).integers(0, 256, (8, 1, size, size), dtype=np.uint8)
    shipped = Classifier(zoo.path(name))(faces)
    found = model(torch.from_numpy(faces)).numpy()
    # A temperature came in after training: all logits are the same but for one factor.
    logits = [np.log(p) - np.log(p).mean(axis=1, keepdims=True) for p in (found, shipped)]
    similar = np.corrcoef(logits[0].ravel(), logits[1].ravel())[0, 1]
    # Int8 rounds between layers, and most coarsely what is no face.
    assert similar > (0.9 if "int8" in zoo.card(name)["summary"] else 0.999999)


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FerliteError, match=r"nowhere\.onnx: there is no such"):
        read_onnx(tmp_path / "nowhere.onnx")
    (tmp_path / "cut.onnx").write_bytes(b"\x08\x07\x12")
    with pytest.raises(FerliteError, match="cut short or damaged"):
        read_onnx(tmp_path / "cut.onnx")
    weight = numpy_helper.from_array(np.ones((2, 2), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "other",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])],
        [weight],
    )
    onnx.save(helper.make_model(graph), tmp_path / "other.onnx")
    with pytest.raises(FerliteError, match="not a network that ferlite exported"):
        read_onnx(tmp_path / "other.onnx")
