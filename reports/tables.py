"""Every table of the README and docs/, made from results/ and from nothing else.

    python -m reports.tables           rewrite the tables in place
    python -m reports.tables --check   exit 1 if one differs from what results/ say

A table stands between `<!-- results:NAME -->` and `<!-- /results -->`; NAME is a key of `TABLES`.
"""

import argparse
import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from ferlite.classify import zoo
from ferlite.lab.data.audit_report import audit_table
from ferlite.lab.evaluate.across_tables import sections
from ferlite.lab.markdown import markdown
from ferlite.lab.recipe import load_recipe
from reports import framing_tables, labels_tables
from reports.ablation import ablation_table
from reports.chain import begun_from, chain_table, mean_of
from reports.claims import CLAIMS, deviations, verdict, written
from reports.copies_tables import copies_kept_table, near_copies_table
from reports.frontier import FIGURE, draw, frontier_table, is_drawn, trained_on
from reports.goals import goals_table
from reports.headroom_tables import (
    beside_people_table,
    networks_table,
    people_table,
)
from reports.plan.plan import read_plan
from reports.speed_tables import peer_accuracy, peer_processors, peer_speed, pipeline
from reports.temporal.tables import methods_table, sets_table

Results = dict[str, dict[str, Any]]
"""Every file of results/, by its name without .json."""

_BLOCK = re.compile(r"(<!-- results:(\w+) -->\n).*?(<!-- /results -->)", re.DOTALL)


def best_first(results: Results, *datasets: str) -> list[dict[str, Any]]:
    """The training runs on these datasets, the best on their test rows first."""
    return sorted(trained_on(results, *datasets), key=lambda r: -r["test"]["accuracy"])


def at_full_protocol(results: Results) -> list[dict[str, Any]]:
    """All trainings on FER2013 that were not cut short, best first."""
    return [r for r in best_first(results, "fer2013") if not deviations(r)]


def _ships(result: dict[str, Any]) -> bool:
    """Whether people get this network, in whatever form."""
    shipped = zoo.names()
    return result["name"] in shipped or f"{result['name']}_int8" in shipped


def _for_readers(results: Results) -> list[dict[str, Any]]:
    """What ships and the systems of the papers, without steps and trials on the way or parts."""
    return [
        r
        for r in at_full_protocol(results)
        if _ships(r) or not (r["name"].startswith("ferlite_") or r["name"] in RESIDUAL_ABLATION)
    ]


def accuracy(results: Results) -> str:
    """What ships, and the papers' systems at full protocol, best first."""
    return _accuracy(_for_readers(results), "PublicTest", "PrivateTest")


def accuracy_every(results: Results) -> str:
    """All systems trained on FER2013 at full protocol, best first."""
    return _accuracy(at_full_protocol(results), "PublicTest", "PrivateTest")


def accuracy_shortened(results: Results) -> str:
    """Those whose training was cut short, or the picture made smaller; every row says how."""
    short = [r for r in best_first(results, "fer2013") if deviations(r)]
    return _accuracy(short, "PublicTest", "PrivateTest")


def accuracy_ferplus(results: Results) -> str:
    """All systems trained on FER+, best first."""
    if found := best_first(results, "ferplus", "ferplus8"):
        return _accuracy(found, "validation", "test")
    command = "ferlite train ferlite_s_ferplus --data fer2013new.csv --out runs/ferlite_s_ferplus"
    return f"Not measured yet: `{command}`.\n"


def _accuracy(trained: list[dict[str, Any]], validation: str, test: str) -> str:
    rows = []
    for r in trained:
        low, high = r["test"]["accuracy_ci95"]
        rows.append(
            (
                f"`{r['name']}`",
                r["summary"],
                f"{r['parameters']:,}",
                f"{r['multiply_adds'] / 1e6:.1f} M",
                f"{r['onnx']['bytes'] / 1e6:.2f} MB",
                f"{r['validation']['accuracy']:.1%}",
                f"**{r['test']['accuracy']:.1%}** ({low:.1%} to {high:.1%})",
                f"{r['test']['macro_f1']:.3f}",
                _trained(r),
            )
        )
    return markdown(
        (
            "model", "what it is", "parameters", "multiply-adds", "file", validation,
            f"{test} (95% interval)", "macro F1", "trained",
        ),
        rows,
    )  # fmt: skip


