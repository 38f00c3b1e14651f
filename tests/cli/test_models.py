import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ferlite import FerliteError
from ferlite.classify import zoo
from ferlite.cli import app
from ferlite.downloads import DOWNLOADS

CARD = {
    "name": "ferlite_s",
    "summary": "a [small] network",
    "accuracy": 0.6612,
    "accuracy_per_class": {"happy": 0.9, "fear": 0.5},
    "voted": {"accuracy": 0.8639, "temperature": 0.7},
    "photos": {"accuracy": 0.7123, "accuracy_ci95": [0.7, 0.724], "balanced_accuracy": 0.601},
    "bytes": 1234567,
    "not_for": ["deciding about people", "lie detection"],
    "sha256": hashlib.sha256(b"x").hexdigest(),
}


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One model in place of the shipped ones."""
    (tmp_path / "ferlite_s.onnx").write_bytes(b"x")
    (tmp_path / "ferlite_s.json").write_text(json.dumps(CARD))
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path)


@pytest.fixture
def detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as YuNet's."""
    (tmp_path / "mine").write_bytes(b"yunet")
    sha256 = hashlib.sha256(b"yunet").hexdigest()
    monkeypatch.setitem(DOWNLOADS, "yunet", replace(DOWNLOADS["yunet"], size=5, sha256=sha256))
    return tmp_path / "mine"


def output(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["models", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_the_list_has_models_and_detectors_with_size_and_accuracy_on_photos():
    lines = [" ".join(line.split()) for line in output("list").splitlines()]
    assert lines[1] == "ferlite_s 1.2 MB 71.2% a [small] network (--fast)"
    assert any(line.startswith("blazeface 0.3 MB") for line in lines)
    assert any(line.startswith("yunet 0.2 MB") for line in lines)


def test_the_list_as_json_has_the_cards():
    assert json.loads(output("list", "--json")) == [CARD]


def test_a_card_says_what_people_ask():
    shown = [" ".join(line.split()) for line in output("show", "ferlite_s").splitlines()]
    assert shown[:2] == ["ferlite_s (--fast)", "a [small] network"]
    for line in (
        "size 1.2 MB",
        "photos 71.2% (70.0% to 72.4%) 60.1% default",
        "FER+ 86.4% --labels ferplus",
        "FER2013 66.1% 70.0% --labels fer2013",
        "recognises happy fear",
        "FER2013 90% 50%",
        "not for – deciding about people",
        "– lie detection",
        f"sha256 {CARD['sha256']}",
        "All of it: ferlite models show ferlite_s --json",
    ):
        assert line in shown


def test_a_card_as_json_is_the_card():
    assert json.loads(output("show", "ferlite_s", "--json")) == CARD


def test_a_wrong_name_gets_the_nearest_one():
    with pytest.raises(FerliteError, match="did you mean ferlite_s"):
        output("show", "ferlite-s")


def test_a_file_is_pulled_once_and_the_list_knows(detector: Path, own_home: Path):
    assert "get it: ferlite models pull yunet" in " ".join(output("list").split())
    place = own_home / "models" / DOWNLOADS["yunet"].file
    assert output("pull", "yunet", "--from", str(detector)) == f"yunet is now in {place}\n"
    assert place.read_bytes() == b"yunet"
    assert output("pull", "yunet", "--from", "gone") == f"yunet is already in {place}\n"
    assert "(is here)" in " ".join(output("list").split())


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("yunet", ("MIT", DOWNLOADS["yunet"].sha256, "opencv_zoo")),
        ("blazeface", ("Apache-2.0", "mediapipe/0.10.14", "arXiv:1907.05047")),
    ],
)
def test_detectors_have_a_card_too(name: str, texts: tuple[str, ...]):
    shown = output("show", name).replace("\n", "").replace(" ", "")
    assert all(text in shown for text in texts)


def test_what_comes_with_ferlite_need_not_be_pulled():
    assert (
        output("pull", "ferlite_s") == "ferlite_s comes with ferlite; there is nothing to fetch\n"
    )


def test_what_cannot_be_pulled_gets_the_nearest_name():
    with pytest.raises(FerliteError, match="did you mean yunet"):
        output("pull", "yunett")
