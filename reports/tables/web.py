"""The table of docs/research/browser.md, from what benchmarks/web.py measured."""

from collections.abc import Mapping
from typing import Any, Final

from ferlite.lab.markdown import markdown

_NAMES: Final = {
    "ferlite_s_int8": "ferlite-web, by default",
    "ferlite_m": "ferlite-web, `ferlite_m`",
    "human": "human.js",
    "human, with its mesh": "human.js with its mesh",
    "face-api": "face-api.js",
    "face-api, with a border": "face-api.js, gray around the photo",
}


def web_table(report: Mapping[str, Any]) -> str:
    """Time, bytes and accuracy of each library in the browser."""
    times, found = report["speed"]["systems"], report["accuracy"]["systems"]
    fastest = min(times[name]["median_ms"] for name in times if not name.startswith("ferlite"))
    rows = [
        (
            title,
            f"{(t := times[name])['median_ms']:.0f} ms",
            f"{t['p5_ms']:.0f} to {t['p95_ms']:.0f} ms",
            f"{t['median_ms'] / fastest:.2f}",
            f"{(t['load_ms'] + t['first_photo_ms']) / 1000:.1f} s",
            f"{t['bytes_brotli'] / 1e6:.1f} MB",
            f"{found[name]['accuracy']:.1%}",
            f"{found[name]['without_a_face']:.1%}",
        )
        for name, title in _NAMES.items()
    ]
    return markdown(
        ("library", "a photo", "5th to 95th percentile", "to the fastest other",
         "until the first answer",
         "fetched", "right", "no face found"),
        rows,
    )  # fmt: skip