def per_class(results: Results) -> str:
    """Recall of each emotion on PrivateTest."""
    trained = _for_readers(results)
    classes = list(trained[0]["test"]["per_class"]) if trained else []
    rows = [
        (f"`{r['name']}`", *(f"{r['test']['per_class'][c]['recall']:.0%}" for c in classes))
        for r in trained
    ]
    return markdown(("model", *classes), rows, left=1)


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


def fuzz(results: Results) -> str:
    """What became of damaged files."""
    r = results["fuzz"]
    bugs = Counter(bug["kind"] for bug in r["bugs"])
    rows = []
    kinds = {"image": "damaged pictures", "film": "damaged films", "hostile": "hostile files"}
    for kind, title in kinds.items():
        found = r["kinds"][kind]
        verdicts = found["verdicts"]
        rows.append(
            (
                title,
                f"{found['cases']:,}",
                *(f"{verdicts.get(verdict, 0):,}" for verdict in ("faces", "no face", "refused")),
                f"{bugs[kind]}",
                f"{found['slowest']['seconds']:.1f} s",
                f"{found['largest']['megabytes']:,.0f} MB",
            )
        )
    return markdown(
        (
            "what", "files", "read, faces", "read, no face", "refused in one sentence", "bugs",
            "slowest", "most memory",
        ),
        rows,
        left=1,
    )  # fmt: skip


def reproduction(results: Results) -> str:
    """Every number the papers publish, ours beside it, and a verdict."""
    rows = [
        (
            f"`{claim.system}`",
            claim.quantity,
            written(claim.stated, claim.style, stated=True),
            written(claim.ours(results), claim.style),
            verdict(claim, results),
        )
        for claim in CLAIMS
    ]
    return markdown(("system", "what", "paper", "ours", "verdict"), rows)


def imbalance(results: Results) -> str:
    """What the handling of imbalance does for disgust, the rarest emotion of FER2013."""
    rows = []
    for name in ("light_emonet_plain", "light_emonet"):
        how = load_recipe(name).imbalance
        draws = ", ".join(f"{emotion} {count:,}" for emotion, count in how.faces_per_epoch.items())
        measured = ["not measured yet"] + [""] * 5
        if (r := results.get(name)) is not None:
            disgust = r["test"]["per_class"]["disgust"]
            measured = [
                f"{disgust['recall']:.1%}",
                f"{disgust['precision']:.1%}",
                f"{disgust['f1']:.3f}",
                f"{r['test']['macro_f1']:.3f}",
                f"{r['test']['accuracy']:.1%}",
                f"{r['epochs_run']} epochs" + (f"; {short}" if (short := deviations(r)) else ""),
            ]
        weights = "N/(K·n)" if how.class_weights else "none"
        rows.append((f"`{name}`", weights, draws or "none", *measured))
    return markdown(
        (
            "system", "class weights", "rare emotions raised to, faces per epoch",
            "disgust's recall", "its precision", "its F1", "macro F1", "accuracy", "trained",
        ),
        rows,
        left=3,
    )  # fmt: skip


RESIDUAL_ABLATION: Final = (
    "residual_cnn_no_shortcuts",
    "residual_cnn_no_dropout",
    "residual_cnn_four_blocks",
    "residual_cnn_rgb",
    "residual_cnn_96",
)
"""The changes of residual_cnn that its paper tried, one each."""


def residual_ablation(results: Results) -> str:
    """The residual CNN and the changes of it that its paper tried, one a row."""
    whole = results["residual_cnn"]["test"]["accuracy"]
    rows = []
    for name in ("residual_cnn", *RESIDUAL_ABLATION):
        measured = ["not measured yet"] + [""] * 6
        if (r := results.get(name)) is not None:
            change = 100 * (r["test"]["accuracy"] - whole)
            measured = [
                f"{r['parameters']:,}",
                f"{r['multiply_adds'] / 1e6:.1f} M",
                f"{r['validation']['accuracy']:.1%}",
                f"**{r['test']['accuracy']:.1%}**",
                "" if r["name"] == "residual_cnn" else f"{change:+.1f}",
                f"{r['test']['macro_f1']:.3f}",
                f"{r['epochs_run']} epochs" + (f"; {short}" if (short := deviations(r)) else ""),
            ]
        rows.append((f"`{name}`", load_recipe(name).summary, *measured))
    return markdown(
        (
            "system", "what it is", "parameters", "multiply-adds", "PublicTest", "PrivateTest",
            "points", "macro F1", "trained",
        ),
        rows,
        left=2,
    )  # fmt: skip


