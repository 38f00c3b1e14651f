"""Put a finished run into the package: its ONNX file, its card, and its numbers in results/.

    python -m reports.ship runs/ferlite_s --ship --data fer2013.csv

Any number of models may ship; the default one is `ferlite.classify.zoo.DEFAULT`.
`python -m reports.photos` then adds the answer for photos to file and card.
What ships is calibrated: a temperature fitted on the validation rows divides its logits. The card
is made from the numbers in results/ alone, so that it cannot say anything else.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from ferlite.classify.classifier import Classifier
from ferlite.classify.labels import Labels
from ferlite.classify.zoo import WEIGHTS
from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.evaluate.calibration import fit_temperature
from ferlite.lab.evaluate.metrics import evaluate_probabilities, expected_calibration_error
from ferlite.lab.evaluate.report import predict_onnx
from ferlite.lab.export import with_temperature
from ferlite.lab.int8 import calibration_faces, quantise
from ferlite.lab.recipe import recipe_from_dict
from ferlite.lab.train.loop import TrainingData, load_data
from reports.results import RESULTS, deviations, place_of

LARGEST_LOSS = 0.005
"""Of accuracy, on validation faces: an int8 form that loses more is not worth its speed."""

_SPLITS = ("validation", "test")

LIMITS = [
    "Trained on FER2013: gray 48×48 faces from web searches, labelled by few people, about one "
    "label in ten doubtful; the accuracy on FER2013 is on such faces and says little about others.",
    "It names the expression that people would most likely see in an image. It does not know what "
    "anyone feels.",
    "Fear, sadness and disgust are told apart poorly (see accuracy per class).",
    "Nobody has measured it by age, sex, skin colour or culture; FER2013 is known to be unbalanced "
    "in all of them.",
    "Faces turned far to the side, covered, very dark, or smaller than about 40 pixels are read "
    "badly.",
]
NOT_FOR = [
    "decisions about people: hiring, schooling, insurance, credit, policing, borders, health",
    "telling lies from truth, or intent, character, or illness",
    "watching people who have not agreed to it; in workplaces and schools of the European Union "
    "that is forbidden (Regulation (EU) 2024/1689, Article 5)",
]


def card(name: str, metrics: dict[str, Any]) -> dict[str, Any]:
    """What people should know of a model, from the metrics of the run that made it."""
    test, validation = metrics["test"], metrics["validation"]
    return {
        "name": name,
        "summary": metrics["summary"],
        "task": "which of seven expressions a face shows",
        "input": f"uint8 faces (N, {metrics['recipe']['model']['channels']}, "
        f"{metrics['recipe']['model']['size']}, {metrics['recipe']['model']['size']})",
        "data": {
            **metrics["data"],
            "selected_on": "PublicTest",
            "reported_on": "PrivateTest, single model, single crop, once",
        },
        "recipe": metrics["recipe"],
        "recipe_sha256": metrics["recipe_sha256"],
        "accuracy": test["accuracy"],
        "accuracy_ci95": test["accuracy_ci95"],
        "validation_accuracy": validation["accuracy"],
        "macro_f1": test["macro_f1"],
        "expected_calibration_error": test["expected_calibration_error"],
        **({"voted": _voted(metrics["voted"])} if "voted" in metrics else {}),
        **{
            key: metrics[key]
            for key in ("initial_weights", "teachers", "calibration", "float32")
            if metrics.get(key)
        },
        "accuracy_per_class": {c: v["recall"] for c, v in test["per_class"].items()},
        "parameters": metrics["parameters"],
        "multiply_adds": metrics["multiply_adds"],
        "limits": LIMITS,
        "not_for": NOT_FOR,
        "licence": "Apache-2.0 for the weights; FER2013 itself is for research",
        "made": {
            key: metrics[key] for key in ("commit", "seed", "epochs_run", "wall_time_s", "hardware")
        },
        "bytes": metrics["onnx"]["bytes"],
        "sha256": metrics["onnx"]["sha256"],
    }


def _voted(measured: dict[str, Any]) -> dict[str, Any]:
    """What a card says of the answers that FER+'s votes taught."""
    test = measured["test"]
    return {
        "data": "FER+ by the majority of votes, seven emotions; PrivateTest, once",
        "accuracy": test["accuracy"],
        "accuracy_ci95": test["accuracy_ci95"],
        "validation_accuracy": measured["validation"]["accuracy"],
        "macro_f1": test["macro_f1"],
        "expected_calibration_error": test["expected_calibration_error"],
        "temperature": measured["calibration"]["temperature"],
        "accuracy_per_class": {c: v["recall"] for c, v in test["per_class"].items()},
    }


