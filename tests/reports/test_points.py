"""The frontier: what is measured and what is claimed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ferlite.lab.recipe import load_recipe
from reports.frontier import FIGURE, digest, draw, is_drawn
from reports.points import Point, best, points
from reports.results import architecture, read_results
from reports.tables.frontier import frontier_table

Trained = Callable[..., dict[str, Any]]


def timed(*recipes: str, ms: float = 2.0) -> dict[str, Any]:
    return {
        "networks": [
            {
                "model": dict(load_recipe(recipe).model),
                "parameters": 500_000,
                "multiply_adds": 90_000_000,
                "onnx_float32": {"median_ms": ms},
                "onnx_int8": {"median_ms": ms / 2},
            }
            for recipe in recipes
        ]
    }


PEER = {
    "fer2013": {
        split: {"fer, default": {"accuracy": accuracy}}
        for split, accuracy in (("PublicTest", 0.65), ("PrivateTest", 0.657))
    },
    "one_face_ms": {
        "fer, default": {"median": 40.0},
    },
}


def named(found: list[Point], name: str, kind: str) -> Point:
    (point,) = (p for p in found if p.name == name and p.kind == kind)
    return point


def test_a_run_has_its_own_size_and_the_latency_of_its_kind_of_network(trained: Trained) -> None:
    results = {
        "ferlite_s_dry": trained("ferlite_s_dry", "model.dropout=0.7", accuracy=0.68),
        "frontier": timed("ferlite_s"),
    }
    point = named(points(results), "ferlite_s_dry", "trial")
    assert (point.accuracy, point.latency_ms, point.int8_ms) == (0.68, 2.0, 1.0)
    assert point.parameters == 300_000


def test_an_int8_form_is_a_network_of_its_own_where_it_was_measured(trained: Trained) -> None:
    int8 = {**trained("ferlite_s_int8", accuracy=0.67), "kind": "quantisation"}
    results = {
        "ferlite_s": trained("ferlite_s", accuracy=0.68),
        "ferlite_s_int8": int8,
        "frontier": timed("ferlite_s"),
    }
    point = named(points(results), "ferlite_s_int8", "ours")
    assert (point.accuracy, point.latency_ms) == (0.67, 1.0)


def test_dropout_changes_no_latency_and_width_does() -> None:
    base = load_recipe("residual_cnn")
    assert architecture(base.model) == architecture(
        {**base.model, "dropout": 0.9, "scale": "-1..1"}
    )
    assert architecture(base.model) != architecture({**base.model, "blocks": 4})


def test_a_network_measured_before_it_had_an_option_is_still_that_network() -> None:
    model = load_recipe("ferlite_s").model
    older = {key: value for key, value in model.items() if key not in ("squeeze", "pool")}
    assert architecture(older) == architecture(model)
    assert architecture(older) != architecture({**model, "squeeze": 4})


def test_claims_stand_at_the_papers_size_and_at_the_time_measured_here() -> None:
    found = points({"frontier": timed("residual_cnn", "light_emonet")})
    claim = named(found, "residual_cnn", "claimed")
    assert claim.accuracy == 0.668
    assert (claim.parameters, claim.multiply_adds) == (552_455, 22_600_000)
    assert claim.latency_ms == 2.0
    assert named(found, "light_emonet", "claimed").accuracy == 0.885
    # Not trained yet, and there all the same.
    assert named(found, "light_emonet", "literature").accuracy is None


def test_the_peer_is_there_when_it_was_measured() -> None:
    assert not [p for p in points({}) if p.kind == "peer"]
    found = points({"peer_fer": PEER})
    assert named(found, "fer", "peer").latency_ms == 40.0
    assert named(found, "fer", "peer").accuracy == 0.657


def test_the_peer_stands_at_its_ratio_to_ferlite_s_that_was_timed_beside_it() -> None:
    beside = {**PEER, "one_face_ms": {**PEER["one_face_ms"], "ferlite_s": {"median": 4.0}}}
    found = points({"peer_fer": beside, "frontier": timed("ferlite_s", ms=1.0)})
    assert named(found, "fer", "peer").latency_ms == 10.0


def test_the_frontier_holds_measurements_alone_and_only_the_unbeaten() -> None:
    every = [
        Point("claimed", "claimed", 0.99, latency_ms=0.1),
        Point("slow", "ours", 0.7, latency_ms=3.0),
        Point("worse", "ours", 0.6, latency_ms=2.0),
        Point("fast", "literature", 0.65, latency_ms=1.0),
        Point("as good, slower", "ours", 0.7, latency_ms=4.0),
        Point("untimed", "ours", 0.9),
    ]
    assert [p.name for p in best(every, "latency_ms")] == ["fast", "slow"]


def test_a_shortened_run_is_no_point_and_says_so_in_the_table(trained: Trained) -> None:
    results = {
        "clcm": trained("clcm", "model.size=64", recipe="clcm", accuracy=0.24),
        "ferlite_s": trained("ferlite_s"),
        "frontier": timed("clcm", "ferlite_s"),
    }
    point = named(points(results), "clcm", "literature")
    assert (point.accuracy, point.shortened) == (None, 0.24)
    assert point.parameters == 500_000, "its cost is that of the network at full size"
    assert [p.name for p in best(points(results), "latency_ms")] == ["ferlite_s"]
    (line,) = (row for row in rows(frontier_table(results)) if row[0] == "`clcm`")
    assert "not measured yet; 24.0% shortened" in line


def test_the_table_has_every_network_and_says_what_is_not_known(trained: Trained) -> None:
    results = {
        "ferlite_s": trained("ferlite_s"),
        "peer_fer": PEER,
        "frontier": timed("clcm"),
    }
    lines = frontier_table(results).splitlines()
    (clcm,) = (line for line in lines if line.startswith("| `clcm`"))
    assert "not measured yet" in clcm
    assert "63.0%" in clcm
    (ours,) = (line for line in lines if line.startswith("| `ferlite_s`"))
    assert "**60.0%**" in ours
    assert "| – |" in ours  # nobody has timed it
    assert len({line.count("|") for line in lines}) == 1


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_figure_knows_what_it_was_drawn_from(tmp_path: Path, trained: Trained) -> None:
    results = {
        "ferlite_s": trained("ferlite_s"),
        "clcm": trained("clcm", recipe="clcm"),
        "peer_fer": PEER,
        "frontier": timed("ferlite_s", "clcm", "light_emonet"),
    }
    path = tmp_path / "frontier.png"
    assert not is_drawn(results, path)
    draw(results, path)
    assert is_drawn(results, path)
    results["ferlite_s"]["test"]["accuracy"] = 0.61
    assert not is_drawn(results, path)
    assert digest(results) != digest({})


@pytest.mark.parametrize("results", [{}, {"frontier": timed("clcm")}])
def test_a_figure_of_claims_alone_can_be_drawn(results: dict[str, Any], tmp_path: Path) -> None:
    draw(results, tmp_path / "frontier.png")


def test_the_projects_figure_is_the_one_results_give() -> None:
    assert is_drawn(read_results(), FIGURE), "run python -m reports.tables"
