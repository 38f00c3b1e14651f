"""`ferlite bench` as people type it, on networks small enough to wait for."""

import json
import sys

import pytest


@pytest.fixture
def quick(monkeypatch):
    """A benchmark that does not take long."""
    module = pytest.importorskip("ferlite.lab.efficiency.bench")
    monkeypatch.setattr(module, "GEMM", 64)
    monkeypatch.setattr(module, "BATCH", 2)


@pytest.fixture
def second(brightness_model, tmp_path):
    path = tmp_path / "second.onnx"
    path.write_bytes(brightness_model.read_bytes())
    return path


def test_the_table_has_a_row_for_each_network_and_runtime(ferlite, quick, brightness_model, second):
    status, out, _ = ferlite("bench", brightness_model, second, "--passes", "2,3")
    assert status == 0
    rows = [" ".join(line.split()) for line in out.splitlines()]
    for name in ("brightness", "second"):
        assert f"{name} 0 – 0.0 M" in "\n".join(rows), "it has no weights"
        for runtime in ("float32", "int8"):
            assert any(row.startswith(f"{name} ONNX {runtime} ") for row in rows)
    assert not any("PyTorch" in row for row in rows)
    assert "…" not in out, "a column was squeezed"
    assert "ANOVA of onnx float32 one thread: F(1, 2) = " in out


def test_json_is_one_object_and_out_holds_the_same(
    ferlite, quick, brightness_model, second, tmp_path
):
    folder = tmp_path / "results"
    status, out, _ = ferlite(
        "bench", brightness_model, second, "--passes", "2,3", "--json", "--out", folder
    )
    assert status == 0
    assert json.loads(out)["systems"].keys() == {"brightness", "second"}
    assert json.loads((folder / "efficiency.json").read_text()) == json.loads(out)
    assert {file.name for file in folder.iterdir()} == {"efficiency.json", "efficiency.png"}
    assert (folder / "efficiency.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--passes", "50"], "--passes 50: write two whole numbers with a comma between"),
        (["--passes", "50,many"], "--passes 50,many: write two whole numbers"),
        (["--passes", "1,50"], "the short run needs at least 2 passes"),
        (["--passes", "50,20"], "the long one no fewer"),
        (["--out", __file__], "is a file; give a folder"),
        (["light_emonett"], "did you mean light_emonet?"),
        (["nowhere.onnx"], "there is no model file nowhere.onnx"),
    ],
)
def test_mistakes_are_told_in_a_sentence(ferlite, arguments, sentence):
    status, out, err = ferlite("bench", *arguments)
    assert (status, out) == (1, "")
    assert err.startswith("ferlite: ")
    assert err.count("\n") == 1
    assert sentence in err


def test_without_the_lab_it_says_how_to_install_it(ferlite, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    for name in [name for name in sys.modules if name.startswith("ferlite.lab.efficiency")]:
        monkeypatch.delitem(sys.modules, name)
    status, _, err = ferlite("bench")
    assert status == 1
    assert "pip install 'ferlite[lab]'" in err
