"""Recipes: one YAML file holds the whole protocol of one result, checked before anything runs."""

import difflib
import hashlib
import inspect
import json
import types
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

from ferlite.errors import FerliteError
from ferlite.lab.models import SYSTEMS
from ferlite.lab.ranges import Range
from ferlite.lab.train.augment import Augmentation

RECIPES = Path(__file__).parent / "recipes"
Positive = Range(1e-12, 1e6)


@dataclass(frozen=True)
class Data:
    """What is learned from.

    Attributes:
        dataset: the kind of dataset `--data` must hold.
        drop_copies: leave out training rows that are byte-identical to a validation or test row.
    """

    dataset: Literal["fer2013"] = "fer2013"
    drop_copies: bool = True


@dataclass(frozen=True)
class Optimizer:
    """Gradient descent. `momentum` counts for sgd only; adamw decouples `weight_decay`."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    lr: Annotated[float, Positive] = 1e-3
    weight_decay: Annotated[float, Range(0, 1)] = 0.0
    momentum: Annotated[float, Range(0, 1)] = 0.9


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves.

    Attributes:
        name: "constant"; "plateau" multiplies by `factor` after `patience` epochs without a better
            validation loss; "cosine" warms up linearly over `warmup` of all steps, then follows
            half a cosine to zero.
    """

    name: Literal["constant", "plateau", "cosine"] = "constant"
    factor: Annotated[float, Range(0.01, 0.99)] = 0.5
    patience: Annotated[int, Range(0, 1000)] = 3
    warmup: Annotated[float, Range(0, 0.9)] = 0.1


@dataclass(frozen=True)
class Stopping:
    """Which epoch's weights are kept, and when to give up.

    Attributes:
        monitor: the validation figure that decides.
        patience: stop after so many epochs without a better one; null never stops early.
        restore_best: keep the best epoch's weights instead of the last epoch's.
    """

    monitor: Literal["val_loss", "val_accuracy"] = "val_loss"
    patience: Annotated[int, Range(1, 1000)] | None = None
    restore_best: bool = True