def across(results: Results) -> str:
    """Every trained system on every dataset that is at hand."""
    if "across" not in results:
        command = "ferlite report runs --data fer2013.csv --data fer2013new.csv --out report"
        return f"Not measured yet: `{command}`.\n"
    return sections(results["across"]["results"])


def honest_numbers(results: Results) -> str:
    """What each usual mistake would let one report."""
    if "honest_numbers" not in results:
        return "Not measured yet: `python benchmarks/honest_numbers.py --data fer2013.csv`.\n"
    cases = results["honest_numbers"]["rows"]
    honest = cases[0]["reported_accuracy"]
    rows = [
        (
            f"`{row['case']}`",
            row["what"],
            f"{row['reported_accuracy']:.1%}",
            "" if row is cases[0] else f"{100 * (row['reported_accuracy'] - honest):+.1f}",
            f"{row['train_accuracy']:.1%}",
            f"{row['epochs_run']}",
        )
        for row in cases
    ]
    return markdown(
        ("case", "what was done", "reported accuracy", "points", "training accuracy", "epochs"),
        rows,
    )


_NO_BENCH = "Not measured yet: `ferlite bench --out results`.\n"


def efficiency(results: Results) -> str:
    """How large each system is, and how long one face takes in the runtime that ferlite uses."""
    if "efficiency" not in results:
        return _NO_BENCH
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
    if "efficiency" not in results:
        return _NO_BENCH
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
    if "efficiency" not in results:
        return _NO_BENCH
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
        + "\n![Box plot of the latencies](../../results/efficiency.png)\n"
    )


_RUNTIMES = {"pytorch": "PyTorch", "onnx_float32": "ONNX float32", "onnx_int8": "ONNX int8"}


def _trained(result: dict[str, Any]) -> str:
    """How long a run took, on what, and which runs it went on from."""
    epochs, cores = result["epochs_run"], result["hardware"]["cores"]
    before = mean_of(result) or [name for name in (begun_from(result),) if name]
    parts = [
        f"{epochs} epoch{'' if epochs == 1 else 's'}",
        f"{result['wall_time_s'] / 60:.0f} min",
        f"{cores} core{'' if cores == 1 else 's'}",
        result["recipe"]["training"]["precision"],
        *([f"after {' and '.join(f'`{name}`' for name in before)}"] if before else []),
    ]
    return ", ".join(parts) + (f"; {short}" if (short := deviations(result)) else "")


def _number(value: float | None, style: str, unit: float = 1) -> str:
    return "–" if value is None else style.format(value * unit if unit != 1 else value)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def margin(results: Results) -> str:
    """Accuracy on photos against the crop's side over the longer side of the detector's box."""
    r = results["margin"]
    detectors = {name: found for name, found in r["detectors"].items() if "margins" in found}
    steps = list(next(iter(detectors.values()))["margins"])
    usual = {name: framing_tables.usual_margin(r, name) for name in detectors}
    rows = [
        (
            step,
            *(
                ("**{:.1%}**" if float(step) == usual[name] else "{:.1%}").format(
                    found["margins"][step]["accuracy"]
                )
                for name, found in detectors.items()
            ),
        )
        for step in steps
    ]
    rows.append(("faces found", *(f"{found['recall']:.1%}" for found in detectors.values())))
    return markdown(("margin", *(f"`{name}`" for name in detectors)), rows, left=1)


def framing_steps(results: Results) -> str:
    """What each step of framing adds on photos."""
    return framing_tables.steps_table(results["margin"])


