"""`ferlite report`: tables of every run on every dataset, and what it says of mistakes."""

import hashlib
import json
import shutil

import cv2
import numpy as np
import pytest

from ferlite.emotions import EMOTIONS


@pytest.fixture
def data(tmp_path, brightness_of):
    """A folder with a test picture of every emotion, which the brightness network reads."""
    for emotion, gray in brightness_of.items():
        folder = tmp_path / "faces" / emotion
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "1.png"), np.full((48, 48), gray, np.uint8))
    return tmp_path / "faces"


@pytest.fixture
def runs(tmp_path, brightness_model):
    folder = tmp_path / "runs" / "try"
    folder.mkdir(parents=True)
    shutil.copyfile(brightness_model, folder / "tiny.onnx")
    sha256 = hashlib.sha256(brightness_model.read_bytes()).hexdigest()
    metrics = {
        "kind": "training",
        "name": "tiny",
        "data": {"name": "fer2013"},
        "parameters": 7,
        "onnx": {"file": "tiny.onnx", "sha256": sha256},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return tmp_path / "runs"


def test_prints_the_tables_and_on_standard_error_how_far_it_is(ferlite, runs, data):
    status, out, err = ferlite("report", runs, "--data", data)
    assert status == 0
    assert "| `tiny` (try) | fer2013 | 7 | 100.0 |" in out
    assert err == "tiny trained on fer2013, on faces: 100.0%\n"


def test_data_may_be_repeated_and_json_is_one_array(ferlite, runs, data):
    other = shutil.copytree(data, data.with_name("other"))
    shutil.copyfile(other / "sad" / "1.png", other / "happy" / "1.png")
    status, out, _ = ferlite("report", runs, "--data", data, "--data", other, "--json")
    assert status == 0
    assert [(r["data"]["name"], r["accuracy"]) for r in json.loads(out)] == [
        ("faces", 1.0),
        ("other", 6 / 7),
    ]


def test_out_holds_the_tables_and_their_numbers(ferlite, runs, data, tmp_path):
    _, out, _ = ferlite("report", runs, "--data", data, "--out", tmp_path / "new")
    assert (tmp_path / "new" / "across.md").read_text() == out
    (result,) = json.loads((tmp_path / "new" / "across.json").read_text())["results"]
    assert list(result["accuracy_per_class"]) == list(EMOTIONS)


def test_evaluate_reads_a_folder_too(ferlite, brightness_model, data):
    status, out, _ = ferlite("evaluate", brightness_model, "--data", data, "--json")
    assert status == 0
    assert json.loads(out)["data"]["name"] == "faces"
    assert json.loads(out)["accuracy"] == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"runs": "nowhere"}, "nowhere: there is no such file or folder"),
        ({"--data": "nowhere"}, "nowhere: there is no such file or folder"),
        ({"--data": __file__}, "is none of the datasets that ferlite knows"),
        ({"--out": __file__}, "is a file; give a folder"),
    ],
)
def test_mistakes_are_told_in_a_sentence(ferlite, runs, data, changed, sentence):
    options = {"runs": runs, "--data": data} | changed
    folder = options.pop("runs")
    status, out, err = ferlite(
        "report", folder, *(word for pair in options.items() for word in pair)
    )
    assert (status, out) == (1, "")
    assert err.startswith("ferlite: ")
    assert err.count("\n") == 1
    assert sentence in err
