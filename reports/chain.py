"""How to make a network again from the raw data: itself, and first the networks that taught it."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from ferlite.classify import zoo
from ferlite.lab.markdown import markdown
from reports.results import RESULTS, Result, Results, place_of, recipe_file


def chain(names: Sequence[str], results: Results) -> list[Result]:
    """These runs and all that they learned or began from, teachers before students, each once.

    Runs whose result is not there are left out, and so is what they learned from.
    """
    found: dict[str, Result] = {}

    def visit(name: str) -> None:
        if name not in results or name in found:
            return
        float32 = name.removesuffix("_int8")
        began = (begun_from(results[name]), *mean_of(results[name]))
        for earlier in (*teachers_of(results[name]), *began, float32):
            if earlier != name:
                visit(earlier)
        found[name] = results[name]

    for name in names:
        visit(name)
    return list(found.values())


def teachers_of(result: Result) -> Iterator[str]:
    """The names of a run's teachers; of runs before names were kept, their files' names."""
    for teacher in result.get("teachers", []):
        yield teacher.get("name") or Path(teacher["from"]).stem


def begun_from(result: Result) -> str:
    """The name of the run whose weights a run began with; "" for none, or no run of ferlite's."""
    return str((result.get("initial_weights") or {}).get("name", ""))


def mean_of(result: Result) -> list[str]:
    """The names of the runs with whose mean weights a run began."""
    names = str((result.get("initial_weights") or {}).get("mean_of", ""))
    return names.split(", ") if names else []


def command(result: Result) -> str:
    """What trains it, in a shell, with every run in runs/ under its name."""
    return " && ".join(shlex.join(words) for words in steps(result))


def steps(result: Result, data: str = "fer2013.csv", runs: str = "runs") -> list[list[str]]:
    """The commands that train it, one after the other.

    Args:
        result: of a training.
        data: FER2013.
        runs: the folder in which each run lies under its name.
    """
    found: list[list[str]] = []
    if several := mean_of(result):
        mean = ["python", "-m", "ferlite.lab.train.average"]
        mean += [f"{runs}/{name}" for name in several]
        found.append([*mean, "--out", result["initial_weights"]["from"]])
    words = ["ferlite", "train", recipe_of(result), "--data", data]
    words += ["--out", f"{runs}/{result['name']}"]
    for teacher, name in zip(result.get("teachers", []), teachers_of(result), strict=True):
        words += ["--teacher", _as_named(teacher, name, runs)]
    if begun_from(result):
        words += ["--weights", _as_named(result["initial_weights"], begun_from(result), runs)]
    elif weights := result.get("initial_weights"):
        words += ["--weights", weights["from"]]
    return [*found, words]


def _as_named(file: dict[str, str], run: str, runs: str) -> str:
    """What `ferlite train` is told to take: a network that ships, or what a run left.

    A run that ships no more goes by a name of its own.
    """
    shipped = file["from"].removesuffix(".onnx")
    if shipped in {*zoo.names(), *zoo.ALIASES} and shipped.removesuffix(
        "_int8"
    ) == run.removesuffix("_int8"):
        return shipped
    return f"{runs}/{run}/checkpoints/best.ckpt"


def recipe_of(result: Result) -> str:
    """What `ferlite train` takes to make it: a recipe that comes with ferlite, or the result."""
    name = result["name"]
    if recipe_file(name) is not None:
        return str(name)
    return place_of(name).relative_to(RESULTS.parent).as_posix()


def chain_table(shipped: Sequence[str], results: Results) -> str:
    """The steps that lead to the shipped networks, what they take and what they give."""
    rows = [
        (
            f"`{result['name']}`" + _ships(result["name"], shipped),
            f"`{command(result)}`",
            f"{result['epochs_run']}",
            f"{result['wall_time_s'] / 60:.0f} min",
            f"{result['hardware']['processor']}, {result['recipe']['training']['precision']}",
            f"{result['validation']['accuracy']:.1%}",
            f"{result['test']['accuracy']:.1%}",
        )
        for result in chain(shipped, results)
        if result.get("kind") == "training"
    ]
    if not rows:
        return "Nothing ships whose training is in `results/`.\n"
    head = ("step", "command", "epochs", "took", "on", "PublicTest", "PrivateTest")
    return markdown(head, rows)


def _ships(name: str, shipped: Sequence[str]) -> str:
    if name in shipped:
        return " (ships)"
    return " (ships in int8)" if f"{name}_int8" in shipped else ""