def framing_tilted(results: Results) -> str:
    """Accuracy on turned photos."""
    return framing_tables.tilted_table(results["margin"])


def framing_confusion(results: Results) -> str:
    """Which label was answered with which emotion, on photos."""
    return framing_tables.confusion_table(results["margin"])


def labels_models(results: Results) -> str:
    """What networks that learned labels and votes are worth by either."""
    return labels_tables.models_table(results)


def labels_shipped(results: Results) -> str:
    """The same of what ships alone."""
    return labels_tables.models_table({n: r for n, r in results.items() if n in zoo.names()})


def labels_photos(results: Results) -> str:
    """The same in photos."""
    return labels_tables.photos_table(results["margin"])


def labels_agreement(results: Results) -> str:
    """How many labels of FER2013 the majority of voters shares."""
    return labels_tables.agreement_table(results["audit_fer2013"])


def detection(results: Results) -> str:
    """Which faces the detectors find."""
    return framing_tables.detection_table(results.get("detection"))


def robustness(results: Results) -> str:
    """Accuracy on harmed faces, over all corruptions and for each."""
    r = results["robustness"]
    head = ("model", "faces", "as they are", "mean", "kept", *r["corruptions"])
    rows = []
    for name, row in r["models"].items():
        mean = row["mean_corruption_accuracy"]
        rows.append(
            (
                f"`{name}`",
                f"{r['data']['n']:,}",
                f"{row['clean']:.1%}",
                _number(mean, "**{:.1%}**"),
                "–" if mean is None else f"{mean / row['clean']:.0%}",
                *(_mean_of(row["corruptions"].get(each)) for each in r["corruptions"]),
            )
        )
    return markdown(head, rows, left=1)


def robustness_strengths(results: Results) -> str:
    """Accuracy at each strength of each corruption."""
    return _by_strength(results["robustness"], "corruptions")


def framing_robustness(results: Results) -> str:
    """Accuracy on faces that are cut too tightly, too loosely, or beside."""
    return _by_strength(results["robustness"], "framings")


def _by_strength(report: dict[str, Any], group: str) -> str:
    rows = []
    for name, what in report[group].items():
        strengths = ", ".join(f"{strength:g}" for strength in what["strengths"])
        measured = [row[group].get(name) for row in report["models"].values()]
        rows.append(
            (
                f"{name}: {what['what']}",
                f"{what['unit']}: {strengths}",
                *("–" if m is None else ", ".join(f"{100 * a:.0f}" for a in m) for m in measured),
            )
        )
    return markdown(
        ("what", "strengths", *(f"`{name}`, % right" for name in report["models"])), rows
    )


def _mean_of(accuracies: list[float] | None) -> str:
    return "–" if accuracies is None else f"{fmean(accuracies):.1%}"


def calibration(results: Results) -> str:
    """Temperatures, and the expected calibration error with and without."""
    rows = []
    for r in results.values():
        for what, answers in ((f"`{r.get('name')}`", r), ("its votes", r.get("voted", {}))):
            if "calibration" in answers:
                error = answers["calibration"]["expected_calibration_error"]
                before, after = error["before"], error["after"]
                rows.append(
                    (
                        what,
                        f"{answers['calibration']['temperature']:.3f}",
                        f"{before['validation']:.3f} → {after['validation']:.3f}",
                        f"{before['test']:.3f} → **{after['test']:.3f}**",
                    )
                )
    return markdown(("model", "temperature", "error on PublicTest", "error on PrivateTest"), rows)


def int8(results: Results) -> str:
    """What every form of each network in int8 costs in accuracy, and its size."""
    tables = []
    for name, model in results.get("int8", {"models": {}})["models"].items():
        if "rows" not in model:
            continue
        float32, *_ = rows = model["rows"]
        cells = [
            (
                row["form"],
                f"{row['bytes'] / 1e3:,.0f} KB",
                f"{row['validation']:.2%}",
                _points(row["validation"] - float32["validation"]),
                f"{row['validation_log_loss']:.4f}",
                f"{row['test']:.2%}",
                _points(row["test"] - float32["test"]),
            )
            for row in rows
        ]
        head = (f"`{name}`", "file", "PublicTest", "points", "log loss", "PrivateTest", "points")
        tables.append(markdown(head, cells, left=1))
    return "\n".join(tables) or "Not measured yet: `python benchmarks/int8.py fer2013.csv`.\n"


