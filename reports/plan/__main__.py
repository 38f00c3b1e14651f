"""Make the trainings of a plan on a machine with one large GPU, in the time there is.

    python -m reports.plan [PLAN.yaml] --data DATA --out runs --minutes 27 [--at-once 6]
    python -m reports.plan unpack runs/pack runs

Call it again to go on. The second command puts what was packed back, here or elsewhere.
"""

import argparse
import os
import sys
from pathlib import Path

from ferlite.errors import FerliteError
from reports.plan.archive import unpack
from reports.plan.carry_out import STOPPING_S, Limits, carry_out
from reports.plan.plan import DEFAULT, read_plan


def main(arguments: list[str] | None = None) -> None:
    """Carry out a plan, or unpack what is left of one."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        _unpack(words[1:]) if words[:1] == ["unpack"] else _carry_out(words)
    except FerliteError as error:
        sys.exit(f"ferlite: {error}")


def _carry_out(words: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m reports.plan",
        description="Make the trainings of a plan side by side on one GPU, and end in time. "
        "'python -m reports.plan unpack PACK RUNS' puts what it packed back.",
    )
    parser.add_argument("plan", nargs="?", type=Path, default=DEFAULT, help="a list of runs, YAML")
    parser.add_argument("--data", required=True, help="as 'ferlite train --data' takes it")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs; may hold some")
    parser.add_argument("--minutes", type=float, required=True, help="after which all is over")
    parser.add_argument(
        "--at-once", type=int, default=max(1, min(6, (os.cpu_count() or 1) // 2)),
        help="trainings that share the GPU (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--pack", type=Path, help="folder for what is worth keeping (OUT/pack)")
    parser.add_argument("--pack-mb", type=float, default=16, help="the most that a file may have")
    parser.add_argument("--pack-files", type=int, default=8, help="how many files there may be")
    given = parser.parse_args(words)
    if not 60 * given.minutes > STOPPING_S:
        raise FerliteError(
            f"--minutes {given.minutes:g}: leaves no time to train, for stopping takes "
            f"{STOPPING_S:.0f} seconds"
        )
    if given.at_once < 1 or given.pack_files < 1 or not given.pack_mb >= 0.2:
        raise FerliteError("--at-once and --pack-files must be at least 1, --pack-mb 0.2")
    if not Path(given.data).exists():
        raise FerliteError(f"--data {given.data}: there is no such file or folder")
    limits = Limits(
        minutes=given.minutes,
        at_once=given.at_once,
        pack_to=given.pack or given.out / "pack",
        pack_mb=given.pack_mb,
        pack_files=given.pack_files,
    )
    states = carry_out(read_plan(given.plan), given.data, given.out, limits)
    if "failed" in states.values():
        sys.exit(1)


def _unpack(words: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m reports.plan unpack", description="Put packed runs back."
    )
    parser.add_argument("pack", type=Path, help="the folder that holds runs.tar.1of…")
    parser.add_argument("runs", type=Path, help="where the runs are to lie")
    given = parser.parse_args(words)
    for name, placed in unpack(given.pack, given.runs).items():
        print(f"{given.runs / name}" + ("" if placed else ": is as far already, left as it is"))


if __name__ == "__main__":
    main()
