"""`ferlite report`: every trained system on every dataset, as tables."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ferlite.cli import options
from ferlite.errors import FerliteError


def report(
    runs: Annotated[
        Path, typer.Argument(metavar="RUNS", help="Folder of runs that `ferlite train` finished.")
    ],
    data: Annotated[
        list[Path], typer.Option(help="A dataset, as for `ferlite evaluate`; may be repeated.")
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            metavar="FILE.py:FUNCTION",
            help="A function of your own that reads each --data.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for across.md and across.json.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON array instead of Markdown.")
    ] = False,
) -> None:
    """Measure every run on the test rows of every dataset.

    Prints overall accuracy, accuracy per emotion and confusion matrices in percent.

    Examples:

      ferlite report runs --data fer2013.csv --data fer2013new.csv

      ferlite report runs --data fer2013.csv --data RAF-DB/basic --data CK+ --out report
    """
    options.check_data(*data)
    with options.lab("reporting needs"):
        from ferlite.lab.evaluate.across import finished_runs, measured, write
        from ferlite.lab.evaluate.across_tables import tables
    if out is not None and out.exists() and not out.is_dir():
        raise FerliteError(f"--out {out}: is a file; give a folder")
    results = []
    for result in measured(finished_runs(runs), data, kind):
        results.append(result)
        # Hours may lie between the first and the last.
        print(
            f"{result['system']} trained on {result['trained_on']}, on {result['data']['name']}: "
            f"{result['accuracy']:.1%}",
            file=sys.stderr,
        )
    if out is not None:
        write(results, out)
    print(json.dumps(results, indent=1) if as_json else tables(results).rstrip())
