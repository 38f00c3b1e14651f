"""README and docs say what results/ say, to the last digit."""

from pathlib import Path

import pytest

from ferlite.lab.recipe import load_recipe
from reports.results import Results, read_results
from reports.tables.__main__ import TABLES, documents, filled


@pytest.fixture(scope="module")
def results() -> Results:
    return read_results()


@pytest.mark.parametrize("path", documents(), ids=lambda p: p.name)
def test_the_projects_tables_are_the_ones_results_give(path: Path, results: Results) -> None:
    text = path.read_text(encoding="utf-8")
    assert filled(text, results) == text, "run python -m reports.tables"


def test_a_table_follows_its_results_and_nothing_else_changes() -> None:
    text = "before\n<!-- results:per_class -->\nold\n<!-- /results -->\nafter\n"
    recall = {"happy": {"recall": 0.875}, "sad": {"recall": 0.5}}
    results = {
        "a": {
            "kind": "training",
            "name": "a",
            "data": {"name": "fer2013"},
            "test": {"accuracy": 0.5, "per_class": recall},
        },
        "b": {"kind": "benchmark", "name": "b"},
    }
    new = filled(text, results)
    assert new.startswith("before\n<!-- results:per_class -->\n| model | happy | sad |\n")
    assert "| `a` | 88% | 50% |\n<!-- /results -->\nafter\n" in new
    assert filled(new, results) == new
    results["a"]["test"]["accuracy"] = 0.6  # type: ignore[index]
    recall["sad"]["recall"] = 0.25
    assert "25%" in filled(new, results)


def test_parts_of_the_residual_cnn_are_compared_with_the_whole() -> None:
    run = {
        "parameters": 1_479_527,
        "multiply_adds": 89_200_000,
        "epochs_run": 12,
        "validation": {"accuracy": 0.6},
        "test": {"accuracy": 0.594, "macro_f1": 0.519},
    }
    recipe = {"recipe": load_recipe("residual_cnn").as_dict()}
    whole = {**run, **recipe, "name": "residual_cnn"}
    part = {**whole, "name": "residual_cnn_rgb", "test": {"accuracy": 0.604, "macro_f1": 0.5}}
    part["recipe"] = load_recipe("residual_cnn_rgb").as_dict()
    table = TABLES["residual_ablation"]({"residual_cnn": whole, "residual_cnn_rgb": part})
    rows = {row.split("|")[1].strip(" `"): row.split("|")[2:-1] for row in table.splitlines()[2:]}
    points = {name: row[5].strip() for name, row in rows.items() if len(row) > 5}
    assert points["residual_cnn_rgb"] == "+1.0"
    assert points["residual_cnn"] == points["residual_cnn_96"] == ""
    assert "not measured yet" in rows["residual_cnn_96"][1]


def test_what_imbalance_does_for_disgust_waits_for_both_trainings() -> None:
    disgust = {"recall": 0.25, "precision": 0.5, "f1": 1 / 3}
    test = {"accuracy": 0.65, "macro_f1": 0.6, "per_class": {"disgust": disgust}}
    run = {"name": "light_emonet", "test": test, "epochs_run": 39}
    run["recipe"] = load_recipe("light_emonet", ["training.epochs=40"]).as_dict()
    plain, whole = TABLES["imbalance"]({"light_emonet": run}).splitlines()[2:]
    assert plain.startswith("| `light_emonet_plain` | none | none | not measured yet |")
    assert whole.startswith("| `light_emonet` | N/(K·n) | fear 8,400, angry 8,000, surprise 7,500,")
    assert "| 25.0% | 50.0% | 0.333 | 0.600 | 65.0% | 39 epochs; shortened: " in whole


def test_what_readers_compare_is_whole_honest_and_ours_or_a_papers(results: Results) -> None:
    whole = results["residual_cnn"]
    epochs = {**whole["recipe"]["training"], "epochs": 2}
    short = {**whole, "recipe": {**whole["recipe"], "training": epochs}}
    trial = {**results["ferlite_s"], "name": "ferlite_trial"}
    other = {**whole, "name": "other", "data": {"name": "ferplus8"}}
    more = {**results, "residual_cnn": short, "ferlite_trial": trial, "other": other}
    for table in ("accuracy", "per_class"):
        assert "| `ferlite_s` |" in TABLES[table](more)
        for absent in ("residual_cnn", "ferlite_trial", "other"):
            assert f"| `{absent}` |" not in TABLES[table](more)
    assert "training.epochs 2 instead of 30" in TABLES["accuracy_shortened"](more)
    assert "`other`" in TABLES["accuracy_ferplus"](more)
    assert "ferlite_trial" not in TABLES["labels_shipped"](more)
    assert "| `ferlite_trial` |" in TABLES["labels_models"](more)


