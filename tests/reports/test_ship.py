"""What ships is what was measured, and every shipped file keeps its card's word."""

import dataclasses
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from ferlite.classify import zoo
from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.ferplus import load_ferplus
from ferlite.lab.evaluate.calibration import tempered
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import predict_onnx
from ferlite.lab.train.loop import TrainingData
from reports import ship
from reports.photos import described, measured
from reports.results import shipped

RESULTS = Path(__file__).parents[2] / "results" / "models"


@pytest.mark.parametrize(("name", "result"), zip(zoo.names(), shipped(), strict=True))
def test_a_shipped_card_is_made_from_its_results(name: str, result: str) -> None:
    metrics = json.loads((RESULTS / f"{result}.json").read_text())
    card = zoo.card(name)
    photos = {"photos": {**measured(name), **described()}}
    assert card == ship.card(name, metrics) | photos
    assert metrics["onnx"]["file"] == f"{name}.onnx"


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
        predict_onnx(zoo.path(name), dataset.images_NHW[rows]), labels, EMOTIONS
    )
    # Another processor may round a borderline face the other way.
    assert found["accuracy"] == pytest.approx(card["accuracy"], abs=1.5 / len(rows))
    for emotion, recall in card["accuracy_per_class"].items():
        support = found["per_class"][emotion]["support"]
        assert found["per_class"][emotion]["recall"] == pytest.approx(recall, abs=1.5 / support)


@pytest.mark.skipif(not os.environ.get("FERLITE_FER2013"), reason="needs the real FER2013")
@pytest.mark.parametrize("name", [name for name in zoo.names() if "voted" in zoo.card(name)])
def test_a_shipped_file_answers_as_people_vote_as_often_as_its_card_says(name: str) -> None:
    data = Path(os.environ["FERLITE_FER2013"])
    ferplus = load_ferplus(data if data.is_dir() else data.parent)
    faces = ferplus.take(ferplus.rows("test"))
    found_NK = predict_onnx(zoo.path(name), faces.images_NHW, labels="ferplus")
    accuracy = (found_NK.argmax(axis=1) == faces.labels_N).mean()
    assert accuracy == pytest.approx(zoo.card(name)["voted"]["accuracy"], abs=1.5 / len(faces))