def int8_shipped(results: Results) -> str:
    """What ships in int8, beside the float32 form that the run left."""
    rows = []
    for r in results.values():
        if r.get("kind") == "quantisation" and "float32" in r:
            size = f"{r['onnx']['bytes'] / 1e3:,.0f} KB"
            cells = _before_and_after(r["float32"]["accuracy"], r)
            rows.append((f"`{r['name']}`", size, *cells))
            if "voted" in r:
                cells = _before_and_after(r["float32"]["voted"], r["voted"])
                rows.append(("its votes", "", *cells))
    return markdown(("model", "file", "PublicTest", "points", "PrivateTest", "points"), rows)


def _before_and_after(before: dict[str, float], after: dict[str, Any]) -> list[str]:
    """Accuracies of an int8 form beside those of the float32 one, and the points between them."""
    return [
        cell
        for split in ("validation", "test")
        for cell in (
            f"{before[split]:.2%} → {after[split]['accuracy']:.2%}",
            _points(after[split]["accuracy"] - before[split]),
        )
    ]


def int8_latency(results: Results) -> str:
    """What int8 saves in time."""
    rows = []
    for name, model in results.get("int8", {"models": {}})["models"].items():
        timed = model.get("latency", {"rows": []})["rows"]
        rows += [
            (
                f"`{name}`",
                row["form"],
                f"{row['median_ms']:.2f} ms",
                f"{row['p5_ms']:.2f} to {row['p95_ms']:.2f} ms",
                f"{timed[0]['median_ms'] / row['median_ms']:.1f}",
            )
            for row in timed
        ]
    if not rows:
        return "Not measured yet: `python benchmarks/int8.py fer2013.csv --latency`.\n"
    head = ("model", "form", "median", "5th to 95th percentile", "times as fast")
    return markdown(head, rows, left=2)


def _points(difference: float) -> str:
    return f"{100 * difference:+.2f}" if difference else "–"


def audit(results: Results) -> str:
    """What `ferlite audit` finds in FER2013."""
    return audit_table(results["audit_fer2013"])


def training_queue(results: Results) -> str:
    """The runs of the plan whose result is not there, or is of another recipe."""
    rows: list[tuple[str, ...]] = []
    for run in (plan := read_plan()):
        recipe = run.read_recipe()
        if results.get(run.name, {}).get("recipe_sha256") == recipe.sha256:
            continue
        command = shlex.join(["ferlite", *run.command(names=[other.name for other in plan])])
        hours, minutes = divmod(run.minutes, 60)
        time = f"{hours:.0f} h" if hours and not minutes else f"{run.minutes:g} min"
        rows.append((f"{len(rows) + 1}", f"`{run.name}`", f"`{command}`", time, run.settles))
    if not rows:
        return "Nothing: every run of the plan is in `results/`.\n"
    return markdown(("", "run", "command", "time", "what it settles"), rows, left=5)


def usual_faces(results: Results) -> str:
    """PublicTest by the faces that batch statistics were measured on."""
    if "usual_faces" not in results:
        return "Not measured yet: `python benchmarks/usual_faces.py fer2013.csv runs/ferlite_s`.\n"
    runs = results["usual_faces"]["runs"]
    faces = list(next(iter(runs.values())))
    rows = [
        (
            name,
            *("{accuracy:.1%}, {log_loss:.3f}".format_map(found[name]) for found in runs.values()),
        )
        for name in faces
    ]
    return markdown(("statistics of faces", *(f"`{name}`" for name in runs)), rows, left=1)


def _together(name: str) -> Callable[[Results], str]:
    """Networks alone, with the mirror image, and all together, of the result of that name."""
    return lambda results: networks_table(results[name]) if name in results else _NO_HEADROOM


def headroom_people(results: Results) -> str:
    """What people see in what all networks miss."""
    return people_table(results["headroom"]) if "headroom" in results else _NO_HEADROOM