def ship(
    run: Path, data: Path | None = None, name: str | None = None, results: Path = RESULTS
) -> Path:
    """Put a run's network into the package under `name`, with its card, and its numbers in results.

    Args:
        run: the folder of a finished run.
        data: the dataset of the run, for the temperature; None ships the network as it is.
        name: of the shipped model; the recipe's if None.
        results: the folder for the numbers.

    Returns:
        The shipped file.

    Raises:
        FerliteError: the run is not finished, its ONNX file is not the one it measured, or the data
            are not those of the run.
    """
    metrics = read_metrics(run)
    exported = measured_file(run, metrics)
    metrics["name"] = name or metrics["name"]
    if data is None:
        _install(exported, metrics, results)
    else:
        with tempfile.TemporaryDirectory(prefix="ferlite-ship-") as folder:
            calibrated = Path(folder) / "calibrated.onnx"
            loaded = data_of(metrics, data)
            metrics |= calibrate(exported, calibrated, loaded.dataset)
            if loaded.voted is not None:
                metrics["voted"] = calibrate(calibrated, calibrated, loaded.voted, "ferplus")
                metrics["onnx"] = metrics["voted"].pop("onnx")
            _install(calibrated, metrics, results)
    return WEIGHTS / f"{metrics['name']}.onnx"


def calibrate(
    source: Path, out: Path, dataset: FaceDataset, labels: Labels = "fer2013"
) -> dict[str, Any]:
    """Write a network with the temperature that suits the validation rows, and measure it.

    Args:
        source: an exported network.
        out: the file to write; may be `source`.
        dataset: what it is measured on.
        labels: which of its answers is meant.

    Returns:
        Of `out`: `onnx`, `validation` and `test` as in metrics.json, and `calibration`, which says
        the temperature and the expected calibration error before and after.

    Raises:
        FerliteError: another answer came first for some face, which a temperature cannot cause.
    """
    rows = {split: dataset.rows(split) for split in _SPLITS}
    before = {
        split: predict_onnx(source, dataset.images_NHW[rows[split]], labels=labels)
        for split in rows
    }
    temperature = fit_temperature(before["validation"], dataset.labels_N[rows["validation"]])
    with_temperature(source, out, temperature, labels)
    measured: dict[str, Any] = {}
    errors: dict[str, dict[str, float]] = {"before": {}, "after": {}}
    for split in rows:
        labels_N = dataset.labels_N[rows[split]]
        after_NK = predict_onnx(out, dataset.images_NHW[rows[split]], labels=labels)
        if (after_NK.argmax(axis=1) != before[split].argmax(axis=1)).any():
            raise FerliteError(f"{source}: answers change with the temperature {temperature:.3f}")
        measured[split] = evaluate_probabilities(after_NK, labels_N, dataset.classes)
        errors["before"][split] = expected_calibration_error(before[split], labels_N)
        errors["after"][split] = measured[split]["expected_calibration_error"]
    return {
        "onnx": file_of(out),
        "calibration": {
            "method": "temperature scaling, least log loss on the validation rows",
            "temperature": temperature,
            "expected_calibration_error": errors,
        },
        **measured,
    }


def ship_int8(
    run: Path,
    data: Path,
    name: str | None = None,
    results: Path = RESULTS,
    *,
    alone: bool = False,
) -> Path:
    """Put an int8 form of a run's network into the package, with its own card.

    The scales come from training faces, the temperature from the validation rows.

    Args:
        run: the folder of a finished run.
        data: the dataset of the run.
        name: of the float32 form; the recipe's if None.
        results: the folder for the numbers, which are kept as NAME_int8.
        alone: whether it ships as NAME, in the place of the float32 form, or beside that as
            NAME_int8.

    Returns:
        The shipped file.

    Raises:
        FerliteError: the run is not finished, the data are others, or the int8 form is right on
            fewer validation faces than `LARGEST_LOSS` allows.
    """
    metrics = read_metrics(run)
    exported = measured_file(run, metrics)
    loaded = data_of(metrics, data)
    dataset = loaded.dataset
    taken = Classifier(exported)
    faces = calibration_faces(dataset, taken.channels, taken.size)
    plain = name or metrics["name"]
    name = plain if alone else f"{plain}_int8"
    with tempfile.TemporaryDirectory(prefix="ferlite-ship-") as folder:
        small, calibrated = Path(folder) / "small.onnx", Path(folder) / "calibrated.onnx"
        # The outermost layers stay float32: pixels keep their 256 steps, and labels' and votes'
        # logits need not share one scale. On PublicTest that has the least log loss of both.
        quantise(exported, small, faces, ranges="Percentile", float_layers=(0, -1), name=name)
        measured = calibrate(small, calibrated, dataset)
        float32: dict[str, Any] = {
            "sha256": metrics["onnx"]["sha256"],
            "accuracy": {split: metrics[split]["accuracy"] for split in _SPLITS},
        }
        _check_loss(run, metrics, measured)
        if loaded.voted is not None:
            float32["voted"] = {s: metrics["voted"][s]["accuracy"] for s in _SPLITS}
            measured["voted"] = calibrate(calibrated, calibrated, loaded.voted, "ferplus")
            measured["onnx"] = measured["voted"].pop("onnx")
            _check_loss(run, metrics["voted"], measured["voted"])
        changed = {
            "kind": "quantisation",
            "name": f"{plain}_int8",
            "summary": f"{metrics['summary']}; int8",
            "float32": float32,
            "calibration_faces": len(faces),
        }
        _install(calibrated, metrics | measured | changed, results, name)
    return WEIGHTS / f"{name}.onnx"


