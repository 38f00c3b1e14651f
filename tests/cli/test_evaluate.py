import json
import sys

import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.lab.data.layout import VOTES


@pytest.fixture
def data(tmp_path, brightness_of):
    """FER2013 in small: the model is right on all 14 test rows and on 1 of 2 validation rows."""
    levels = list(brightness_of.values())
    rows = [(label, levels[label], "PrivateTest") for label in (*range(7), *range(7))]
    rows += [(3, levels[3], "PublicTest"), (4, levels[3], "PublicTest")]
    lines = [f"{label},{' '.join([str(level)] * 48 * 48)},{usage}" for label, level, usage in rows]
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    return path


def test_prints_the_accuracy_on_the_test_split(ferlite, brightness_model, data):
    status, out, _ = ferlite("evaluate", brightness_model, "--data", data)
    assert status == 0
    assert out.startswith("Accuracy 100.0% (95% interval 78.5% to 100.0%) on 14 images")


def test_json_is_one_object_that_says_what_was_measured_on_what(ferlite, brightness_model, data):
    status, out, _ = ferlite(
        "evaluate", brightness_model, "--data", data, "--split", "validation", "--json"
    )
    answer = json.loads(out)
    assert status == 0
    assert answer["accuracy"] == 0.5
    assert answer["model"] == "brightness.onnx"
    assert answer["data"]["name"] == "fer2013"
    assert answer["data"]["split"] == "validation"
    assert len(answer["data"]["sha256"]) == 64
    assert np.sum(answer["confusion_matrix"]) == 2


def test_out_holds_the_printed_metrics_and_the_figures(ferlite, brightness_model, data, tmp_path):
    _, out, _ = ferlite(
        "evaluate", brightness_model, "--data", data, "--out", tmp_path / "report", "--json"
    )
    report = tmp_path / "report"
    assert json.loads((report / "metrics.json").read_text()) == json.loads(out)
    names = {file.name for file in report.iterdir()}
    assert names == {"metrics.json", "confusion.png", "roc.png", "calibration.png"}


def test_a_network_that_knows_contempt_is_measured_on_all_eight_classes_of_ferplus(
    ferlite, make_model, data
):
    eight = make_model(emotions=(*EMOTIONS, "contempt"))
    _, out, _ = ferlite("evaluate", eight, "--data", data, "--json")
    answer = json.loads(out)
    assert (answer["data"]["name"], answer["left_out"]) == ("fer2013", ["contempt"])

    # Ten people see contempt in the last row, whatever FER2013 says, and happiness in the others.
    usages = [line.rpartition(",")[2] for line in data.read_text().splitlines()[1:]]
    votes = [f"{usage},f.png,0,10,0,0,0,0,0,0,0,0" for usage in usages]
    votes[-1] = f"{usages[-1]},f.png,0,0,0,0,0,0,0,10,0,0"
    table = ["Usage,Image name," + ",".join(VOTES), *votes]
    (data.parent / "fer2013new.csv").write_text("\n".join(table) + "\n")
    for place in (data.parent, data.parent / "fer2013new.csv"):
        _, out, _ = ferlite("evaluate", eight, "--data", place, "--split", "validation", "--json")
        answer = json.loads(out)
        assert (answer["data"]["name"], answer["left_out"]) == ("ferplus8", [])
        support = {name: row["support"] for name, row in answer["per_class"].items()}
        assert support == {**dict.fromkeys(EMOTIONS, 0), "happy": 1, "contempt": 1}


def test_a_diverged_checkpoint_is_told_in_a_sentence(ferlite, data, make_checkpoint):
    path = make_checkpoint(diverged=True)
    status, _, err = ferlite("evaluate", path, "--data", data)

    assert status == 1
    assert "tiny.ckpt: probabilities must be numbers in [0, 1]" in err


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"--split": "tset"}, "did you mean test?"),
        ({"--split": "Validation"}, "did you mean validation?"),
        ({"--split": "train"}, "has no train rows"),
        ({"--data": "nowhere.csv"}, "nowhere.csv"),
        ({"model": "nowhere.onnx"}, "nowhere.onnx"),
        ({"model": "nowhere.ckpt"}, "nowhere.ckpt: there is no such model file"),
        ({"model": "ferlight"}, "there is no model 'ferlight'"),
        ({"--out": __file__}, "is a file; give a folder"),
    ],
)
def test_mistakes_are_told_in_a_sentence(ferlite, brightness_model, data, changed, sentence):
    options = {"--data": data} | changed
    name = options.pop("model", brightness_model)
    status, out, err = ferlite(
        "evaluate", name, *(word for pair in options.items() for word in pair)
    )
    assert (status, out) == (1, "")
    assert err.startswith("ferlite: ")
    assert err.count("\n") == 1
    assert sentence in err


def test_without_the_lab_it_says_how_to_install_it(ferlite, brightness_model, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    for name in [name for name in sys.modules if name.startswith("ferlite.lab.evaluate.")]:
        monkeypatch.delitem(sys.modules, name)
    status, _, err = ferlite("evaluate", brightness_model, "--data", data)
    assert status == 1
    assert "pip install 'ferlite[lab]'" in err
