"""A plan: which trainings there are to make, the most valuable first, and what each settles."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field

from ferlite.errors import FerliteError
from ferlite.lab.recipe import Recipe, as_written, checked, load_recipe
from ferlite.lab.section import Section

DEFAULT = Path(__file__).with_name("plan.yaml")
RECIPES = Path(__file__).with_name("recipes")


class Run(Section):
    """One training.

    Attributes:
        recipe: a recipe's name, of ferlite's or in `recipes/` here, or its .yaml file.
        minutes: how long it takes, alone on one large GPU; an estimate.
        name: what its folder and its result are called; the recipe's own name if empty.
        settles: what is known afterwards, for people.
        settings: what differs from the recipe, such as {training.epochs: 5}.
        data: another dataset than the plan's.
        weights: what it starts from: a run of the plan, a network that ships, or a file.
        teachers: what it learns from: runs of the plan, networks that ship, or checkpoint files.
        after: runs of the plan that must be finished before, besides those.
        in_parts: start it even if it cannot end in time; it goes on at the next call.
    """

    recipe: str
    minutes: Annotated[float, Field(ge=0.01, le=100_000)]
    name: str = ""
    settles: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    data: str | None = None
    weights: str | None = None
    teachers: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    in_parts: bool = False

    def needs(self, names: Sequence[str]) -> list[str]:
        """Which of these runs must be finished before."""
        wanted = {*self.teachers, *self.after, self.weights}
        return [name for name in names if name in wanted]

    def read_recipe(self) -> Recipe:
        """The recipe with the settings and under the run's name.

        Raises:
            FerliteError: there is no such recipe or setting.
        """
        return load_recipe(self._file(), self._settings())

    def command(
        self, data: str = "fer2013.csv", runs: Path = Path("runs"), names: Sequence[str] = ()
    ) -> list[str]:
        """The arguments of `ferlite`, with what `names` of the plan's runs left under `runs`.

        >>> run = Run(recipe="residual_cnn", minutes=5, settings={"training.epochs": 3})
        >>> " ".join(run.command())
        'train residual_cnn --data fer2013.csv --out runs/residual_cnn --set training.epochs=3'
        """

        def kept(what: str) -> str:
            return str(runs / what / "checkpoints" / "best.ckpt") if what in names else what

        words = ["train", self._file(), "--data", self.data or data]
        words += ["--out", str(runs / (self.name or Path(self.recipe).stem))]
        for setting in self._settings():
            words += ["--set", setting]
        if self.weights is not None:
            words += ["--weights", kept(self.weights)]
        for teacher in self.teachers:
            words += ["--teacher", kept(teacher)]
        return words

    def _file(self) -> str:
        """The recipe as `ferlite train` takes it."""
        here = RECIPES / f"{self.recipe}.yaml"
        return os.path.relpath(here) if here.is_file() else self.recipe

    def _settings(self) -> list[str]:
        """As `--set` takes them."""
        renamed = {"name": self.name} if self.name not in ("", self.recipe) else {}
        written = {**self.settings, **renamed}.items()
        return [f"{key}={as_written(value)}" for key, value in written]


def read_plan(path: Path = DEFAULT) -> list[Run]:
    """The runs of a plan, a YAML list of `Run`s, in the order of their value.

    >>> len(read_plan()) > 0
    True

    Raises:
        FerliteError: no such file, an unknown key, recipe or setting, two runs of one name, or a
            run that needs one that stands after it.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FerliteError(f"{path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise FerliteError(
            f"{path}: not a readable YAML file ({' '.join(str(error).split())})"
        ) from None
    if not isinstance(entries, list) or not entries:
        raise FerliteError(f"{path}: a plan is a list of runs, each with a recipe and its minutes")
    runs: list[Run] = []
    for number, entry in enumerate(entries, start=1):
        try:
            run = _run(entry)
            if run.name in [other.name for other in runs]:
                raise FerliteError(f"there is a run named {run.name} already; give it a name")
            later = [_name(e) for e in entries[number - 1 :]]
            if needed := run.needs(later):
                raise FerliteError(f"needs {needed[0]}, which must stand before it")
            if run.read_recipe().distillation.taught and not run.teachers:
                raise FerliteError("its recipe learns from teachers: name them")
        except FerliteError as error:
            raise FerliteError(
                f"{path}: run {number} ({_name(entry) or 'no name'}): {error}"
            ) from None
        runs.append(run)
    return runs


def _run(entry: Any) -> Run:
    return checked(Run, entry).model_copy(update={"name": _name(entry)})


def _name(entry: Any) -> str:
    """What a run is called: by its own name, or by its recipe's."""
    if not isinstance(entry, dict):
        return ""
    return str(entry.get("name") or Path(str(entry.get("recipe", ""))).stem)
