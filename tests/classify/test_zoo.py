import hashlib
import json
from pathlib import Path

import pytest

from ferlite import FerliteError
from ferlite.classify import zoo


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models in place of the shipped ones."""
    for name in ("ferlite_s", "residual_cnn"):
        (tmp_path / f"{name}.onnx").write_bytes(name.encode())
        card = {"name": name, "sha256": hashlib.sha256(name.encode()).hexdigest()}
        (tmp_path / f"{name}.json").write_text(json.dumps(card))
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path)
    return tmp_path


def test_models_are_listed_by_name(shelf: Path):
    assert zoo.names() == ["ferlite_s", "residual_cnn"]


def test_a_name_leads_to_the_file_and_the_card(shelf: Path):
    assert zoo.path("residual_cnn") == shelf / "residual_cnn.onnx"
    assert zoo.card("residual_cnn")["name"] == "residual_cnn"


@pytest.mark.parametrize("ask", [zoo.path, zoo.card])
@pytest.mark.parametrize(
    ("wrong", "near"), [("ferlit", "ferlite_s"), ("Residual-CNN", "residual_cnn")]
)
def test_a_wrong_name_gets_the_nearest_right_one(shelf: Path, ask, wrong: str, near: str):
    with pytest.raises(FerliteError, match=f"{wrong!r}; did you mean {near}"):
        ask(wrong)


def test_an_earlier_name_still_leads_to_the_model():
    assert zoo.path("ferlite_m_int8") == zoo.path("ferlite_m")
    assert zoo.card("ferlite_m_int8") == zoo.card("ferlite_m")


@pytest.mark.parametrize("file", ["mine.onnx", "./ferlite_s", "runs/a/model.onnx", Path("mine")])
def test_what_looks_like_a_path_is_one(shelf: Path, file: str | Path):
    assert zoo.path(file) == Path(file)


@pytest.mark.parametrize("file", ["best.ckpt", Path("runs/a/best.ckpt")])
def test_a_checkpoint_is_no_model_yet(file: str | Path):
    with pytest.raises(FerliteError, match=r"is a checkpoint .*'ferlite export \S*best\.ckpt OUT"):
        zoo.path(file)


def test_a_damaged_file_is_not_used(shelf: Path):
    (shelf / "ferlite_s.onnx").write_bytes(b"something else")
    with pytest.raises(FerliteError, match="ferlite_s is damaged"):
        zoo.path("ferlite_s")


def test_without_any_model_a_file_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path)
    with pytest.raises(FerliteError, match=r"give an \.onnx file"):
        zoo.path("ferlite_s")


@pytest.mark.parametrize("name", zoo.names())
def test_every_shipped_model_is_the_file_of_its_card(name: str):
    assert zoo.path(name).is_file()
    assert zoo.card(name)["name"] == name
