"""Every run on every dataset: what is measured, and the tables made of it."""

import hashlib
import json
import shutil

import pytest

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.evaluate.across import finished_runs, measured, row_percent, write
from ferlite.lab.evaluate.across_tables import tables

TREES = {
    "fer2013": 7,
    "ferplus/fer2013new.csv": 7,
    "rafdb": 7,
    "affectnet lists": 7,
    "ckplus": 14,
    "folder": 7,
}
"""Every dataset in small, and its test rows."""


def put_run(folder, model, name="brightness", trained_on="fer2013"):
    """A finished run, as `ferlite train` leaves it."""
    folder.mkdir(parents=True)
    onnx = folder / f"{name}.onnx"
    shutil.copyfile(model, onnx)
    metrics = {
        "kind": "training",
        "name": name,
        "data": {"name": trained_on},
        "parameters": 1234,
        "onnx": {"file": onnx.name, "sha256": hashlib.sha256(onnx.read_bytes()).hexdigest()},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


@pytest.fixture
def runs(tmp_path, brightness_model):
    put_run(tmp_path / "runs" / "a", brightness_model)
    put_run(tmp_path / "runs" / "b", brightness_model, "other", "rafdb")
    return tmp_path / "runs"


class TestFinishedRuns:
    def test_are_in_the_order_of_their_folders(self, runs):
        found = finished_runs(runs)
        assert [(run.system, run.trained_on) for run in found] == [
            ("brightness", "fer2013"),
            ("other", "rafdb"),
        ]
        assert found[0].parameters == 1234

    def test_one_run_may_be_given_itself(self, runs):
        assert [run.system for run in finished_runs(runs / "b")] == ["other"]

    def test_unfinished_runs_and_reports_of_evaluations_are_passed_over(self, runs):
        (runs / "c").mkdir()
        (runs / "d").mkdir()
        (runs / "d" / "metrics.json").write_text('{"model": "x.onnx", "accuracy": 0.5}')
        (runs / "e").mkdir()
        (runs / "e" / "metrics.json").write_text('{"kind": "training", "name": "of pictures"}')
        assert len(finished_runs(runs)) == 2

    def test_a_folder_without_any_is_refused(self, tmp_path):
        with pytest.raises(FerliteError, match="holds no finished run"):
            finished_runs(tmp_path)

    def test_a_network_that_is_not_the_measured_one_is_refused(self, runs, make_model):
        shutil.copyfile(make_model(size=60), runs / "a" / "brightness.onnx")
        with pytest.raises(FerliteError, match=r"brightness\.onnx: is not the file that metrics"):
            finished_runs(runs)

    def test_a_missing_network_is_named(self, runs):
        (runs / "a" / "brightness.onnx").unlink()
        with pytest.raises(FerliteError, match=r"brightness\.onnx: is missing"):
            finished_runs(runs)

    def test_damaged_metrics_are_named(self, runs):
        (runs / "a" / "metrics.json").write_text('{"kind": ')
        with pytest.raises(FerliteError, match=r"metrics\.json: cannot be read"):
            finished_runs(runs)


class TestMeasured:
    def test_each_run_is_measured_on_the_test_rows_of_each_dataset(self, runs, make_tree):
        places = []
        for tree in TREES:
            folder, _, file = tree.partition("/")
            places.append(make_tree(folder) / file)
        results = list(measured(finished_runs(runs), places))
        assert [(r["system"], r["data"]["name"], r["data"]["n"]) for r in results] == [
            (system, dataset, count)
            for dataset, count in zip(
                ("fer2013", "ferplus", "rafdb", "affectnet", "ckplus", "folder"),
                TREES.values(),
                strict=True,
            )
            for system in ("brightness", "other")
        ]
        # The network reads brightness, and each emotion of the trees has its own.
        assert all(r["accuracy"] == 1 for r in results)
        json.dumps(results, allow_nan=False)

    def test_a_run_that_knows_contempt_is_measured_on_ferplus_with_it(
        self, runs, make_model, make_tree
    ):
        eight = make_model(emotions=(*EMOTIONS, "contempt"))
        put_run(runs / "c", eight, "eight", "ferplus8")
        results = list(measured(finished_runs(runs), [make_tree("ferplus") / "fer2013new.csv"]))
        assert [(r["system"], r["data"]["name"], len(r["confusion_matrix"])) for r in results] == [
            ("brightness", "ferplus", 7),
            ("other", "ferplus", 7),
            ("eight", "ferplus8", 8),
        ]
        assert results[2]["accuracy_per_class"]["contempt"] is None, "nobody shows it here"
        assert "| `eight` (c) | ferplus8 | 1,234 | – |" in tables(results)

    def test_what_is_confused_stands_in_the_row_of_the_true_emotion(self, runs, make_tree):
        folder = make_tree("folder")
        for name in ("2", "3", "4"):
            shutil.copyfile(folder / "test/sad/1.png", folder / f"test/happy/{name}.png")
        result = next(measured(finished_runs(runs), [folder]))
        assert result["accuracy"] == 0.7
        assert result["accuracy_per_class"]["happy"] == 0.25
        happy, sad = EMOTIONS.index("happy"), EMOTIONS.index("sad")
        assert result["confusion_matrix"][happy][sad] == 3
        assert result["confusion_percent"][happy][sad] == 75.0
        assert result["confusion_percent"][sad][sad] == 100.0

    def test_an_emotion_without_images_has_no_accuracy(self, runs, make_tree):
        folder = make_tree("folder")
        shutil.rmtree(folder / "test" / "fear")
        result = next(measured(finished_runs(runs), [folder]))
        assert result["accuracy_per_class"]["fear"] is None
        assert sum(result["confusion_percent"][EMOTIONS.index("fear")]) == 0

    def test_two_datasets_of_one_name_are_refused(self, runs, make_tree):
        folder = make_tree("rafdb")
        with pytest.raises(FerliteError, match="another dataset is called rafdb too"):
            list(measured(finished_runs(runs), [folder, folder]))

    def test_a_dataset_without_test_rows_is_refused(self, runs, make_tree):
        folder = make_tree("folder")
        shutil.rmtree(folder / "test")
        with pytest.raises(FerliteError, match="has no test rows"):
            list(measured(finished_runs(runs), [folder]))


class TestTables:
    def test_are_systems_by_datasets_by_emotions_and_confusions_in_percent(self):
        text = tables(
            [
                result("clcm", "fer2013", "fer2013", 0.63),
                result("mobilenet_v2", "fer2013", "fer2013", 0.58),
                result("clcm", "fer2013", "ckplus", 0.712),
            ]
        )
        assert text == TABLES

    def test_the_same_system_trained_on_two_datasets_has_two_rows(self):
        text = tables(
            [
                result("clcm", "fer2013", "ckplus", 0.71),
                result("clcm", "rafdb", "ckplus", 0.78),
            ]
        )
        assert "| `clcm` | fer2013 | 1,000 | 71.0 |\n| `clcm` | rafdb | 1,000 | 78.0 |" in text

    def test_two_runs_of_one_system_are_told_apart_by_their_folders(self):
        text = tables(
            [
                result("clcm", "fer2013", "ckplus", 0.71),
                result("clcm", "fer2013", "ckplus", 0.72, run="again"),
            ]
        )
        assert "| `clcm` | fer2013 | 1,000 | 71.0 |\n" in text
        assert "| `clcm` (again) | fer2013 | 1,000 | 72.0 |\n" in text


def test_write_leaves_the_tables_and_the_numbers_behind_them(tmp_path):
    results = [result("clcm", "fer2013", "ckplus", 0.71)]
    write(results, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert json.loads((folder / "across.json").read_text())["results"] == results
    assert (folder / "across.md").read_text() == tables(results)


def test_rows_of_a_confusion_matrix_sum_to_a_hundred_percent():
    assert row_percent([[1, 2], [0, 5]]) == [[33.3, 66.7], [0.0, 100.0]]
    assert row_percent([[0, 0], [5, 5]]) == [[0.0, 0.0], [50.0, 50.0]]


def result(system, trained_on, dataset, accuracy, run=None):
    """Two emotions stand for seven."""
    return {
        "run": run or system,
        "system": system,
        "trained_on": trained_on,
        "parameters": 1000,
        "data": {"name": dataset, "n": 10},
        "accuracy": accuracy,
        "accuracy_per_class": {"sad": 0.5, "happy": None},
        "confusion_percent": [[50.0, 50.0], [0.0, 0.0]],
    }


CONFUSION = """\
| true | sad | happy |
|:--|--:|--:|
| sad | 50.0 | 50.0 |
| happy | 0.0 | 0.0 |
"""
TABLES = f"""\
# Across datasets

All numbers are percent, on test rows.

## Overall accuracy

| system | trained on | parameters | fer2013 | ckplus |
|:--|:--|--:|--:|--:|
| `clcm` | fer2013 | 1,000 | 63.0 | 71.2 |
| `mobilenet_v2` | fer2013 | 1,000 | 58.0 | – |

## Accuracy per emotion

### fer2013

| system | trained on | sad | happy | all |
|:--|:--|--:|--:|--:|
| `clcm` | fer2013 | 50.0 | – | 63.0 |
| `mobilenet_v2` | fer2013 | 50.0 | – | 58.0 |

### ckplus

| system | trained on | sad | happy | all |
|:--|:--|--:|--:|--:|
| `clcm` | fer2013 | 50.0 | – | 71.2 |

## Confusion matrices

Rows are the true emotions, columns the predicted ones.

### `clcm` trained on fer2013, on fer2013

{CONFUSION}
### `mobilenet_v2` trained on fer2013, on fer2013

{CONFUSION}
### `clcm` trained on fer2013, on ckplus

{CONFUSION}"""