def _run(folder: Path) -> Path:
    exported = folder / "m.onnx"
    exported.write_bytes(b"weights")
    name = shipped()[0]
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
    assert ship.ship(run, results=tmp_path / "results").read_bytes() == b"weights"
    card = json.loads((tmp_path / "weights" / "m.json").read_text())
    assert card["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert card["not_for"]
    recorded = ship.record(run, tmp_path / "others")
    assert recorded.name == "m.json"
    (shipped,) = (tmp_path / "results").rglob("m.json")
    assert recorded.read_text() == shipped.read_text()


def test_a_run_ships_under_another_name_and_its_card_says_who_taught_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _run(tmp_path)
    teachers = [{"from": "best.ckpt", "sha256": "0" * 64}]
    metrics = json.loads((run / "metrics.json").read_text()) | {"teachers": teachers}
    (run / "metrics.json").write_text(json.dumps(metrics))
    monkeypatch.setattr(ship, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path / "weights")
    for name in ("first", "second"):
        ship.ship(run, name=name, results=tmp_path / "results")
        assert zoo.path(name).read_bytes() == b"weights"
        (recorded,) = (tmp_path / "results").rglob(f"{name}.json")
        assert json.loads(recorded.read_text())["name"] == name
    assert zoo.names() == ["first", "second"]
    assert zoo.card("second")["teachers"] == teachers


def test_a_run_that_differs_from_the_recipe_of_its_name_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _run(tmp_path)
    monkeypatch.setattr(ship, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(ship, "RESULTS", tmp_path / "results")
    options = ["--ship", "--no-temperature", "--name"]
    for name, said in (("elsewhere", ""), ("light_emonet", " instead of ")):
        monkeypatch.setattr("sys.argv", ["ship", str(run), *options, name])
        ship.main()
        found = capsys.readouterr()
        assert found.out.endswith(f"{name}.onnx\n")
        assert said in found.err
        assert bool(said) == bool(found.err)


def test_a_file_changed_after_it_was_measured_does_not_ship(tmp_path: Path) -> None:
    run = _run(tmp_path)
    (run / "m.onnx").write_bytes(b"others!")
    with pytest.raises(FerliteError, match=r"not the file that metrics\.json measured"):
        ship.ship(run, results=tmp_path)


def test_an_unfinished_run_does_not_ship(tmp_path: Path) -> None:
    with pytest.raises(FerliteError, match="finish the run with --resume first"):
        ship.read_metrics(tmp_path)


@pytest.fixture(scope="module")
def unsure(brightness_model: Path) -> FaceDataset:
    """Faces whose labels are as doubtful as the brightness network at a temperature of 2."""
    rng = np.random.default_rng(0)
    gray_N11 = rng.integers(0, 256, (3000, 1, 1), dtype=np.uint8)
    images_NHW = np.tile(gray_N11, (1, 48, 48))
    doubtful_NK = tempered(predict_onnx(brightness_model, images_NHW), 2)
    labels_N = (doubtful_NK.cumsum(axis=1) < rng.random((3000, 1))).sum(axis=1)
    return FaceDataset(
        "unsure", images_NHW, np.minimum(labels_N, 6), rng.integers(0, 3, 3000).astype(np.int8)
    )


def test_a_temperature_takes_away_the_confidence_that_is_too_much(
    brightness_model: Path, unsure: FaceDataset, tmp_path: Path
) -> None:
    found = ship.calibrate(brightness_model, tmp_path / "calibrated.onnx", unsure)

    assert found["calibration"]["temperature"] == pytest.approx(2, rel=0.1)
    errors = found["calibration"]["expected_calibration_error"]
    for split in ("validation", "test"):
        assert errors["after"][split] < errors["before"][split] / 2
        rows = unsure.rows(split)
        probabilities = predict_onnx(tmp_path / "calibrated.onnx", unsure.images_NHW[rows])
        plain = predict_onnx(brightness_model, unsure.images_NHW[rows])
        assert (probabilities.argmax(axis=1) == plain.argmax(axis=1)).all()
        expected = evaluate_probabilities(probabilities, unsure.labels_N[rows], EMOTIONS)
        assert found[split] == expected, "the card's numbers are those of the file that ships"
    content = (tmp_path / "calibrated.onnx").read_bytes()
    assert found["onnx"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_test_rows_have_no_say_in_the_temperature(
    brightness_model: Path, unsure: FaceDataset, tmp_path: Path
) -> None:
    out = tmp_path / "calibrated.onnx"
    labels_N = unsure.labels_N.copy()
    labels_N[unsure.rows("test")] = 0
    others = dataclasses.replace(unsure, labels_N=labels_N)
    found = [ship.calibrate(brightness_model, out, faces) for faces in (unsure, others)]
    assert found[0]["calibration"]["temperature"] == found[1]["calibration"]["temperature"]
    assert found[0]["test"]["accuracy"] != found[1]["test"]["accuracy"]


@pytest.mark.parametrize(("alone", "shipped_as"), [(False, "m_int8"), (True, "m")])
def test_an_int8_form_ships_beside_its_network_or_alone_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brightness_model: Path, unsure: FaceDataset,
    alone: bool, shipped_as: str,
) -> None:  # fmt: skip
    run = _run(tmp_path)
    monkeypatch.setattr(ship, "measured_file", lambda run, metrics: brightness_model)
    monkeypatch.setattr(ship, "data_of", lambda metrics, data: TrainingData(unsure))
    monkeypatch.setattr(
        ship, "quantise", lambda source, out, faces, **_: shutil.copyfile(source, out)
    )
    monkeypatch.setattr(ship, "_check_loss", lambda *_: None)
    monkeypatch.setattr(ship, "WEIGHTS", tmp_path / "weights")
    file = ship.ship_int8(run, tmp_path, results=tmp_path / "results", alone=alone)
    assert file == tmp_path / "weights" / f"{shipped_as}.onnx"
    card = json.loads(file.with_suffix(".json").read_text())
    (result,) = (tmp_path / "results").rglob("m_int8.json")
    assert card["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (card["name"], json.loads(result.read_text())["name"]) == (shipped_as, "m_int8")


@pytest.mark.parametrize("name", zoo.names())
def test_a_shipped_file_says_which_network_it_holds(name: str) -> None:
    session = onnxruntime.InferenceSession(zoo.path(name), providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map["ferlite.name"] == name


@pytest.mark.parametrize("name", zoo.names())
def test_a_shipped_model_is_calibrated(name: str) -> None:
    errors = zoo.card(name)["calibration"]["expected_calibration_error"]
    assert errors["after"]["test"] == zoo.card(name)["expected_calibration_error"] <= 0.03


@pytest.mark.parametrize("name", [name for name in zoo.names() if "voted" in zoo.card(name)])
def test_what_a_shipped_model_answers_unasked_is_calibrated(name: str) -> None:
    assert zoo.card(name)["voted"]["expected_calibration_error"] <= 0.03
