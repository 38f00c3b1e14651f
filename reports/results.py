"""What results/ hold, and what counts as a result.

    results/models/        what ships, and the systems of the papers: one training each
    results/benchmarks/    measurements side by side, each written by the script of its name
    results/trials/        every other training of ours; reports/trials.yaml says what each changed

A file's name is the result's name, and no two files share one, wherever they lie.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from ferlite.classify import zoo
from ferlite.errors import DataError
from ferlite.lab import recipes
from ferlite.lab.recipe import as_written, by_dotted_key, load_recipe, recipe_from_dict

RESULTS: Final = Path(__file__).parents[1] / "results"

Result = dict[str, Any]
Results = dict[str, Result]
"""Every file of results/, by its name without .json."""

_SPEED_IS_THE_SAME: Final = ("dropout", "weights", "frozen", "scale", "padding", "defaults")
"""What a model's settings may differ in without another latency."""


def read_results(folder: Path = RESULTS) -> Results:
    """Every JSON file of the folder and of the folders in it, by name.

    Raises:
        DataError: two files have one name.
    """
    found: Results = {}
    for path in sorted(folder.rglob("*.json")):
        if path.stem in found:
            raise DataError(f"{path}: there is another result of this name; rename one")
        found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return dict(sorted(found.items()))


def place_of(name: str, folder: Path = RESULTS) -> Path:
    """The file in which the result of a training is kept, whether or not it is there.

    >>> place_of("ferlite_s_int8").relative_to(RESULTS).as_posix()
    'models/ferlite_s_int8.json'
    >>> place_of("something new").relative_to(RESULTS).as_posix()
    'trials/something new.json'
    """
    if (kept := next(folder.rglob(f"{name}.json"), None)) is not None:
        return kept
    is_model = name in shipped() or recipe_file(name) is not None
    return folder / ("models" if is_model else "trials") / f"{name}.json"


def shipped() -> list[str]:
    """The names of the results of what ships; a model that ships in int8 alone is named without.

    >>> shipped()[:2]
    ['ferlite_m_int8', 'ferlite_s']
    """
    names = []
    for name in zoo.names():
        in_int8 = "float32" in zoo.card(name) and not name.endswith("_int8")
        names.append(f"{name}_int8" if in_int8 else name)
    return names


def recipe_file(name: str) -> Path | None:
    """The recipe of that name that comes with ferlite; None if there is none."""
    return recipes.shipped().get(name)


def trained_on(results: Results, *datasets: str) -> list[Result]:
    """The training runs on these datasets whose accuracy on test faces is known, and honest."""
    return [
        result
        for result in results.values()
        if result.get("kind") == "training"
        and "test" in result
        and result["data"]["name"] in datasets
        and not keeps_copies(result)
    ]


def quantised(results: Results) -> list[Result]:
    """The int8 forms of networks whose own accuracy on PrivateTest is known."""
    return [
        result
        for result in results.values()
        if result.get("kind") == "quantisation" and "test" in result and "recipe" in result
    ]


def keeps_copies(result: Result) -> bool:
    """Whether copies of test faces were in a run's training, so that it met them before."""
    return result.get("recipe", {}).get("data", {}).get("drop_copies") is False


SETTLED: Final = 4
"""After so many epochs without a better one, validation accuracy is taken to rise no more."""
_ALIKE: Final = ("name", "summary", "model.padding")
_HOW_LONG: Final = ("training.epochs", "stopping.patience", "training.precision")


def converged(result: Result) -> bool:
    """Whether a run was long enough: it learned something, and then validation accuracy rose no
    more."""
    seen = [epoch.get("val_accuracy", 0.0) for epoch in result.get("history", [])]
    return bool(seen) and max(seen) > seen[0] and len(seen) - seen.index(max(seen)) > SETTLED


def deviations(result: Result) -> str:
    """In what a run differs from ferlite's recipe of its name, or an empty string.

    A run that stopped early by its recipe's own rule does not differ, nor does one that pads as
    the weights want that it begins with. One that converged was long enough, and is only smaller.
    """
    if recipe_file(result["name"]) is None:
        return ""
    whole = by_dotted_key(load_recipe(result["name"]).as_dict())
    run = by_dotted_key(result["recipe"])
    long_enough = converged(result)
    differs = [
        f"{key} {as_written(run[key])} instead of {as_written(whole[key])}"
        for key in whole
        if key in run
        and run[key] != whole[key]
        and key not in _ALIKE
        and not (long_enough and key in _HOW_LONG)
    ]
    word = "reduced" if long_enough else "shortened"
    return f"{word}: {', '.join(differs)}" if differs else ""


def log_loss(result: Result) -> float:
    """On PublicTest, of the epoch that was kept: before a network that ships was calibrated."""
    (kept,) = (e for e in result["history"] if e["epoch"] == result["best_epoch"])
    return float(kept["val_loss"])


def architecture(model: Mapping[str, Any]) -> str:
    """A recipe's `model` without what does not change its speed, to compare with others.

    What it leaves out is at its default, so that a network measured before its system had an
    option is still the same network.

    >>> architecture(load_recipe("residual_cnn", ["model.dropout=0.9"]).model) == architecture(
    ...     load_recipe("residual_cnn").model
    ... )
    True
    """
    return _architecture(json.dumps(dict(model), sort_keys=True))


@cache
def _architecture(model: str) -> str:
    whole = recipe_from_dict({"name": "", "model": json.loads(model)}).model
    kept = {key: value for key, value in whole.items() if key not in _SPEED_IS_THE_SAME}
    return json.dumps(kept, sort_keys=True)
