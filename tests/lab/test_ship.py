"""What ships is what was measured, and every shipped file keeps its card's word."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from ferlite.classify import zoo
from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab import ship
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import predict_onnx

RESULTS = Path(__file__).parents[2] / "results"


@pytest.mark.parametrize("name", zoo.names())
def test_a_shipped_card_is_made_from_its_results(name: str) -> None:
    metrics = json.loads((RESULTS / f"{name}.json").read_text())
    assert zoo.card(name) == ship.card(name, metrics)


@pytest.mark.parametrize("name", zoo.names())
def test_a_shipped_file_is_the_one_its_card_tells_of(name: str) -> None:
    content = zoo.path(name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == zoo.card(name)["sha256"]
    assert len(content) == zoo.card(name)["bytes"]


@pytest.mark.skipif(not os.environ.get("FERLITE_FER2013"), reason="needs the real FER2013")
@pytest.mark.parametrize("name", zoo.names())
def test_a_shipped_file_reaches_its_cards_accuracy_on_the_real_data(name: str) -> None:
    dataset = load_fer2013(os.environ["FERLITE_FER2013"])
    card = zoo.card(name)
    rows = dataset.rows("test")
    labels = dataset.labels_N[rows]
    found = evaluate_probabilities(
        predict_onnx(zoo.path(name), dataset.images_NHW[rows]), labels, EMOTIONS, bootstrap=1
    )
    # Another processor may round a borderline face the other way.
    assert found["accuracy"] == pytest.approx(card["accuracy"], abs=1.5 / len(rows))
    for emotion, recall in card["accuracy_per_class"].items():
        support = found["per_class"][emotion]["support"]
        assert found["per_class"][emotion]["recall"] == pytest.approx(recall, abs=1.5 / support)


def _run(folder: Path) -> Path:
    exported = folder / "m.onnx"
    exported.write_bytes(b"weights")
    name = zoo.names()[0]
    metrics = json.loads((RESULTS / f"{name}.json").read_text())
    metrics["name"] = "m"
    metrics["onnx"] = {
        "file": "m.onnx",
        "bytes": 7,
        "sha256": hashlib.sha256(b"weights").hexdigest(),
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


def test_shipping_copies_file_and_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _run(tmp_path)
    monkeypatch.setattr(ship, "WEIGHTS", tmp_path / "weights")
    assert ship.ship(run).read_bytes() == b"weights"
    card = json.loads((tmp_path / "weights" / "m.json").read_text())
    assert card["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert card["not_for"]
    assert ship.record(run, tmp_path / "results").name == "m.json"


def test_a_file_changed_after_it_was_measured_does_not_ship(tmp_path: Path) -> None:
    run = _run(tmp_path)
    (run / "m.onnx").write_bytes(b"others!")
    with pytest.raises(FerliteError, match=r"not the file that metrics\.json measured"):
        ship.ship(run)


def test_an_unfinished_run_does_not_ship(tmp_path: Path) -> None:
    with pytest.raises(FerliteError, match="finish the run with --resume first"):
        ship.read_metrics(tmp_path)