def int8_of(accuracy: float, ms: float) -> dict[str, object]:
    """What results/int8.json has of a network: itself, and one form of half the size and time."""
    whole = {"form": "float32", "bytes": 1_000_000, "validation": accuracy, "test": accuracy}
    whole |= {"validation_log_loss": 1.0}
    small = whole | {"form": "MinMax", "bytes": 500_000, "validation": accuracy - 0.01}
    times = {"median_ms": ms, "p5_ms": ms, "p95_ms": ms}
    timed = [times | {"form": "float32"}, times | {"form": "MinMax", "median_ms": ms / 2}]
    return {"rows": [whole, small], "latency": {"rows": timed}}


def test_every_network_that_was_quantised_is_in_the_tables_of_int8() -> None:
    results = {"int8": {"models": {"a": int8_of(0.7, 2.0), "b": int8_of(0.6, 1.0)}}}
    first, second = TABLES["int8"](results).split("\n\n")
    assert first.startswith("| `a` | file |")
    assert second.startswith("| `b` | file |")
    assert "| MinMax | 500 KB | 59.00% | -1.00 | 1.0000 | 60.00% | – |" in second
    latency = TABLES["int8_latency"](results)
    assert "| `a` | MinMax | 1.00 ms | 2.00 to 2.00 ms | 2.0 |" in latency
    assert "| `b` | float32 | 1.00 ms | 1.00 to 1.00 ms | 1.0 |" in latency
    del results["int8"]["models"]["b"]["latency"]  # type: ignore[attr-defined]
    assert "`b`" not in TABLES["int8_latency"](results)


def test_what_ships_in_int8_stands_beside_its_float32() -> None:
    name = "ferlite_s_int8"
    small = {
        "kind": "quantisation",
        "name": name,
        "onnx": {"bytes": 123_456},
        "validation": {"accuracy": 0.66},
        "test": {"accuracy": 0.65},
        "float32": {"accuracy": {"validation": 0.67, "test": 0.65}},
    }
    table = TABLES["int8_shipped"]({name: small})
    expected = "| `ferlite_s_int8` | 123 KB | 67.00% → 66.00% | -1.00 | 65.00% → 65.00% | – |"
    assert expected in table


def test_an_unknown_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled("<!-- results:nonsense -->\n<!-- /results -->", {})


def test_every_table_can_be_found_from_the_readme_or_docs() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in documents())
    for name in TABLES:
        assert f"<!-- results:{name} -->" in text


def test_statistics_of_different_faces_stand_beside_each_other() -> None:
    runs = {
        name: {"as they are": {"accuracy": accuracy, "log_loss": 0.9}, "turned": row}
        for name, accuracy, row in (
            ("small", 0.7, {"accuracy": 0.6, "log_loss": 1.0}),
            ("large", 0.8, {"accuracy": 0.65, "log_loss": 1.1}),
        )
    }
    table = TABLES["usual_faces"]({"usual_faces": {"runs": runs}})
    assert "| as they are | 70.0%, 0.900 | 80.0%, 0.900 |" in table
    assert "| turned | 60.0%, 1.000 | 65.0%, 1.100 |" in table


def test_headroom_has_networks_alone_and_together_and_what_people_see() -> None:
    alone, mirrored = ({"accuracy": a, "log_loss": 0.8} for a in (0.7, 0.71))
    found = {
        "n": 200,
        "networks": {"small": {"alone": alone, "mirrored": mirrored}},
        "together": {"alone": mirrored, "mirrored": alone},
        "people_see": {"the label": 120, "another emotion": 80},
        "missed_by_all": {"n": 40, "people_see": {"the label": 10, "another emotion": 30}},
        "beside_people": {
            who: {"accuracy": 0.67, "log_loss": 0.9}
            for who in ("people", "networks", "networks_and_people")
        },
    }
    table = TABLES["headroom"]({"headroom": found})
    assert "| `small` | 70.0%, 0.800 | 71.0%, 0.800 |" in table
    assert "| all together | 71.0%, 0.800 | 70.0%, 0.800 |" in table
    assert TABLES["headroom_imagenet"]({"headroom_imagenet": found}) == table
    assert TABLES["headroom_vggface2"]({"headroom_vggface2": found}) == table
    people = TABLES["headroom_people"]({"headroom": found})
    assert "| most people see | in 200 faces | in 40 faces that all networks miss |" in people
    assert "| the label | 60% | 25% |" in people
    labels = TABLES["headroom_labels"]({"headroom": found})
    assert "| the networks and ten people's votes | 67.0% | 0.900 |" in labels