@dataclass(frozen=True)
class Training:
    """The loop.

    Attributes:
        epochs: at most so many.
        batch_size: faces per step.
        precision: "32" or "bf16" (bfloat16 products under autocast, float32 weights).
        label_smoothing: share of every target spread over all classes.
    """

    epochs: Annotated[int, Range(1, 10_000)] = 30
    batch_size: Annotated[int, Range(1, 65_536)] = 64
    precision: Literal["32", "bf16"] = "32"
    label_smoothing: Annotated[float, Range(0, 0.9)] = 0.0


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, apart from where the data lies.

    Attributes:
        name: what the result is called.
        summary: one line for people.
        seed: decides initial weights, order, augmentation and dropout.
        model: `system` names one of `SYSTEMS`; the other keys are its arguments.
    """

    name: str
    summary: str = ""
    seed: Annotated[int, Range(0, 2**31 - 1)] = 42
    data: Data = field(default_factory=Data)
    model: Mapping[str, Any] = field(default_factory=dict)
    optimizer: Optimizer = field(default_factory=Optimizer)
    schedule: Schedule = field(default_factory=Schedule)
    stopping: Stopping = field(default_factory=Stopping)
    training: Training = field(default_factory=Training)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def as_dict(self) -> dict[str, Any]:
        """The whole recipe with every default filled in, ready for JSON or YAML."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @property
    def sha256(self) -> str:
        """Hash of all settings that decide the result: names and summaries do not."""
        settings = self.as_dict()
        del settings["name"], settings["summary"]
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def load_recipe(name: str, settings: list[str] | None = None) -> Recipe:
    """Read a recipe by its name or file, change it by "key.key=value" settings, and check it all.

    >>> load_recipe("residual_cnn", ["training.epochs=2"]).training.epochs
    2

    Raises:
        FerliteError: no such recipe; not YAML; an unknown key; a value of a wrong type or range.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise FerliteError(f"{path}: there is no such recipe file")
    else:
        path = RECIPES / f"{name}.yaml"
        if not path.is_file():
            known = sorted(p.stem for p in RECIPES.glob("*.yaml"))
            raise FerliteError(
                f"there is no recipe named {name!r}{_nearest(name, known)}; "
                f"the recipes are {', '.join(known)}, or give a .yaml file"
            )
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FerliteError(f"{path}: not a readable YAML file ({_one_line(error)})") from None
    if not isinstance(tree, dict):
        raise FerliteError(f"{path}: a recipe is a mapping of keys to values")
    for setting in settings or []:
        _set(tree, setting)
    return recipe_from_dict(tree, where=path.name)


def recipe_from_dict(tree: Mapping[str, Any], where: str = "recipe") -> Recipe:
    """Check a nested mapping, such as `Recipe.as_dict` gives, and make it a `Recipe`.

    Raises:
        FerliteError: an unknown key, or a value of a wrong type or range; says which.
    """
    try:
        recipe = Recipe(**checked(Recipe, tree, ""))
        model = dict(recipe.model)
        system = model.pop("system", None)
        if not isinstance(system, str) or system not in SYSTEMS:
            raise FerliteError(
                f"model.system: {system!r} is not a known system{_nearest(str(system), SYSTEMS)}; "
                f"use one of {', '.join(SYSTEMS)}"
            )
        filled = checked(SYSTEMS[system], model, "model", fill=True)
    except FerliteError as error:
        raise FerliteError(f"{where}: {error}") from None
    return replace(recipe, model={"system": system, **filled})


def checked(
    target: Callable[..., Any], tree: Any, path: str, *, fill: bool = False
) -> dict[str, Any]:
    """Arguments for `target` out of `tree`, by the names, types and ranges of its signature.

    With `fill`, arguments left out get the signature's defaults.

    Raises:
        FerliteError: names the dotted key, what is wrong with it, and the nearest valid name.
    """
    if tree is None:
        tree = {}
    if not isinstance(tree, Mapping):
        raise FerliteError(f"{path}: must be a mapping of keys to values, not {tree!r}")
    parameters = inspect.signature(target).parameters
    hints = get_type_hints(
        target.__init__ if inspect.isclass(target) and not is_dataclass(target) else target,
        include_extras=True,
    )
    arguments = {}
    for key, value in tree.items():
        dotted = f"{path}.{key}" if path else str(key)
        if key not in parameters:
            raise FerliteError(
                f"{dotted}: there is no such key{_nearest(str(key), parameters)}; "
                f"the keys here are {', '.join(parameters)}"
            )
        arguments[key] = _convert(hints[key], value, dotted)
    for key, parameter in parameters.items():
        if key not in arguments:
            if parameter.default is parameter.empty:
                raise FerliteError(f"{f'{path}.{key}' if path else key}: is missing")
            if fill:
                arguments[key] = parameter.default
    return arguments


def _convert(hint: Any, value: Any, dotted: str) -> Any:
    """`value` as the type `hint` asks for, or a `FerliteError` that names the key."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, bounds = get_args(hint)
        number = _convert(inner, value, dotted)
        for n in number if isinstance(number, tuple) else (number,):
            if not bounds.low <= n <= bounds.high:
                raise FerliteError(f"{dotted}: {n} is outside {bounds.low:g} to {bounds.high:g}")
        return number
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        (inner,) = (a for a in get_args(hint) if a is not type(None))
        return _convert(inner, value, dotted)
    if origin is Literal:
        choices = get_args(hint)
        if value in choices and not isinstance(value, bool):
            return value
        if str(value) in choices:  # YAML reads `precision: 32` as a number
            return str(value)
        listed = ", ".join(map(str, choices))
        near = _nearest(str(value), [str(c) for c in choices])
        raise FerliteError(f"{dotted}: {value!r} is not one of {listed}{near}")
    if origin is tuple:
        items = get_args(hint)
        if not isinstance(value, list | tuple) or len(value) != len(items):
            raise FerliteError(f"{dotted}: must be a list of {len(items)} numbers, not {value!r}")
        return tuple(_convert(i, v, dotted) for i, v in zip(items, value, strict=True))
    if is_dataclass(hint):
        target: Any = hint  # a class, which is_dataclass() makes mypy forget
        return target(**checked(target, value, dotted))
    if hint is float:
        # YAML 1.1 reads 1e-3 (no dot) as a string.
        try:
            if isinstance(value, int | float | str) and not isinstance(value, bool):
                return float(value)
        except ValueError:
            pass
        raise FerliteError(f"{dotted}: must be a number, not {value!r}")
    if hint in (bool, int, str):
        if isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
            return value
        kinds = {bool: "true or false", int: "a whole number", str: "text"}
        raise FerliteError(f"{dotted}: must be {kinds[hint]}, not {value!r}")
    if isinstance(value, Mapping):
        return dict(value)
    raise FerliteError(f"{dotted}: must be a mapping of keys to values, not {value!r}")


def _set(tree: dict[str, Any], setting: str) -> None:
    """Put one "a.b=value" into the tree; the value is read as YAML."""
    dotted, equals, text = setting.partition("=")
    if not equals or not dotted.strip():
        raise FerliteError(f"--set {setting!r}: write it as key=value, such as training.epochs=10")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise FerliteError(f"--set {setting!r}: {_one_line(error)}") from None
    *parents, last = dotted.strip().split(".")
    for key in parents:
        below = tree.setdefault(key, {})
        if not isinstance(below, dict):
            raise FerliteError(f"--set {setting!r}: {key} holds a value, not keys")
        tree = below
    tree[last] = value


def _nearest(name: str, known: Any) -> str:
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {found[0]!r}?)" if found else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _plain(value: Any) -> Any:
    """Tuples as lists, all the way down, so that JSON and YAML give back the same."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
