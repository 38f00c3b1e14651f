"""The whole benchmark on two tiny networks; how long they take is the machine's business."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from ferlite.classify.classifier import Classifier
from ferlite.lab.efficiency import bench as module
from ferlite.lab.efficiency.bench import bench, share_of_limit
from ferlite.lab.efficiency.runtimes import opened
from ferlite.lab.efficiency.subjects import random_faces
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.module import build_model

RUNTIMES = ("pytorch", "onnx_float32", "onnx_int8")
SPREAD = {"mean_ms", "sd_ms", "median_ms", "p95_ms", "passes"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe for one residual block of 32 channels, global average pooling, two dense layers."""
    path = tmp_path_factory.mktemp("recipe") / "tiny.yaml"
    settings = {"system": "residual_cnn", "head": "gap", "blocks": 1, "size": 32}
    path.write_text(yaml.safe_dump({"name": "tiny", "model": settings}))
    return path


@pytest.fixture(scope="module")
def result(tiny: Path, brightness_model: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "GEMM", 64)
        patch.setattr(module, "BATCH", 4)
        return bench([str(tiny), str(brightness_model)], passes=(3, 25))


def test_it_is_json_without_nan(result: dict[str, Any]) -> None:
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (result["kind"], result["name"]) == ("benchmark", "efficiency")
    assert {"commit", "versions", "hardware", "load_average_1min"} <= result.keys()
    assert result["gemm_gflops_one_thread"] > 0


def test_parameters_and_multiply_adds_are_those_counted_by_hand(result: dict[str, Any]) -> None:
    row = result["systems"]["tiny"]
    convolutions = (9 * 32 + 32) + (9 * 32 * 32 + 32) + (32 + 32)
    normalisations = 2 * 2 * 32
    dense = (32 * 256 + 256) + (256 * 7 + 7)
    assert row["parameters"] == convolutions + normalisations + dense == 20_007
    assert row["trainable_parameters"] == row["parameters"]
    pixels = 32 * 32
    products = pixels * (9 * 32 + 9 * 32 * 32 + 32) + 32 * 256 + 256 * 7
    assert row["multiply_adds"] == products == 9_774_848
    assert row["flops"] == 2 * products


def test_every_runtime_is_measured_on_one_thread_and_on_all(result: dict[str, Any]) -> None:
    row = result["systems"]["tiny"]
    for runtime in RUNTIMES:
        for threads in ("one_thread", "all_threads"):
            times = row[f"{runtime}_{threads}"]
            assert times.keys() == SPREAD | {"throughput_per_s", "short_run"}
            assert times["short_run"].keys() == SPREAD
            assert (times["short_run"]["passes"], times["passes"]) == (3, 25)
            assert 0 < times["median_ms"] <= times["p95_ms"]
            assert times["throughput_per_s"] > 0
    assert row["peak_memory_mb"].keys() == set(RUNTIMES)
    assert row["onnx_int8_bytes"] < row["onnx_float32_bytes"]


def test_a_lone_file_is_measured_in_what_it_can_do(result: dict[str, Any]) -> None:
    row = result["systems"]["brightness"]
    assert not [key for key in row if key.startswith("pytorch")]
    assert row["onnx_float32_one_thread"]["passes"] == 25
    assert row["share_of_limit"].keys() == {"onnx_float32"}


def test_the_share_of_the_limit_is_its_formula(result: dict[str, Any]) -> None:
    row = result["systems"]["tiny"]
    assert row["share_of_limit"].keys() == {"pytorch", "onnx_float32"}
    at_the_limit_ms = row["flops"] / (result["gemm_gflops_one_thread"] * 1e6)
    for runtime, share in row["share_of_limit"].items():
        took = row[f"{runtime}_one_thread"]["median_ms"]
        assert share == pytest.approx(at_the_limit_ms / took, rel=1e-2)
    assert share_of_limit(None, 1, 1) is None


def test_the_analysis_of_variance_can_be_done_again_from_the_file(result: dict[str, Any]) -> None:
    from scipy.stats import f_oneway

    anova = result["anova"]
    assert anova["of"] == "onnx_float32_one_thread"
    assert {name: len(each) for name, each in anova["latencies_ms"].items()} == {
        "tiny": 3,
        "brightness": 3,
    }
    assert anova["f"] == pytest.approx(f_oneway(*anova["latencies_ms"].values()).statistic)
    for name, latencies in anova["latencies_ms"].items():
        short = result["systems"][name]["onnx_float32_one_thread"]["short_run"]
        assert np.mean(latencies) == pytest.approx(short["mean_ms"], abs=1e-3)


def test_a_slow_network_makes_fewer_passes_and_says_so(
    brightness_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GEMM", 64)
    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(module, "MOST_SECONDS", 0)
    result = bench([str(brightness_model)], passes=(4, 1000))
    assert result["systems"]["brightness"]["onnx_float32_one_thread"]["passes"] == 4
    assert result["passes"] == [4, 1000]
    assert result["anova"] is None, "one network alone cannot differ"


def test_what_is_timed_is_the_networks_own_answer(tiny: Path, brightness_model: Path) -> None:
    recipe = load_recipe(str(tiny))
    faces = random_faces((2, 1, 32, 32))
    with torch.no_grad():
        expected = build_model(recipe).eval()(torch.from_numpy(faces)).numpy()
    found = opened(recipe, threads=1)(faces)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert torch.get_num_threads() == 1

    faces = random_faces((2, 1, 48, 48))
    found = opened(brightness_model, threads=1)(faces)
    np.testing.assert_array_equal(found, Classifier(brightness_model)(faces))
