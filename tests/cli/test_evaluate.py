import json
import sys

import numpy as np
import onnx.parser
import pytest

from ferlite.cli import main
from ferlite.emotions import EMOTIONS

LEVELS = [20, 55, 90, 125, 160, 195, 230]


@pytest.fixture
def model(tmp_path):
    """An ONNX model that knows seven gray levels: each emotion is one mean brightness."""
    made = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 18]>
        brightness (uint8[N, 1, 48, 48] faces) => (float[N, 7] probabilities)
        <float[1, 7] levels = {{{", ".join(f"{level}.0" for level in LEVELS)}}},
         float[1] scale = {{-0.01}}, int64[3] axes = {{1, 2, 3}}, int64[2] column = {{-1, 1}}> {{
            pixels = Cast <to = 1> (faces)
            mean = ReduceMean (pixels, axes)
            mean_column = Reshape (mean, column)
            distance = Sub (mean_column, levels)
            squared = Mul (distance, distance)
            logits = Mul (squared, scale)
            probabilities = Softmax <axis = 1> (logits)
        }}""")
    made.metadata_props.add(key="ferlite.emotions", value=",".join(EMOTIONS))
    path = tmp_path / "brightness.onnx"
    onnx.save(made, path)
    return path


@pytest.fixture
def data(tmp_path, monkeypatch):
    """FER2013 in small: the model is right on all 14 test rows and on 1 of 2 validation rows."""
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path / "home"))
    rows = [(label, LEVELS[label], "PrivateTest") for label in (*range(7), *range(7))]
    rows += [(3, LEVELS[3], "PublicTest"), (4, LEVELS[3], "PublicTest")]
    lines = [f"{label},{' '.join([str(level)] * 48 * 48)},{usage}" for label, level, usage in rows]
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    return path


@pytest.fixture
def ferlite(monkeypatch, capsys):
    """Run the command line; gives its exit status, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["ferlite", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return run


def test_prints_the_accuracy_on_the_test_split(ferlite, model, data):
    status, out, _ = ferlite("evaluate", model, "--data", data)
    assert status == 0
    assert out.startswith("Accuracy 100.0% (95% interval 100.0% to 100.0%) on 14 images")


def test_json_is_one_object_that_says_what_was_measured_on_what(ferlite, model, data):
    status, out, _ = ferlite("evaluate", model, "--data", data, "--split", "validation", "--json")
    answer = json.loads(out)
    assert status == 0
    assert answer["accuracy"] == 0.5
    assert answer["model"] == "brightness.onnx"
    assert answer["data"]["name"] == "fer2013"
    assert answer["data"]["split"] == "validation"
    assert len(answer["data"]["sha256"]) == 64
    assert np.sum(answer["confusion_matrix"]) == 2


def test_out_holds_the_printed_metrics_and_the_figures(ferlite, model, data, tmp_path):
    _, out, _ = ferlite("evaluate", model, "--data", data, "--out", tmp_path / "report", "--json")
    report = tmp_path / "report"
    assert json.loads((report / "metrics.json").read_text()) == json.loads(out)
    names = {file.name for file in report.iterdir()}
    assert names == {"metrics.json", "confusion.png", "roc.png", "calibration.png"}


def test_a_diverged_checkpoint_is_told_in_a_sentence(ferlite, data, tmp_path):
    torch = pytest.importorskip("torch")
    from ferlite.lab.recipe import recipe_from_dict
    from ferlite.lab.train.module import build_model

    settings = {"system": "residual_cnn", "head": "gap", "blocks": 1}
    recipe = recipe_from_dict({"name": "tiny", "model": settings})
    weights = {
        f"model.{name}": value * float("nan") if value.is_floating_point() else value
        for name, value in build_model(recipe).state_dict().items()
    }
    path = tmp_path / "diverged.ckpt"
    torch.save(
        {
            "recipe": recipe.as_dict(),
            "history": [],
            "provenance": {},
            "state_dict": weights,
        },
        path,
    )

    status, _, err = ferlite("evaluate", path, "--data", data)

    assert status == 1
    assert "diverged.ckpt: probabilities must be numbers in [0, 1]" in err


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
def test_mistakes_are_told_in_a_sentence(ferlite, model, data, changed, sentence):
    options = {"--data": data} | changed
    name = options.pop("model", model)
    status, out, err = ferlite(
        "evaluate", name, *(word for pair in options.items() for word in pair)
    )
    assert (status, out) == (1, "")
    assert err.startswith("ferlite: ")
    assert err.count("\n") == 1
    assert sentence in err


def test_without_the_lab_it_says_how_to_install_it(ferlite, model, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    for name in [name for name in sys.modules if name.startswith("ferlite.lab.evaluate.")]:
        monkeypatch.delitem(sys.modules, name)
    status, _, err = ferlite("evaluate", model, "--data", data)
    assert status == 1
    assert "pip install 'ferlite[lab]'" in err
