"""The exported file gives what PyTorch gives, for any number of faces, and carries its contract."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from ferlite.classify.classifier import Classifier
from ferlite.emotions import EMOTIONS
from ferlite.lab import export
from ferlite.lab.evaluate.calibration import tempered
from ferlite.lab.export import export_onnx, largest_difference, with_temperature
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.residual_cnn import ResidualCNN
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.module import build_model


@pytest.fixture(scope="module")
def model() -> FaceModel:
    torch.manual_seed(0)
    model = FaceModel(ResidualCNN(blocks=2, head="gap"))
    model.temperature.fill_(1.7)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):  # as training leaves them: not 0 and 1
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    return model.eval()


@pytest.fixture(scope="module")
def exported(model: FaceModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    recipe = load_recipe("residual_cnn", ["data.haar_crop=true", "data.size=64"])
    export_onnx(model, path, name="tiny", classes=EMOTIONS, channels=1, size=48, recipe=recipe)
    return path


def test_probabilities_equal_pytorchs(model: FaceModel, exported: Path) -> None:
    assert largest_difference(model, exported, channels=1, size=48) < 1e-4
    session = onnxruntime.InferenceSession(str(exported))
    rng = np.random.default_rng(0)
    for count in (1, 3, 33):
        faces = rng.integers(0, 256, (count, 1, 48, 48), dtype=np.uint8)
        (found,) = session.run(None, {"faces": faces})
        expected = model(torch.from_numpy(faces)).detach().numpy()
        np.testing.assert_allclose(found, expected, atol=1e-4)
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_the_file_says_what_it_takes_gives_and_is(exported: Path) -> None:
    session = onnxruntime.InferenceSession(str(exported))
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    assert (taken.name, taken.type, taken.shape[1:]) == ("faces", "tensor(uint8)", [1, 48, 48])
    assert isinstance(taken.shape[0], str), "the batch dimension is free"
    assert (given.name, given.type, given.shape[1]) == ("probabilities", "tensor(float)", 7)
    said = session.get_modelmeta().custom_metadata_map
    assert len(said.pop("ferlite.recipe_sha256")) == 64
    assert json.loads(said.pop("ferlite.data")) == {
        "size": 64,
        "haar_crop": True,
        "detect_faces": False,
    }
    assert said == {"ferlite.name": "tiny", "ferlite.emotions": ",".join(EMOTIONS)}


def test_no_path_of_the_machine_travels_with_the_file(exported: Path) -> None:
    assert str(Path(export.__file__).parent).encode() not in exported.read_bytes()


def test_normalisation_layers_are_folded_into_convolutions(exported: Path) -> None:
    operators = {node.op_type for node in onnx.load(exported).graph.node}
    assert "BatchNormalization" not in operators
    assert "Dropout" not in operators


def test_a_file_that_differs_is_not_written(
    model: FaceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "largest_difference", lambda *a, **k: float("nan"))
    with pytest.raises(ValueError, match="differs from PyTorch"):
        export_onnx(model, tmp_path / "m.onnx", name="m", classes=EMOTIONS, channels=1, size=48)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("temperature", [0.6, 1.0, 3.0])
def test_a_temperature_divides_the_logits_inside_the_file(
    exported: Path, tmp_path: Path, temperature: float
) -> None:
    with_temperature(exported, tmp_path / "t.onnx", temperature)

    faces = np.random.default_rng(0).integers(0, 256, (9, 1, 48, 48), dtype=np.uint8)
    before, after = (Classifier(path)(faces) for path in (exported, tmp_path / "t.onnx"))
    np.testing.assert_allclose(after, tempered(before, temperature), atol=1e-5)
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all()
    assert Classifier(tmp_path / "t.onnx").metadata == Classifier(exported).metadata


def test_a_second_temperature_multiplies_the_first(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.onnx"
    with_temperature(exported, path, 2)
    with_temperature(path, path, 1.5)
    faces = np.random.default_rng(0).integers(0, 256, (9, 1, 48, 48), dtype=np.uint8)
    np.testing.assert_allclose(Classifier(path)(faces), tempered(Classifier(exported)(faces), 3),
                               atol=1e-5)  # fmt: skip


def test_a_network_that_learned_votes_has_an_output_for_them(tmp_path: Path) -> None:
    recipe = load_recipe("ferlite_s", ["model.widths=[8, 8, 8]", "model.head=8"])
    model = build_model(recipe).eval()
    path = tmp_path / "v.onnx"
    export_onnx(model, path, name="v", classes=EMOTIONS, channels=1, size=48)
    with_temperature(path, path, 2, "ferplus")

    faces = np.random.default_rng(0).integers(0, 256, (9, 1, 48, 48), dtype=np.uint8)
    with torch.no_grad():
        labels_N7, votes_N7 = (a.numpy() for a in model.probabilities(torch.from_numpy(faces)))
    assert np.abs(labels_N7 - votes_N7).max() > 1e-3
    np.testing.assert_allclose(Classifier(path)(faces), labels_N7, atol=1e-5)
    np.testing.assert_allclose(
        Classifier(path, labels="ferplus")(faces), tempered(votes_N7, 2), atol=1e-5
    )


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_a_temperature_is_above_0(exported: Path, tmp_path: Path, temperature: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        with_temperature(exported, tmp_path / "t.onnx", temperature)
    assert list(tmp_path.iterdir()) == []
