"""Who is called how often and in which order; how long it took is the machine's business."""

import gc

import numpy as np
import pytest

from ferlite.lab.efficiency import timing
from ferlite.lab.efficiency.timing import WARMUP, sample, spread


def test_everyone_gets_their_passes_and_a_warm_up_in_every_round() -> None:
    calls: list[str] = []
    runs = {name: lambda name=name: calls.append(name) for name in "ab"}
    found = sample(runs, {"a": 5, "b": 2}, rounds=2)
    assert (len(found["a"]), len(found["b"])) == (5, 2)
    assert calls.count("a") == 5 + 2 * WARMUP
    assert calls.count("b") == 2 + 2 * WARMUP


def test_rounds_go_through_all_networks_in_turn() -> None:
    calls: list[str] = []
    runs = {name: lambda name=name: calls.append(name) for name in "ab"}
    sample(runs, {"a": 4, "b": 4}, rounds=2)
    turns = [name for i, name in enumerate(calls) if i == 0 or calls[i - 1] != name]
    assert turns == ["a", "b", "a", "b"]


def test_latencies_are_milliseconds_of_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(0, 100, 0.25))  # a quarter of a second passes between two looks
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    assert sample({"a": lambda: None}, {"a": 3}, rounds=1) == {"a": [250, 250, 250]}


def test_the_collector_rests_while_time_is_taken_and_comes_back() -> None:
    seen = []
    sample({"a": lambda: seen.append(gc.isenabled())}, {"a": 1}, rounds=1)
    assert not any(seen)
    assert gc.isenabled()

    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        sample({"a": fail}, {"a": 1}, rounds=1)
    assert gc.isenabled()


def test_progress_sees_every_turn() -> None:
    seen = []

    def track(items, what):  # type: ignore[no-untyped-def]
        seen.append((what, len(items)))
        return items

    sample({"a": int, "b": int}, {"a": 1, "b": 1}, rounds=3, track=track, what="latency")
    assert seen == [("latency", 6)]


def test_the_spread_of_latencies() -> None:
    assert spread([1.0, 2.0, 3.0, 6.0]) == {
        "mean_ms": 3.0,
        "sd_ms": pytest.approx((14 / 3) ** 0.5, abs=1e-4),  # (4 + 1 + 0 + 9) / (4 - 1)
        "median_ms": 2.5,
        "p95_ms": pytest.approx(3 + 0.85 * 3),  # at 0.95 · 3 = 2.85 between the sorted values
        "passes": 4,
    }