def _check_loss(run: Path, float32: dict[str, Any], int8: dict[str, Any]) -> None:
    loss = float32["validation"]["accuracy"] - int8["validation"]["accuracy"]
    if loss > LARGEST_LOSS:
        raise FerliteError(f"{run}: int8 loses {100 * loss:.2f} points on validation faces")


def data_of(metrics: dict[str, Any], data: Path) -> TrainingData:
    """The data of a run, prepared as its recipe says.

    Raises:
        FerliteError: these are other data than those of the run.
    """
    loaded = load_data(recipe_from_dict(metrics["recipe"], where="metrics.json"), data)
    if loaded.dataset.sha256 != metrics["data"]["sha256"]:
        raise FerliteError(f"--data {data}: these are not the data that the run was trained on")
    return loaded


def measured_file(run: Path, metrics: dict[str, Any]) -> Path:
    """The ONNX file of a run.

    Raises:
        FerliteError: it is not the one that was measured.
    """
    exported: Path = run / metrics["onnx"]["file"]
    if hashlib.sha256(exported.read_bytes()).hexdigest() != metrics["onnx"]["sha256"]:
        raise FerliteError(f"{exported}: is not the file that metrics.json measured")
    return exported


def _install(
    file: Path, metrics: dict[str, Any], results: Path, shipped_as: str | None = None
) -> None:
    """Copy a network into the package, make its card, and write its numbers down."""
    name = shipped_as or metrics["name"]
    with written_whole(WEIGHTS / f"{name}.onnx") as part:
        shutil.copyfile(file, part)
    metrics["onnx"] = metrics["onnx"] | {"file": f"{name}.onnx"}
    write_json(WEIGHTS / f"{name}.json", card(name, metrics))
    write_json(place_of(metrics["name"], results), metrics)


def file_of(path: Path) -> dict[str, Any]:
    """What is said of a file: its name, size and hash."""
    content = path.read_bytes()
    return {
        "file": path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def record(run: Path, results: Path = RESULTS) -> Path:
    """Keep a run's numbers in results/, under the recipe's name."""
    metrics = read_metrics(run)
    target = place_of(metrics["name"], results)
    write_json(target, metrics)
    return target


def read_metrics(run: Path) -> dict[str, Any]:
    """The metrics.json of a finished run.

    Raises:
        FerliteError: there is none.
    """
    path = run / "metrics.json"
    if not path.is_file():
        raise FerliteError(f"{run}: holds no metrics.json; finish the run with --resume first")
    metrics: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return metrics


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a card or result as these are written."""
    with written_whole(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Record runs in results/; with --ship put them into the package too."""
    parser = argparse.ArgumentParser(description="Keep the numbers of finished runs.")
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--ship", action="store_true", help="put the weights into the package too")
    parser.add_argument("--data", type=Path, help="the runs' dataset, to fit the temperature")
    parser.add_argument("--int8", action="store_true", help="ship an int8 form, NAME_int8, too")
    parser.add_argument(
        "--small-only",
        action="store_true",
        help="ship the int8 form alone, as NAME, of a large network",
    )
    parser.add_argument("--name", help="of what ships and its numbers; the recipe's if not given")
    parser.add_argument(
        "--no-temperature", action="store_true", help="ship the network as training left it"
    )
    arguments = parser.parse_args()
    if arguments.ship and (arguments.data is None) != arguments.no_temperature:
        parser.error("--ship needs either --data, for the temperature, or --no-temperature")
    if arguments.int8 and not (arguments.ship and arguments.data):
        parser.error("--int8 needs --ship and --data, whose faces set the scales")
    if arguments.small_only and not arguments.int8:
        parser.error("--small-only needs --int8, the form that ships")
    if arguments.name and not (arguments.ship and len(arguments.runs) == 1):
        parser.error("--name needs --ship and one run")
    try:
        for run in arguments.runs:
            metrics = read_metrics(run)
            metrics["name"] = arguments.name or metrics["name"]
            if differs := deviations(metrics):
                print(f"{run}: the tables will say: {differs}", file=sys.stderr)
            whole = arguments.ship and not arguments.small_only
            print(
                ship(run, arguments.data, arguments.name, RESULTS)
                if whole
                else record(run, RESULTS)
            )
            if arguments.int8:
                print(
                    ship_int8(
                        run, arguments.data, arguments.name, RESULTS, alone=arguments.small_only
                    )
                )
    except FerliteError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
