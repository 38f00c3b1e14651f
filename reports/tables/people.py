"""The tables of docs/explanation/people.md."""

from typing import Any, Final

from ferlite.lab.markdown import markdown

_LEVELS: Final = {"built_in": "built in", "sface": "with SFace"}
_RETURNS: Final = {
    "same": "same photo, same room",
    "elsewhere": "same photo, another room",
    "other": "another photo of the person",
}


def people_table(report: dict[str, Any]) -> str:
    """How many returns are recognised, and how many appearances are taken for somebody else's."""
    levels = {level: report[level] for level in _LEVELS if level in report}
    rows = [
        (
            f"recognised: {title} ({next(iter(levels.values()))['returns'][kind]['count']})",
            *(_percent(found["returns"][kind]["known"]) for found in levels.values()),
        )
        for kind, title in _RETURNS.items()
    ]
    count = next(iter(levels.values()))["appearances"]
    rows.append(
        (f"wrong merges ({count})", *(_percent(f["wrong_merges"]) for f in levels.values()))
    )
    return markdown(("", *(_LEVELS[level] for level in levels)), rows, left=1)


def cuts_table(report: dict[str, Any]) -> str:
    """What hard cuts, and changes that are none, are taken for."""
    found = report["cuts"]
    rows = [
        (
            "hard cut",
            str(found["hard_cuts"]),
            str(found["called_cut"]),
            str(found["called_doubtful"]),
        )
    ]
    rows += [
        (f"none: {kind}", str(each["shots"]), str(each["alarms"]), "")
        for kind, each in found["false_alarms"].items()
    ]
    return markdown(("change", "shots", "called a cut", "doubtful"), rows, left=1)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
