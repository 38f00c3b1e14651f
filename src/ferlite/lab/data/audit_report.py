"""An audit for people, as files, and as the tables of docs/research/audit.md."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ferlite.files import written_whole
from ferlite.lab.data.audit import Audit, Copy
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.exclusions import write_exclusions

_KINDS: Final = {
    "identical": "byte-identical",
    "near": "near-copies",
    "mirrored": "mirrored",
    "any": "any of these",
}
_REASONS: Final = {
    "copy": "same image on both sides of the training split",
    "contradiction": "label is not that of most copies",
    "blank": "blank",
    "no face": "no face, by FER+'s votes",
    "any": "rows in all",
}


def write_audit(audit: Audit, dataset: FaceDataset, out: Path) -> None:
    """Write an audit into a folder, which is made if it is missing.

    - `audit.json`: the summary.
    - `exclude.csv`: the training rows that should not be learned from.
    - `held_out.csv`: the validation and test rows that say little about a model. Leave them out of
      a test only beside the usual one, or nothing published can be compared.
    - `copies.csv`: every pair of copies, with its kind and distance.
    """
    with written_whole(out / "audit.json") as part:
        part.write_text(json.dumps(audit.summary, indent=2, allow_nan=False) + "\n")
    train = SPLITS.index("train")
    of_train = [e for e in audit.exclusions if dataset.splits_N[e.row] == train]
    held_out = [e for e in audit.exclusions if dataset.splits_N[e.row] != train]
    write_exclusions(out / "exclude.csv", of_train, dataset)
    write_exclusions(out / "held_out.csv", held_out, dataset)
    with written_whole(out / "copies.csv") as part, part.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(Copy._fields)
        lines.writerows(copy._replace(distance=round(copy.distance, 4)) for copy in audit.copies)


def print_audit(summary: Mapping[str, Any]) -> None:
    """Print an audit's summary for people."""
    console = Console(highlight=False, soft_wrap=True)
    leaked = summary["copies"]["any"]["rows_of_with_copy_in"]["test"]["train"]
    test = sum(summary["classes"]["test"].values())
    console.print(
        f"{summary['data']['rows']:,} images; {leaked:,} of {test:,} test images"
        f"{f' ({leaked / test:.1%})' if test else ''} are copies of training images",
        style="bold",
    )
    for title, head, rows in _tables(summary):
        table = Table(head[0], title=title, title_justify="left")
        for heading in head[1:]:
            table.add_column(heading, justify="right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    if summary["no_face"] is None:
        console.print("Images of no face were not looked for: that needs FER+'s votes (--votes).")


def audit_table(result: Mapping[str, Any]) -> str:
    """Markdown of all tables of an audit's summary, each under its title.

    What `benchmarks/audit.py` adds to a summary, planted copies and time, comes last.
    """
    tables = _tables(result)
    if "planted" in result:
        tables.append(_planted(result))
    parts = []
    for title, head, rows in tables:
        lines = [f"**{title}**", "", f"| {' | '.join(head)} |"]
        lines.append("|:--|" + "--:|" * (len(head) - 1))
        lines += [f"| {' | '.join(row)} |" for row in rows]
        parts.append("\n".join(lines) + "\n")
    if "seconds" in result:
        wall, cpu = (f"{result['seconds'][key]:.0f} s" for key in ("wall", "cpu"))
        parts.append(f"The audit took {wall}, and {cpu} of processor time.\n")
    return "\n".join(parts)


_Rows = list[tuple[str, ...]]


def _tables(summary: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...], _Rows]]:
    """Title, headings and rows of every table, the same for a terminal and for the docs."""
    tables = [_copies(summary), _leaks(summary), _contradictions(summary), _classes(summary)]
    if summary["votes"] is not None:
        tables.append(_votes(summary))
    return [*tables, _exclusions(summary)]


def _copies(summary: Mapping[str, Any]) -> tuple[str, tuple[str, ...], _Rows]:
    rows = [
        (
            name,
            *(f"{summary['copies'][kind][key]:,}" for key in ("pairs", "rows", "groups")),
            str(summary["copies"][kind]["largest_group"]),
        )
        for kind, name in _KINDS.items()
    ]
    return "Copies", ("kind", "pairs", "images", "groups", "largest group"), rows


def _leaks(summary: Mapping[str, Any]) -> tuple[str, tuple[str, ...], _Rows]:
    places = [(split, other) for split in SPLITS[1:] for other in SPLITS] + [("train", "train")]
    rows = [
        (
            f"{split} in {other}",
            *(
                f"{summary['copies'][kind]['rows_of_with_copy_in'][split][other]:,}"
                for kind in _KINDS
            ),
        )
        for split, other in places
    ]
    return "Images of a split that have a copy in a split", ("images of", *_KINDS.values()), rows


def _contradictions(summary: Mapping[str, Any]) -> tuple[str, tuple[str, ...], _Rows]:
    found = summary["contradictions"]
    keys = ("groups", "rows", "rows_without_majority_label")
    rows = [(_KINDS[kind], *(f"{found[kind][key]:,}" for key in keys)) for kind in found]
    head = ("copies", "groups", "images", "images not labelled as most")
    return "Copies with contradicting labels", head, rows


def _classes(summary: Mapping[str, Any]) -> tuple[str, tuple[str, ...], _Rows]:
    classes = summary["classes"]

    def cell(split: str, name: str) -> str:
        count, total = classes[split][name], sum(classes[split].values())
        return f"{count:,} ({count / total:.1%})" if total else "0"

    rows = [(name, *(cell(split, name) for split in SPLITS)) for name in classes["train"]]
    return "Images of each class", ("emotion", *SPLITS), rows


def _votes(summary: Mapping[str, Any]) -> tuple[str, tuple[str, ...], _Rows]:
    votes = summary["votes"]
    rows: _Rows = [
        (
            name,
            f"{of['rows']:,}",
            f"{of['with_majority']:,}",
            _share(of["agreement"]),
            _share(of["vote_share"]),
            _second(name, of.get("majority", {})),
        )
        for name, of in (*votes["per_class"].items(), ("all", votes))
    ]
    head = (
        "label", "faces", "with a majority", "majority agrees", "votes for the label",
        "most frequent other majority",
    )  # fmt: skip
    return "FER2013's labels and FER+'s votes", head, rows


def _second(name: str, majority: Mapping[str, int]) -> str:
    others = {other: n for other, n in majority.items() if other not in (name, "none")}
    most = max(others, key=lambda other: others[other], default="")
    return f"{most} ({others[most]:,})" if most and others[most] else "–"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _exclusions(summary: Mapping[str, Any]) -> tuple[str, tuple[str, ...], _Rows]:
    rows = [
        (name, *(f"{summary['exclusions'][split][reason]:,}" for split in SPLITS))
        for reason, name in _REASONS.items()
    ]
    return "Rows that should not be used", ("why", *SPLITS), rows


def _planted(result: Mapping[str, Any]) -> tuple[str, tuple[str, ...], _Rows]:
    rows: _Rows = [
        (row["change"], f"{row['near']:.1%}", f"{row['found']:.1%}") for row in result["planted"]
    ]
    return (
        "Changed copies planted among all faces",
        ("change", "within the distance", "found"),
        rows,
    )
