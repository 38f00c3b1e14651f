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

from ferlite.emotions import EMOTIONS, WITH_CONTEMPT
from ferlite.errors import FerliteError
from ferlite.lab.models import SYSTEMS
from ferlite.lab.models.face_model import Scale
from ferlite.lab.ranges import Range
from ferlite.lab.train.augment import Augmentation

RECIPES = Path(__file__).parent / "recipes"
Positive = Range(1e-12, 1e6)


@dataclass(frozen=True)
class Data:
    """What is learned from.

    Attributes:
        dataset: the kind of dataset `--data` must hold (see docs/datasets.md); "folder" has one
            subfolder for each emotion, and "image_folder" is any labelled pictures in
            train/<class>/ and val/<class>/, ImageNet's layout, read while training.
        size: side in pixels at which faces from picture files are kept in memory; null is the
            dataset's usual one.
        votes: how FER+'s votes are learned; see `ferlite.lab.data.ferplus`.
        validation: which rows decide what is kept: the dataset's "own" validation rows, a share of
            the "train" rows (the own validation rows then stay unused), or the "test" rows, which
            is a leak that some papers have.
        validation_share: the share, for "train".
        stratified: whether the share is taken of each class, or of all rows together.
        haar_crop: cut every image to the largest face that a Haar cascade finds, and bring it back
            to its size; where none is found the image stays whole.
        drop_copies: leave out training rows that are byte-identical to a validation or test row.
        exclude: a list of rows to leave out, such as the exclude.csv that `ferlite audit` writes;
            only training rows, unless somebody lists others.
        second_opinion: share of FER+'s votes in what a training row of FER2013 is to be learned as;
            its label has the rest. Training rows that show no face by those votes are left out.
            The votes (fer2013new.csv) must lie beside FER2013's table.
        voted: weight of a second loss, beside 1 for that of the labels. Outputs of their own learn
            FER+'s votes for the seven emotions, so that one network answers both as FER2013's
            labels would and as ten people do. Left out and needed is what `second_opinion` says.
    """

    dataset: Literal["fer2013", "ferplus", "rafdb", "affectnet", "folder", "image_folder"] = (
        "fer2013"
    )
    size: Annotated[int, Range(1, 1024)] | None = None
    votes: Literal["majority", "probability", "crossentropy"] = "majority"
    validation: Literal["own", "train", "test"] = "own"
    validation_share: Annotated[float, Range(0.01, 0.9)] = 0.2
    stratified: bool = True
    haar_crop: bool = False
    drop_copies: bool = True
    exclude: str | None = None
    second_opinion: Annotated[float, Range(0, 1)] = 0.0
    voted: Annotated[float, Range(0, 0.99)] = 0.0


@dataclass(frozen=True)
class Model:
    """The keys of every recipe's `model`; the others are the arguments of its system.

    Attributes:
        system: one of `SYSTEMS`.
        scale: what black and white are to the network.
        weights: what training starts from: nothing (null), the library's "imagenet" weights, or a
            "file" that `--weights` must name. `--weights` may take the place of the others, too.
    """

    system: str
    scale: Scale = "0..1"
    weights: Literal["imagenet", "file"] | None = None


@dataclass(frozen=True)
class Imbalance:
    """What is done about rare emotions.

    Attributes:
        class_weights: multiply the loss of a face by N / (K·n) for n of all N training faces in its
            class, one of K.
        faces_per_epoch: classes brought to a number of faces per epoch: all of their own, and
            augmented further draws of them, new ones every epoch. Other classes stay as they are.
        balanced: the same for every class, to the size of the largest.
        augment: whether "all" faces are augmented or only the "extra" draws.
    """

    class_weights: bool = False
    faces_per_epoch: Mapping[str, Annotated[int, Range(1, 10_000_000)]] = field(
        default_factory=dict
    )
    balanced: bool = False
    augment: Literal["all", "extra"] = "all"


