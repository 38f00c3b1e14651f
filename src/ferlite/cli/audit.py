"""`ferlite audit`: what is wrong with a dataset, and which of its rows to leave out."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ferlite.cli import options
from ferlite.errors import FerliteError

if TYPE_CHECKING:
    from ferlite.lab.data.dataset import FaceDataset
    from ferlite.lab.data.ferplus import Votes


def audit(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="The dataset, recognised from its content: FER2013, FER+ (fer2013new.csv), "
            "RAF-DB, AffectNet, CK+, or a folder with one subfolder for each emotion.",
        ),
    ],
    votes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="FER+'s votes (fer2013new.csv) on FER2013; found by itself in the same folder.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for audit.json, copies.csv, exclude.csv and held_out.csv."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the counts as one JSON object.")
    ] = False,
) -> None:
    """Find copies, contradicting labels, blanks and images of no face in a dataset.

    FER2013 takes less than a minute on two cores. Examples:

      ferlite audit fer2013.csv

      ferlite audit fer2013.csv --votes fer2013new.csv --out audit/

      ferlite audit RAF-DB/basic --json
    """
    with options.lab("auditing needs"):
        from ferlite.lab.data.audit import audit as audited
        from ferlite.lab.data.audit_report import print_audit, write_audit
        from ferlite.lab.data.detect import load_dataset
    if out is not None and out.exists() and not out.is_dir():
        raise FerliteError(f"--out {out}: is a file; give a folder")

    dataset = load_dataset(data)
    found = audited(dataset, _votes_on(dataset, data, votes))
    if out is not None:
        try:
            write_audit(found, dataset, out)
        except OSError as error:
            raise FerliteError(f"--out {out}: cannot be written ({error.strerror})") from None
    if as_json:
        print(json.dumps(found.summary, indent=2, allow_nan=False))
    else:
        print_audit(found.summary)


def _votes_on(dataset: "FaceDataset", data: Path, given: Path | None) -> "Votes | None":
    """The given votes, which must fit, or those that lie beside FER2013, if they fit."""
    from ferlite.lab.data.ferplus import check_same_rows, load_votes
    from ferlite.lab.data.layout import find_votes

    if given is not None:
        if dataset.name != "fer2013":
            raise FerliteError(f"--votes {given}: votes are on FER2013, but {data} is another set")
        votes = load_votes(given)
        check_same_rows(votes, dataset, given)
        return votes
    beside = find_votes(data if data.is_dir() else data.parent) if dataset.name == "fer2013" else []
    for file in beside:
        try:
            votes = load_votes(file)
            check_same_rows(votes, dataset, file)
        except FerliteError as error:
            print(f"ferlite: votes are left out: {error}", file=sys.stderr)
        else:
            return votes
    return None
