"""What int8 costs in accuracy and saves in time."""

from typing import Any

from ferlite.lab.markdown import markdown
from reports.results import Results


def int8(results: Results) -> str:
    """What every form of each network in int8 costs in accuracy, and its size."""
    tables = []
    for name, model in results["int8"]["models"].items():
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
    return "\n".join(tables)


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
    for name, model in results["int8"]["models"].items():
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
    head = ("model", "form", "median", "5th to 95th percentile", "times as fast")
    return markdown(head, rows, left=2)


def _points(difference: float) -> str:
    return f"{100 * difference:+.2f}" if difference else "–"