@dataclass(frozen=True)
class Optimizer:
    """Gradient descent.

    Attributes:
        name: the rule; adamw decouples `weight_decay` from the step, the others do not.
        lr: the learning rate that `schedule` scales.
        weight_decay: of weights, not of biases and normalisation.
        momentum: sgd's.
        beta1: the same of adam and adamw: how much of the mean gradient a step keeps.
        sharpness: how far uphill the gradients of a step are taken (Foret et al. 2021; see
            `ferlite.lab.train.sharpness`), which doubles the time; 0 takes them where it stands.
    """

    name: Literal["adam", "adamw", "sgd"] = "adam"
    lr: Annotated[float, Positive] = 1e-3
    weight_decay: Annotated[float, Range(0, 1)] = 0.0
    momentum: Annotated[float, Range(0, 1)] = 0.9
    beta1: Annotated[float, Range(0, 0.9999)] = 0.9
    sharpness: Annotated[float, Range(0, 10)] = 0.0


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
        loss: "cross_entropy", or "binary_cross_entropy": Keras's, of every class's probability on
            its own, averaged over the classes.
        precision: "32" or "bf16" (bfloat16 products under autocast, float32 weights).
        label_smoothing: share of every target spread over all classes.
        average: what the weights that are validated and kept hold of their own past after each
            step (their exponential moving average; less in the first steps); 0 takes the last
            step's weights as they are.
        statistics: what the normalisation layers that are validated and kept take for usual: what
            the changed faces of training "learned" them, or training faces as they are, measured
            after each epoch ("clean"; see `ferlite.lab.train.statistics`).
    """

    epochs: Annotated[int, Range(1, 10_000)] = 30
    batch_size: Annotated[int, Range(1, 65_536)] = 64
    loss: Literal["cross_entropy", "binary_cross_entropy"] = "cross_entropy"
    precision: Literal["32", "bf16"] = "32"
    label_smoothing: Annotated[float, Range(0, 0.9)] = 0.0
    average: Annotated[float, Range(0, 0.99999)] = 0.0
    statistics: Literal["learned", "clean"] = "learned"


@dataclass(frozen=True)
class Distillation:
    """What is learned from teachers (Hinton et al. 2015), which `--teacher` names.

    Student and teachers see the same augmented faces (Beyer et al. 2022).

    Attributes:
        share: of the loss against the mean of the teachers' answers; labels have the rest.
        temperature: logits of teachers and student are divided by it before they are compared.
        lessons: after so many epochs the same augmented faces come again, in the same batches, and
            the teachers' answers to them are remembered: a teacher many times larger than the
            student then costs little. 0 for new ones every epoch.
        voted_share: as `share`, of the second loss that `data.voted` brings: of those teachers that
            learned votes, too; the votes have the rest.
        mirrored: whether the teachers see every face and its mirror image, and answer with the mean
            of both, which has a lower log loss and takes twice the time.
        features: what it counts in the loss how much of the features that the teachers' last layers
            see cannot be guessed from those that the student's sees (Romero et al. 2015).
    """

    share: Annotated[float, Range(0, 1)] = 0.0
    temperature: Annotated[float, Range(0.1, 100)] = 1.0
    lessons: Annotated[int, Range(0, 1000)] = 0
    voted_share: Annotated[float, Range(0, 1)] = 0.0
    mirrored: bool = False
    features: Annotated[float, Range(0, 100)] = 0.0

    @property
    def taught(self) -> bool:
        """Whether anything is learned from teachers."""
        return bool(self.share or self.voted_share or self.features)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, apart from where the data lies.

    Attributes:
        name: what the result is called.
        summary: one line for people.
        seed: decides split, initial weights, order, augmentation and dropout.
        model: the keys of `Model` and the arguments of its system, every one of them.
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
    imbalance: Imbalance = field(default_factory=Imbalance)
    augmentation: Augmentation = field(default_factory=Augmentation)
    distillation: Distillation = field(default_factory=Distillation)

    def as_dict(self) -> dict[str, Any]:
        """The whole recipe with every default filled in, ready for JSON or YAML."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @property
    def sha256(self) -> str:
        """Hash of all settings that decide the result: names and summaries do not.

        Keys at their default do not count either, so that a new key leaves the hashes of all older
        recipes as they are. The price: a default, once published, may never change.
        """
        defaults = recipe_from_dict({"name": "", "model": {"system": self.model["system"]}})
        settings = _difference(self.as_dict(), defaults.as_dict())
        settings.pop("name", None)
        settings.pop("summary", None)
        settings["system"] = self.model["system"]
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    @property
    def emotions(self) -> tuple[str, ...]:
        """What the model tells apart, in the order of its output: the seven, or with contempt.

        Raises:
            FerliteError: it tells other things apart.

        >>> load_recipe("residual_cnn", ["model.classes=8"]).emotions[-1]
        'contempt'
        """
        count = self.model["classes"]
        if self.data.dataset == "image_folder" or count not in (len(EMOTIONS), len(WITH_CONTEMPT)):
            raise FerliteError(
                f"{self.name} tells {count} classes apart that are not the seven emotions, nor "
                "these and contempt; another model can start from its weights: "
                "'ferlite train RECIPE --weights CKPT'"
            )
        return WITH_CONTEMPT[:count]

    @property
    def arguments(self) -> dict[str, Any]:
        """What the system's constructor is called with."""
        common = inspect.signature(Model).parameters
        return {key: value for key, value in self.model.items() if key not in common}


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


