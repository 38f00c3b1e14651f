"""Which networks a benchmark finds by which names."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ferlite.classify import zoo
from ferlite.errors import FerliteError
from ferlite.lab.efficiency import subjects
from ferlite.lab.efficiency.subjects import default_models, found, prepared, random_faces
from ferlite.lab.models import SYSTEMS
from ferlite.lab.recipe import Recipe, load_recipe


def test_without_names_all_systems_of_the_papers_and_all_shipped_models_are_measured() -> None:
    models = default_models()
    assert {*SYSTEMS, "residual_cnn_gap", *zoo.names()} == set(models)
    assert len(found(models)) == len(models)


def test_a_recipe_comes_by_its_name_or_its_file(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump({"name": "mine", "model": {"system": "clcm", "size": 96}}))
    shipped, mine = found(["residual_cnn", str(own)])
    assert shipped == load_recipe("residual_cnn")
    assert isinstance(mine, Recipe)
    assert (mine.name, mine.model["size"]) == ("mine", 96)


def test_a_system_without_a_recipe_of_its_name_is_built_with_its_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects.recipes, "shipped", dict)
    (recipe,) = found(["shufflenet_v2"])
    assert isinstance(recipe, Recipe)
    assert (recipe.name, recipe.model["system"]) == ("shufflenet_v2", "shufflenet_v2")
    assert recipe.model["size"] == 224


def test_a_file_and_a_shipped_model_stay_files(
    brightness_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoo, "names", lambda: ["brightest"])
    monkeypatch.setattr(zoo, "path", lambda model: brightness_model)
    assert found(["brightest"]) == [brightness_model]
    assert found([str(brightness_model)]) == [brightness_model]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("residual_cn", "did you mean residual_cnn?"),
        ("CLCM", "there is no model 'CLCM'"),
        ("nowhere.onnx", "there is no model file nowhere.onnx"),
        ("nowhere.yaml", "nowhere.yaml: there is no such recipe file"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(name: str, sentence: str) -> None:
    with pytest.raises(FerliteError) as told:
        found(["clcm", name])
    assert sentence in str(told.value)


def test_a_network_of_another_kind_is_refused_before_anything_is_measured(
    make_model: Callable[..., Path],
) -> None:
    with pytest.raises(FerliteError, match="not an emotion model of ferlite's"):
        found([str(make_model(input_name="pixels"))])


def test_two_models_of_one_name_are_refused(brightness_model: Path, tmp_path: Path) -> None:
    other = tmp_path / brightness_model.name
    other.write_bytes(brightness_model.read_bytes())
    with pytest.raises(FerliteError, match="are both called brightness"):
        found([str(brightness_model), str(other)])


def test_the_same_model_twice_is_measured_once(brightness_model: Path) -> None:
    assert len(found([str(brightness_model)] * 2)) == 1


def test_a_lone_file_has_no_pytorch_and_an_int8_file_no_float32(
    brightness_model: Path, tmp_path: Path
) -> None:
    lone = prepared(brightness_model, tmp_path)
    assert set(lone.sources) == {"onnx_float32", "onnx_int8"}
    assert lone.shape == (1, 1, 48, 48)
    assert lone.facts["onnx_float32_bytes"] == brightness_model.stat().st_size
    assert lone.facts["trainable_parameters"] is None

    small = tmp_path / "brightness.int8.onnx"
    again = prepared(small, tmp_path)
    assert again.name == "brightness.int8"
    assert again.sources == {"onnx_int8": small}
    assert "onnx_float32_bytes" not in again.facts


def test_faces_are_the_same_every_time() -> None:
    faces = random_faces((2, 1, 4, 4))
    assert (faces == random_faces((2, 1, 4, 4))).all()
    assert len(set(faces.ravel().tolist())) > 10