def headroom_labels(results: Results) -> str:
    """How well labels can be guessed by who asks ten people about the very faces."""
    return beside_people_table(results["headroom"]) if "headroom" in results else _NO_HEADROOM


def models_chain(results: Results) -> str:
    """The trainings that lead to what ships."""
    return chain_table(zoo.names(), results)


def temporal(results: Results) -> str:
    """Smoothing against a GRU on made sequences."""
    return methods_table(results["temporal"]) if "temporal" in results else _NO_TEMPORAL


def temporal_sets(results: Results) -> str:
    """What these sequences are made of."""
    return sets_table(results["temporal"]) if "temporal" in results else _NO_TEMPORAL


_NO_HEADROOM = "Not measured yet: `python benchmarks/headroom.py fer2013/ A.onnx B.onnx`.\n"
_NO_TEMPORAL = "Not measured yet: `python benchmarks/temporal.py fer2013.csv`.\n"

TABLES: dict[str, Callable[[Results], str]] = {
    "accuracy": accuracy,
    "accuracy_every": accuracy_every,
    "accuracy_shortened": accuracy_shortened,
    "accuracy_ferplus": accuracy_ferplus,
    "per_class": per_class,
    "imbalance": imbalance,
    "residual_ablation": residual_ablation,
    "across": across,
    "training_speed": training_speed,
    "runtime": runtime,
    "loading": loading,
    "margin": margin,
    "framing_steps": framing_steps,
    "framing_tilted": framing_tilted,
    "framing_confusion": framing_confusion,
    "detection": detection,
    "labels_models": labels_models,
    "labels_shipped": labels_shipped,
    "labels_photos": labels_photos,
    "labels_agreement": labels_agreement,
    "fuzz": fuzz,
    "reproduction": reproduction,
    "honest_numbers": honest_numbers,
    "near_copies": near_copies_table,
    "copies_kept": copies_kept_table,
    "efficiency": efficiency,
    "latency": latency,
    "latency_pairs": latency_pairs,
    "audit": audit,
    "peer_speed": peer_speed,
    "peer_processors": peer_processors,
    "peer_accuracy": peer_accuracy,
    "pipeline": pipeline,
    "robustness": robustness,
    "robustness_strengths": robustness_strengths,
    "framing_robustness": framing_robustness,
    "calibration": calibration,
    "int8": int8,
    "int8_shipped": int8_shipped,
    "int8_latency": int8_latency,
    "temporal": temporal,
    "temporal_sets": temporal_sets,
    "goals": goals_table,
    "frontier": frontier_table,
    "ablation": ablation_table,
    "usual_faces": usual_faces,
    "headroom": _together("headroom"),
    "headroom_imagenet": _together("headroom_imagenet"),
    "headroom_vggface2": _together("headroom_vggface2"),
    "headroom_people": headroom_people,
    "headroom_labels": headroom_labels,
    "models_chain": models_chain,
    "training_queue": training_queue,
}


def filled(text: str, results: Results) -> str:
    """`text` with every marked table made anew.

    Raises:
        KeyError: a marker names a table that `TABLES` does not have.
    """
    return _BLOCK.sub(lambda m: f"{m[1]}{TABLES[m[2]](results)}{m[3]}", text)


def read_results(folder: Path) -> Results:
    """Every JSON file of the folder."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    }


def documents(root: Path) -> list[Path]:
    """The files that may hold tables."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def main() -> None:
    """Rewrite or check the tables of the project in the current folder."""
    parser = argparse.ArgumentParser(description="Make the tables of README and docs from results/")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if one differs")
    check = parser.parse_args().check
    root = Path.cwd()
    results = read_results(root / "results")
    stale = False
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        new = filled(text, results)
        if new != text:
            stale = True
            print(f"{path.relative_to(root)}: {'differs' if check else 'made anew'}")
            if not check:
                path.write_text(new, encoding="utf-8")
    if not is_drawn(results, root / FIGURE):
        stale = True
        print(f"{FIGURE}: {'differs' if check else 'drawn anew'}")
        if not check:
            draw(results, root / FIGURE)
    if check and stale:
        sys.exit("tables differ from results/; run: python -m reports.tables")


if __name__ == "__main__":
    main()
