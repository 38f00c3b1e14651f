"""What a network costs: size, memory, latency; and what a person waits for."""

from ferlite.lab.markdown import markdown
from reports.results import Results

_RUNTIMES = {"pytorch": "PyTorch", "onnx_float32": "ONNX float32", "onnx_int8": "ONNX int8"}


def efficiency(results: Results) -> str:
    """How large each system is, and how long one face takes in the runtime that ferlite uses."""
    rows = []
    for name, r in results["efficiency"]["systems"].items():
        channels, height, width = r["input"]
        one = r.get("onnx_float32_one_thread") or r["onnx_int8_one_thread"]
        memory = r["peak_memory_mb"]
        rows.append(
            (
                f"`{name}`",
                f"{height}×{width}×{channels}",
                f"{r['parameters']:,}",
                _number(r["trainable_parameters"], "{:,}"),
                _number(r["multiply_adds"], "{:.1f} M", 1e-6),
                _number(r["flops"], "{:.1f} M", 1e-6),
                _number(r.get("onnx_float32_bytes"), "{:.2f} MB", 1e-6),
                _number(r.get("onnx_int8_bytes"), "{:.2f} MB", 1e-6),
                " / ".join(_number(memory.get(runtime), "{:.0f}") for runtime in _RUNTIMES) + " MB",
                f"{one['mean_ms']:.2f} ± {one['sd_ms']:.2f} ms",
            )
        )
    return markdown(
        (
            "system", "input", "parameters", "trainable", "multiply-adds", "FLOPs", "float32 file",
            "int8 file", "peak memory: PyTorch / float32 / int8", "one face, one thread",
        ),
        rows,
    )  # fmt: skip


def latency(results: Results) -> str:
    """Every system in every runtime: one face at a time, and batches."""
    short, _ = results["efficiency"]["passes"]
    rows = []
    for name, r in results["efficiency"]["systems"].items():
        for runtime, title in _RUNTIMES.items():
            if f"{runtime}_one_thread" not in r:
                continue
            one, every = r[f"{runtime}_one_thread"], r[f"{runtime}_all_threads"]
            few = one["short_run"]
            rows.append(
                (
                    f"`{name}`",
                    title,
                    f"{few['mean_ms']:.2f} ± {few['sd_ms']:.2f}",
                    f"{one['mean_ms']:.2f} ± {one['sd_ms']:.2f}",
                    f"{one['passes']:,}",
                    f"{one['median_ms']:.2f}",
                    f"{one['p95_ms']:.2f}",
                    f"{every['mean_ms']:.2f} ± {every['sd_ms']:.2f}",
                    f"{one['throughput_per_s']:,.0f}",
                    f"{every['throughput_per_s']:,.0f}",
                    _number(r["share_of_limit"].get(runtime), "{:.0%}"),
                )
            )
    return markdown(
        (
            "system", "runtime", f"N = {short}, ms", "long run, ms", "its N", "median, ms",
            "95th percentile, ms", "all threads, ms", "faces/s", "faces/s, all threads",
            "of the limit",
        ),
        rows,
    )  # fmt: skip


def latency_pairs(results: Results) -> str:
    """Which systems differ in latency: analysis of variance, Tukey's test, and the boxes."""
    r = results["efficiency"]["anova"]
    if r is None:
        return "Of one system alone there is nothing to compare.\n"
    between, within = r["degrees_of_freedom"]
    rows = [
        (
            f"`{pair['a']}` − `{pair['b']}`",
            f"{pair['difference']:+.3f} ms",
            f"{pair['ci95'][0]:+.3f} to {pair['ci95'][1]:+.3f} ms",
            _p(pair["p"]).removeprefix("= "),
        )
        for pair in r["pairs"]
    ]
    return (
        f"F({between}, {within}) = {r['f']:,.1f}, p {_p(r['p'])}.\n\n"
        + markdown(("pair", "difference of means", "95% interval", "p"), rows)
        + "\n![Box plot of the latencies](../../results/benchmarks/efficiency.png)\n"
    )


def runtime(results: Results) -> str:
    """What a person waits for."""
    rows = [
        (row["what"], f"{row['median_ms']:.2f} ms", f"{row['p5_ms']:.2f} to {row['p95_ms']:.2f} ms")
        for row in results["runtime"]["rows"]
    ]
    return markdown(("what", "median", "5th to 95th percentile"), rows)


def loading(results: Results) -> str:
    """Reading FER2013, the first time and from the cache."""
    rows = [
        (
            f"`{form}`",
            f"{times['first']['wall']:.1f} s",
            f"{times['cached']['wall']:.2f} s",
        )
        for form, times in results["loading"]["loads"].items()
    ]
    return markdown(("form", "first load", "later loads"), rows)


def training_speed(results: Results) -> str:
    """The training loop against the bare forward and backward pass."""
    r = results["training_speed"]
    rows = [
        (
            f"`{row['recipe']}`",
            row["precision"],
            f"{row['bare_faces_per_s']:.0f}",
            f"{row['loop_faces_per_s']:.0f}",
            f"{row['ratio']:.2f} ({row['ratio_range'][0]:.2f} to {row['ratio_range'][1]:.2f})",
        )
        for row in r["rows"]
    ]
    return markdown(
        ("recipe", "precision", "bare pass, faces/s", "`ferlite train`, faces/s", "ratio"), rows
    )


def _number(value: float | None, style: str, unit: float = 1) -> str:
    return "–" if value is None else style.format(value * unit if unit != 1 else value)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