def by_dotted_key(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The settings of a recipe, named as `--set` names them.

    >>> by_dotted_key({"seed": 1, "training": {"epochs": 2}})
    {'seed': 1, 'training.epochs': 2}
    """
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= by_dotted_key(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def as_written(value: Any) -> str:
    """A setting's value as one would write it in a recipe or after `--set key=`.

    >>> as_written(1.0), as_written("sgd"), as_written([0.88, 1.14]), as_written(None)
    ('1', 'sgd', '[0.88, 1.14]', 'null')
    """
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value)


def recipe_from_dict(tree: Mapping[str, Any], where: str = "recipe") -> Recipe:
    """Check a nested mapping, such as `Recipe.as_dict` gives, and make it a `Recipe`.

    Raises:
        FerliteError: an unknown key, or a value of a wrong type or range; says which.
    """
    try:
        recipe = Recipe(**checked(Recipe, tree, ""))
        system = recipe.model.get("system")
        if not isinstance(system, str) or system not in SYSTEMS:
            raise FerliteError(
                f"model.system: {system!r} is not a known system{_nearest(str(system), SYSTEMS)}; "
                f"use one of {', '.join(SYSTEMS)}"
            )
        model = checked((Model, SYSTEMS[system]), recipe.model, "model", fill=True)
        if model["weights"] == "imagenet" and not hasattr(SYSTEMS[system], "imagenet"):
            raise FerliteError(f"model.weights: there are no ImageNet weights of {system}")
    except FerliteError as error:
        raise FerliteError(f"{where}: {error}") from None
    return replace(recipe, model=model)


def checked(
    target: Callable[..., Any] | tuple[Callable[..., Any], ...],
    tree: Any,
    path: str,
    *,
    fill: bool = False,
) -> dict[str, Any]:
    """Arguments for `target` out of `tree`, by the names, types and ranges of its signature.

    Several targets share the keys. With `fill`, arguments left out get the signature's defaults.

    Raises:
        FerliteError: names the dotted key, what is wrong with it, and the nearest valid name.
    """
    if tree is None:
        tree = {}
    if not isinstance(tree, Mapping):
        raise FerliteError(f"{path}: must be a mapping of keys to values, not {tree!r}")
    parameters: dict[str, inspect.Parameter] = {}
    hints: dict[str, Any] = {}
    for one in target if isinstance(target, tuple) else (target,):
        parameters |= inspect.signature(one).parameters
        function = one.__init__ if inspect.isclass(one) and not is_dataclass(one) else one
        hints |= get_type_hints(function, include_extras=True)
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
    return {key: arguments[key] for key in parameters if key in arguments}


def _convert(hint: Any, value: Any, dotted: str) -> Any:
    """`value` as the type `hint` asks for, or a `FerliteError` that names the key."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, bounds = get_args(hint)
        number = _convert(inner, value, dotted)
        for n in number if isinstance(number, tuple) else (number,):
            if not bounds.low <= n <= bounds.high:
                low, high = (
                    str(end) if isinstance(end, int) else f"{end:g}"
                    for end in (bounds.low, bounds.high)
                )
                raise FerliteError(f"{dotted}: {n} is outside {low} to {high}")
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
    if hint is Any:
        return value
    if isinstance(value, Mapping):
        _, inner = get_args(hint)
        return {str(key): _convert(inner, v, f"{dotted}.{key}") for key, v in value.items()}
    raise FerliteError(f"{dotted}: must be a mapping of keys to values, not {value!r}")


def _difference(now: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    """What of `now` is not as in `default`, at every level."""
    found: dict[str, Any] = {}
    for key, value in now.items():
        other = default.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            if below := _difference(value, other):
                found[key] = below
        elif key not in default or value != other:
            found[key] = value
    return found


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
