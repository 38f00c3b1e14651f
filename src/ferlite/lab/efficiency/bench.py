"""What each system costs: size, memory, time; how far from the machine's limit; who differs."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final

import torch

from ferlite.lab.efficiency.anova import anova
from ferlite.lab.efficiency.runtimes import opened
from ferlite.lab.efficiency.subjects import (
    Subject,
    default_models,
    found,
    prepared,
    random_faces,
)
from ferlite.lab.efficiency.timing import Track, sample, spread, untracked
from ferlite.lab.provenance import provenance

BATCH: Final = 64
"""Faces in a call when throughput is measured."""
MOST_SECONDS: Final = 20.0
"""A network that would take longer over the long run makes fewer passes; each row says how many."""
GEMM: Final = 2048
"""Rows and columns of the matrices whose product sets the machine's limit."""
_SHORT_ROUNDS, _LONG_ROUNDS, _BATCH_ROUNDS = 10, 20, 3

_Key = tuple[str, str]
"""A subject's name and a runtime."""


def bench(
    models: Sequence[str] = (),
    passes: tuple[int, int] = (50, 1000),
    track: Track = untracked,
) -> dict[str, Any]:
    """Measure networks side by side, in every runtime, on one thread and on all.

    Faces lie in memory: no file is read. Recipes and systems get fresh weights, because speed does
    not depend on them.

    Args:
        models: recipes, systems, shipped models or .onnx files; the systems of the papers and the
            shipped models if there are none.
        passes: over how many single faces latency is measured: a short run and a long one, both at
            least 2. In the long run a slow network makes fewer passes (`MOST_SECONDS`), but never
            fewer than in the short one.
        track: shows progress.

    Returns:
        What results/efficiency.json holds, ready for JSON; docs/research/efficiency.md
        explains its units.

    Raises:
        FerliteError: there is no such model, or two would be called the same.
    """
    sources = found(models or default_models())
    threads = _cores()
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    before = torch.get_num_threads()
    try:
        with tempfile.TemporaryDirectory(prefix="ferlite-bench-") as folder:
            subjects = [prepared(source, Path(folder)) for source in track(sources, "preparing")]
            one = _measured(subjects, 1, passes, track, "one thread")
            every = _measured(subjects, threads, passes, track, "all threads")
    finally:
        torch.set_num_threads(before)
    gemm = 2 * GEMM**3 / (1e6 * min(one.gemm_ms))  # a limit is what was reached once
    return {
        "kind": "benchmark",
        "name": "efficiency",
        "load_average_1min": load,
        "threads": threads,
        "passes": list(passes),
        "batch": BATCH,
        "gemm_gflops_one_thread": round(gemm, 2),
        "systems": {subject.name: _row(subject, one, every, gemm) for subject in subjects},
        "anova": _compared(subjects, one),
        **provenance(),
    }


def share_of_limit(multiply_adds: int | None, median_ms: float, gemm_gflops: float) -> float | None:
    """The share of its time that a network would need at the rate of a large matrix product.

    >>> share_of_limit(50_000_000, median_ms=2.0, gemm_gflops=100)  # 0.1 GFLOP: 1 ms of 2
    0.5
    """
    if multiply_adds is None:
        return None
    return round(2 * multiply_adds / (1e6 * gemm_gflops * median_ms), 4)


@dataclass(frozen=True)
class _Measured:
    """All times at one number of threads.

    Attributes:
        rows: what the result says of each network in each runtime.
        short_ms: every latency of the short run.
        gemm_ms: every time of the large matrix product.
    """

    rows: Mapping[_Key, Mapping[str, Any]]
    short_ms: Mapping[_Key, list[float]]
    gemm_ms: list[float]


def _measured(
    subjects: Sequence[Subject], threads: int, passes: tuple[int, int], track: Track, what: str
) -> _Measured:
    """Latency over the short and the long run, then throughput."""
    short, long = passes
    ways = {(s.name, runtime): s for s in subjects for runtime in s.sources}
    runs: dict[_Key, Callable[[], Any]] = {
        key: partial(opened(s.sources[key[1]], threads), random_faces(s.shape))
        for key, s in ways.items()
    }
    few = sample(
        runs, dict.fromkeys(runs, short), _SHORT_ROUNDS, track=track, what=f"{what}, short run"
    )
    most = {
        key: max(short, min(long, int(1e3 * MOST_SECONDS / statistics.median(ms))))
        for key, ms in few.items()
    }
    # The matrix product is one more network, so that limit and latencies see the same machine.
    torch.set_num_threads(threads)
    gemm, matrix = ("matrix product", "pytorch"), torch.rand(GEMM, GEMM)
    many = sample(
        {**runs, gemm: lambda: matrix @ matrix},
        {**most, gemm: _LONG_ROUNDS},
        _LONG_ROUNDS,
        track=track,
        what=f"{what}, long run",
    )
    gemm_ms = many.pop(gemm)
    rates = _throughput(ways, threads, track, f"{what}, batches of {BATCH}")
    rows = {
        key: {
            **spread(ms),
            "throughput_per_s": round(rates[key], 2),
            "short_run": spread(few[key]),
        }
        for key, ms in many.items()
    }
    return _Measured(rows, few, gemm_ms)


def _throughput(
    ways: Mapping[_Key, Subject], threads: int, track: Track, what: str
) -> dict[_Key, float]:
    """Faces per second in batches, the median of a few.

    Networks are opened anew each time: all at once would hold the feature maps of all batches.
    """
    seconds: dict[_Key, list[float]] = {key: [] for key in ways}
    for _, (key, subject) in track(list(product(range(_BATCH_ROUNDS), ways.items())), what):
        run = opened(subject.sources[key[1]], threads)
        faces = random_faces((BATCH, *subject.shape[1:]))
        run(faces)
        start = time.perf_counter()
        run(faces)
        seconds[key].append(time.perf_counter() - start)
    return {key: BATCH / statistics.median(each) for key, each in seconds.items()}


def _row(subject: Subject, one: _Measured, every: _Measured, gemm: float) -> dict[str, Any]:
    """What the result says of one system."""
    row = dict(subject.facts)
    shares = {}
    for runtime in subject.sources:
        key = subject.name, runtime
        row[f"{runtime}_one_thread"] = one.rows[key]
        row[f"{runtime}_all_threads"] = every.rows[key]
        if runtime != "onnx_int8":  # the limit is one of float32 products
            median_ms = one.rows[key]["median_ms"]
            shares[runtime] = share_of_limit(row["multiply_adds"], median_ms, gemm)
    return {**row, "share_of_limit": shares}


def _compared(subjects: Sequence[Subject], one: _Measured) -> dict[str, Any] | None:
    """Analysis of variance of the short runs in the runtime that ferlite uses; None of only one."""
    runtime = "onnx_float32"
    latencies_ms = {
        s.name: [round(ms, 4) for ms in one.short_ms[s.name, runtime]]
        for s in subjects
        if runtime in s.sources
    }
    if len(latencies_ms) < 2:
        return None
    return {"of": f"{runtime}_one_thread", **anova(latencies_ms), "latencies_ms": latencies_ms}


def _cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
