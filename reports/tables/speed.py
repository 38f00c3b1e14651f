"""The tables of docs/research/speed.md: ferlite beside the package fer, and whole tasks.

`peer_photos` is for docs/explanation/how-good.md.
"""

from typing import Any

from ferlite.lab.markdown import markdown

_TIMES = {
    "one_face_ms": ("one face, in memory", "ms"),
    "batch_of_64_ms": ("64 faces, in memory", "ms"),
    "photo_ms": ("photo, from file to emotion", "ms"),
    "import_s": ("import", "s"),
}


def peer_speed(results: dict[str, dict[str, Any]]) -> str:
    """Times of both sides, and of each the ratio to fer as it comes."""
    r = results["peer_fer"]
    rows = [
        (
            what,
            name,
            f"{found['median']:.3g} {unit}",
            f"{found['p5']:.3g} to {found['p95']:.3g} {unit}",
            f"{found['ratio']:.2f}",
        )
        for key, (what, unit) in _TIMES.items()
        for name, found in r[key].items()
    ]
    rows += [
        (
            "installed",
            name,
            f"{found['bytes'] / 1e6:,.0f} MB",
            f"{found['packages']} packages",
            f"{found['bytes'] / r['installed']['fer']['bytes']:.2f}",
        )
        for name, found in r["installed"].items()
    ]
    return markdown(("what", "who", "median", "5th to 95th percentile", "to fer"), rows)


def peer_accuracy(results: dict[str, dict[str, Any]]) -> str:
    """Accuracy of both sides on the same faces and photos."""
    r = results["peer_fer"]
    parts = {**r["fer2013"], "photos": r["photos"]}
    rows = [
        (
            where,
            name,
            f"{found['accuracy']:.1%} ({found['ci95'][0]:.1%} to {found['ci95'][1]:.1%})",
            f"{found['faces_found']:.1%}" if "faces_found" in found else "–",
        )
        for where, sides in parts.items()
        for name, found in sides.items()
    ]
    return markdown(("on", "who", "accuracy (95% interval)", "faces found"), rows)


def peer_photos(results: dict[str, dict[str, Any]]) -> str:
    """Both sides on photos alone: how often right, and how long a photo takes."""
    r = results["peer_fer"]
    rows = [
        (
            name,
            f"{found['accuracy']:.1%} ({found['ci95'][0]:.1%} to {found['ci95'][1]:.1%})",
            f"{found['faces_found']:.1%}",
            f"{r['photo_ms'][name]['median']:.3g} ms" if name in r["photo_ms"] else "–",
        )
        for name, found in r["photos"].items()
    ]
    head = ("package, detector", "accuracy (95% interval)", "faces found", "one photo")
    return markdown(head, rows, left=1)


def pipeline(results: dict[str, dict[str, Any]]) -> str:
    """What whole tasks were to reach, and what they do."""
    rows = [
        (goal["what"], goal["goal"], f"{goal['measured']:g}", "yes" if goal["met"] else "**no**")
        for goal in results["pipeline"]["goals"]
    ]
    return markdown(("task", "goal", "measured", "reached"), rows, left=1)
