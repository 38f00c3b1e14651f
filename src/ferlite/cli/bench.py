"""`ferlite bench`: what each system costs in parameters, memory and time."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ferlite.cli import options
from ferlite.errors import FerliteError

Item = TypeVar("Item")


def bench(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]...",
            help="Recipes, systems, shipped models or .onnx files; without any: the papers' "
            "systems and the shipped models.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as one JSON object.")
    ] = False,
    passes: Annotated[
        str,
        typer.Option(
            metavar="SHORT,LONG", help="Over how many single faces latency is measured, twice."
        ),
    ] = "50,1000",
    out: Annotated[
        Path | None, typer.Option(help="Folder for efficiency.json and efficiency.png.")
    ] = None,
) -> None:
    """Measure size, memory, latency and throughput of networks side by side.

    Each in PyTorch, ONNX float32 and ONNX int8, on one thread and on all. Recipes and systems get
    fresh weights: speed does not depend on them. Leave the machine alone meanwhile.

    Examples:

      ferlite bench

      ferlite bench residual_cnn mine.onnx --passes 20,100

      ferlite bench --out results
    """
    counts = _passes(passes)
    if out is not None and out.exists() and not out.is_dir():
        raise FerliteError(f"--out {out}: is a file; give a folder")
    with options.lab("benchmarks need"):
        from ferlite.files import written_whole
        from ferlite.lab.efficiency.bench import bench as measure
        from ferlite.lab.evaluate.figures import latency_figure
    result = measure(models or (), counts, _track)
    if out is not None:
        try:
            with written_whole(out / "efficiency.json") as part:
                text = json.dumps(result, indent=1, allow_nan=False)
                part.write_text(text + "\n", encoding="utf-8")
            if result["anova"]:
                latency_figure(result["anova"]["latencies_ms"], out / "efficiency.png")
        except OSError as error:
            raise FerliteError(f"--out {out}: cannot be written ({error.strerror})") from None
    if as_json:
        print(json.dumps(result, indent=2, allow_nan=False))
    else:
        _print(result)


def _passes(text: str) -> tuple[int, int]:
    """The two counts of --passes."""
    try:
        short, long = (int(count) for count in text.split(","))
    except ValueError:
        raise FerliteError(
            f"--passes {text}: write two whole numbers with a comma between, such as 50,1000"
        ) from None
    if not 2 <= short <= long:
        raise FerliteError(
            f"--passes {text}: the short run needs at least 2 passes, the long one no fewer"
        )
    return short, long


def _track(items: Sequence[Item], what: str) -> Iterable[Item]:
    """A progress bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(items, f"{what:32}", console=console, disable=not console.is_terminal)


def _print(result: dict[str, Any]) -> None:
    """The result for people: what each network is, then a row for each of its runtimes."""
    from rich.console import Console
    from rich.table import Table

    sizes = Table("model", box=None, pad_edge=False)
    for heading in ("parameters", "trainable", "multiply-adds", "float32 file", "int8 file"):
        sizes.add_column(heading, justify="right")
    times = Table("model", "runtime", box=None, pad_edge=False)
    for heading in (
        "one face, ms", "median", "95th %", "passes", "all threads", "faces/s", "memory", "of limit"
    ):  # fmt: skip
        times.add_column(heading, justify="right")
    for name, row in result["systems"].items():
        sizes.add_row(
            name,
            _shown(row["parameters"], "{:,.0f}"),
            _shown(row["trainable_parameters"], "{:,.0f}"),
            _shown(row["multiply_adds"], "{:.1f} M", 1e-6),
            _shown(row.get("onnx_float32_bytes"), "{:.2f} MB", 1e-6),
            _shown(row.get("onnx_int8_bytes"), "{:.2f} MB", 1e-6),
        )
        for runtime, title in _RUNTIMES.items():
            if f"{runtime}_one_thread" not in row:
                continue
            one, every = row[f"{runtime}_one_thread"], row[f"{runtime}_all_threads"]
            times.add_row(
                name,
                title,
                f"{one['mean_ms']:.2f} ± {one['sd_ms']:.2f}",
                f"{one['median_ms']:.2f}",
                f"{one['p95_ms']:.2f}",
                f"{one['passes']:,}",
                f"{every['mean_ms']:.2f}",
                f"{every['throughput_per_s']:,.0f}",
                _shown(row["peak_memory_mb"][runtime], "{:.0f} MB"),
                _shown(row["share_of_limit"].get(runtime), "{:.0%}"),
            )
    console = Console(highlight=False)
    # In a narrower window lines wrap; squeezed columns would lose their words.
    console.width = max(console.width, 120)
    console.print(sizes, "", times, "", sep="\n", markup=False)
    console.print(
        f"one thread, but for all threads and faces/s ({result['threads']} threads, batches of "
        f"{result['batch']})\n"
        f"limit: a large matrix product on one thread, {result['gemm_gflops_one_thread']:.0f} "
        "GFLOP/s; a multiply-add is two operations"
    )
    if result["anova"]:
        between, within = result["anova"]["degrees_of_freedom"]
        console.print(
            f"ANOVA of {result['anova']['of'].replace('_', ' ')}: F({between}, {within}) = "
            f"{result['anova']['f']:.1f}, p = {result['anova']['p']:.2g}"
        )


_RUNTIMES = {"pytorch": "PyTorch", "onnx_float32": "ONNX float32", "onnx_int8": "ONNX int8"}


def _shown(value: float | None, style: str, unit: float = 1.0) -> str:
    return "–" if value is None else style.format(value * unit)
