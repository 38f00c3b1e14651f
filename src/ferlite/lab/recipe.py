"""Recipes: one YAML file holds the whole protocol of one result, checked before anything runs."""

import difflib
import hashlib
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Annotated, Any, Final, Literal, TypeVar, get_type_hints

import yaml
from pydantic import BeforeValidator, Field, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError
from torch import nn

from ferlite.emotions import EMOTIONS, WITH_CONTEMPT
from ferlite.errors import FerliteError, RecipeError
from ferlite.lab import own, recipes
from ferlite.lab.models import system_of
from ferlite.lab.models.face_model import Scale
from ferlite.lab.section import Section, Share
from ferlite.lab.train.augment import Augmentation

DATASETS: Final = ("fer2013", "ferplus", "rafdb", "affectnet", "folder", "image_folder")
"""What `data.dataset` may be, beside a function of one's own."""
Precision = Annotated[Literal["32", "bf16"], BeforeValidator(str)]  # YAML reads 32 as a number
Positive = Annotated[float, Field(ge=1e-12, le=1e6)]
_Checked = TypeVar("_Checked", bound=Section)


class Data(Section):
    """What is learned from.

    Attributes:
        dataset: the kind of dataset (see docs/how-to/datasets.md) that the recipe is made for;
            where `--data` holds another kind, that is what is read. "folder" has one subfolder for
            each class; "image_folder" is any labelled images in train/<class>/ and val/<class>/,
            ImageNet's layout, read while training; "FILE.py:FUNCTION" is a function of one's own
            that takes the path and returns a `FaceDataset`.
        classes: what is told apart, where these are not the seven emotions; null is the seven, or
            of a folder whose subfolders are named after none of them, the subfolders' names.
        size: side in pixels at which faces from image files are kept in memory; null is the
            dataset's usual one.
        detect_faces: cut the images of a folder to the face that the built-in detector finds, as
            prediction does; where it finds none, the image is taken whole.
        votes: how FER+'s votes are learned; see `ferlite.lab.data.ferplus`.
        validation: which rows decide what is kept: the dataset's "own" validation rows; a share of
            the "train" rows (the own validation rows then stay unused); its own where it has any,
            and else that share ("auto"); or the "test" rows, which is a leak that some papers have.
        validation_share: the share of the train rows.
        stratified: whether the share is taken of each class, or of all rows together.
        haar_crop: cut every image to the largest face that a Haar cascade finds, and bring it back
            to its size; where none is found the image stays whole.
        drop_copies: leave out training rows that are byte-identical to a validation or test row.
        exclude: a list of rows to leave out, such as the exclude.csv that `ferlite audit` writes;
            only training rows, unless somebody lists others.
        votes_mix: share of FER+'s votes in the target of a training row of FER2013; its label has
            the rest. Training rows that show no face by those votes are left out. The votes
            (fer2013new.csv) must lie beside FER2013's table.
        votes_weight: weight of a second loss, beside 1 for that of the labels. Outputs of their own
            learn FER+'s votes for the seven emotions, so that one network answers both as
            FER2013's labels would and as ten people do. Needs what `votes_mix` needs.
    """

    dataset: str = "fer2013"
    classes: tuple[str, ...] | None = None
    size: Annotated[int, Field(ge=1, le=1024)] | None = None
    detect_faces: bool = False
    votes: Literal["majority", "probability", "crossentropy"] = "majority"
    validation: Literal["own", "train", "auto", "test"] = "own"
    validation_share: Annotated[float, Field(ge=0.01, le=0.9)] = 0.2
    stratified: bool = True
    haar_crop: bool = False
    drop_copies: bool = True
    exclude: str | None = None
    votes_mix: Share = 0.0
    votes_weight: Annotated[float, Field(ge=0, le=0.99)] = 0.0


class Model(Section):
    """The keys of every recipe's `model`; the others are the arguments of its system.

    Attributes:
        system: one of `SYSTEMS`, or "FILE.py:CLASS" for a network of one's own.
        scale: what black and white are to the network.
        weights: what training starts from: nothing (null), the library's "imagenet" weights, or a
            "file" that `--weights` must name. `--weights` may take the place of the others, too.
        channels: 1 for gray, 3 for RGB.
        size: height and width of the input in pixels.
        classes: how many classes are told apart.
    """

    system: str
    scale: Scale = "0..1"
    weights: Literal["imagenet", "file"] | None = None
    channels: Literal[1, 3] = 1
    size: Annotated[int, Field(ge=8, le=1024)] = 48
    classes: Annotated[int, Field(ge=2, le=100_000)] = 7


class Imbalance(Section):
    """What is done about rare classes.

    Attributes:
        class_weights: multiply the loss of a face by N / (K·n) for n of all N training faces in its
            class, one of K.
        faces_per_epoch: classes brought to a number of faces per epoch: all of their own, and
            augmented further draws of them, new ones every epoch. Other classes stay as they are.
        balanced: the same for every class, to the size of the largest.
        min_faces: an epoch shows at least so many faces, the same number of every class: small sets
            come several times, augmented anew.
        max_repeats: for that, the whole set comes no more than so many times; 0 for no limit.
        augment: whether "all" faces are augmented or only the "extra" draws.
    """

    class_weights: bool = False
    faces_per_epoch: dict[str, Annotated[int, Field(ge=1, le=10_000_000)]] = Field(
        default_factory=dict
    )
    balanced: bool = False
    min_faces: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    max_repeats: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    augment: Literal["all", "extra"] = "all"


class Optimizer(Section):
    """Gradient descent.

    Attributes:
        name: the rule; adamw decouples `weight_decay` from the step, the others do not.
        lr: the learning rate that `schedule` scales.
        trunk_lr: share of it for all layers but the last, which are called `classify`: what is
            learned already needs smaller steps than what begins anew (discriminative learning
            rates). 0 freezes them.
        weight_decay: of weights, not of biases and normalisation.
        momentum: sgd's.
        beta1: the same of adam and adamw: how much of the mean gradient a step keeps.
        sam_rho: radius of sharpness-aware minimisation (Foret et al. 2021; see
            `ferlite.lab.train.sam`), which doubles the time; 0 for plain steps.
    """

    name: Literal["adam", "adamw", "sgd"] = "adam"
    lr: Positive = 1e-3
    trunk_lr: Share = 1.0
    weight_decay: Share = 0.0
    momentum: Share = 0.9
    beta1: Annotated[float, Field(ge=0, le=0.9999)] = 0.9
    sam_rho: Annotated[float, Field(ge=0, le=10)] = 0.0


class Schedule(Section):
    """How the learning rate moves.

    Attributes:
        name: "constant"; "plateau" multiplies by `factor` after `patience` epochs without a better
            validation loss; "cosine" warms up linearly over `warmup` of all steps, then follows
            half a cosine to zero.
    """

    name: Literal["constant", "plateau", "cosine"] = "constant"
    factor: Annotated[float, Field(ge=0.01, le=0.99)] = 0.5
    patience: Annotated[int, Field(ge=0, le=1000)] = 3
    warmup: Annotated[float, Field(ge=0, le=0.9)] = 0.1


class Stopping(Section):
    """Which epoch's weights are kept, and when to give up.

    Attributes:
        monitor: the validation figure that decides.
        patience: stop after so many epochs without a better one; null never stops early.
        restore_best: keep the best epoch's weights instead of the last epoch's.
        keep_start: keep the network that training began with where the one that was trained has no
            better balanced accuracy on the validation rows.
    """

    monitor: Literal["val_loss", "val_accuracy"] = "val_loss"
    patience: Annotated[int, Field(ge=1, le=1000)] | None = None
    restore_best: bool = True
    keep_start: bool = False


class Training(Section):
    """The loop.

    Attributes:
        epochs: at most so many.
        batch_size: faces per step.
        loss: "cross_entropy", or "binary_cross_entropy": Keras's, of every class's probability on
            its own, averaged over the classes.
        precision: "32" or "bf16" (bfloat16 products under autocast, float32 weights).
        label_smoothing: share of every target spread over all classes.
        ema_decay: decay of the exponential moving average of the weights that is validated and
            kept (less in the first steps); 0 takes the last step's weights as they are.
        bn_recalibration: whether batch normalisation's statistics are measured anew after each
            epoch on training faces without augmentation; see `ferlite.lab.train.bn_recalibration`.
        cached_epochs: after so many epochs the same augmented faces come again, in the same
            batches, and what the network's frozen first layers make of them is remembered, which
            leaves the others to compute. 0 for new faces every epoch.
        freeze_bn: whether batch normalisation keeps the statistics that it begins with, as suits
            sets too small to measure them on.
        relu_after: over how many epochs the slopes of `sface`'s PReLUs fall to 0, evenly; from
            then on they are ReLUs, which take a file in int8 half the time. Weights of the last
            epoch are to be kept (`stopping.restore_best: false`), for before it another network
            was measured. 0 leaves the slopes.
        relu_blocks: of how many blocks, and of the convolution before them; the first see most
            pixels and take most of the time. 0 for all.
        relu_leaky: whether the slopes of a layer come to their mean, unless that is nearly 0: the
            layer is then a leaky ReLU, which takes a third of a PReLU's time.
    """

    epochs: Annotated[int, Field(ge=1, le=10_000)] = 30
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = 64
    loss: Literal["cross_entropy", "binary_cross_entropy"] = "cross_entropy"
    precision: Precision = "32"
    label_smoothing: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    ema_decay: Annotated[float, Field(ge=0, le=0.99999)] = 0.0
    bn_recalibration: bool = False
    cached_epochs: Annotated[int, Field(ge=0, le=1000)] = 0
    freeze_bn: bool = False
    relu_after: Annotated[int, Field(ge=0, le=1000)] = 0
    relu_blocks: Annotated[int, Field(ge=0, le=100)] = 0
    relu_leaky: bool = False


class Distillation(Section):
    """What is learned from teachers (Hinton et al. 2015), which `--teacher` names.

    Student and teachers see the same augmented faces (Beyer et al. 2022).

    Attributes:
        alpha: share of the loss against the mean of the teachers' answers; labels have the rest.
        temperature: logits of teachers and student are divided by it before they are compared.
        cached_epochs: after so many epochs the same augmented faces come again, in the same
            batches, and the teachers' answers to them are remembered: a teacher many times larger
            than the student then costs little. 0 for new ones every epoch.
        votes_alpha: as `alpha`, of the second loss that `data.votes_weight` brings: of those
            teachers that learned votes, too; the votes have the rest.
        flip_tta: whether the teachers see every face and its mirror image, and answer with the mean
            of both, which has a lower log loss and takes twice the time.
        feature_weight: weight of a loss for the features that the teachers' last layers see and
            that cannot be guessed from those that the student's sees (Romero et al. 2015).
    """

    alpha: Share = 0.0
    temperature: Annotated[float, Field(ge=0.1, le=100)] = 1.0
    cached_epochs: Annotated[int, Field(ge=0, le=1000)] = 0
    votes_alpha: Share = 0.0
    flip_tta: bool = False
    feature_weight: Annotated[float, Field(ge=0, le=100)] = 0.0

    @property
    def taught(self) -> bool:
        """Whether anything is learned from teachers."""
        return bool(self.alpha or self.votes_alpha or self.feature_weight)


class Recipe(Section):
    """Everything that decides a training run, apart from where the data lies.

    Attributes:
        name: what the result is called.
        summary: one line for people.
        seed: decides split, initial weights, order, augmentation and dropout.
        model: the keys of `Model` and the arguments of its system, every one of them.
    """

    name: str
    summary: str = ""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 42
    data: Data = Data()
    model: dict[str, Any] = Field(default_factory=dict)
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    stopping: Stopping = Stopping()
    training: Training = Training()
    imbalance: Imbalance = Imbalance()
    augmentation: Augmentation = Augmentation()
    distillation: Distillation = Distillation()

    def as_dict(self) -> dict[str, Any]:
        """The whole recipe with every default filled in, ready for JSON or YAML."""
        return self.model_dump(mode="json")

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
    def repeats_after(self) -> int:
        """After how many epochs the same faces come again, in the same batches; 0 for never."""
        return self.distillation.cached_epochs or self.training.cached_epochs

    @property
    def classes(self) -> tuple[str, ...]:
        """What the model tells apart, in the order of its output.

        That is `data.classes`, or else the seven emotions, or these and contempt.

        Raises:
            RecipeError: it tells other things apart, and nobody said which.

        >>> load_recipe("residual_cnn", ["model.classes=8"]).classes[-1]
        'contempt'
        """
        count = self.model["classes"]
        if self.data.classes is not None:
            return self.data.classes
        if self.data.dataset == "image_folder" or count not in (len(EMOTIONS), len(WITH_CONTEMPT)):
            raise RecipeError(
                f"{self.name} tells {count} classes apart that are not the seven emotions, nor "
                "these and contempt; another model can start from its weights: "
                "'ferlite train RECIPE --weights CKPT'"
            )
        return WITH_CONTEMPT[:count]

    @property
    def arguments(self) -> dict[str, Any]:
        """What the system's constructor is called with."""
        taken = inspect.signature(system_of(self.model["system"])).parameters
        return {key: value for key, value in self.model.items() if key in taken}


RENAMED: Final = {
    "optimizer.sharpness": "optimizer.sam_rho",
    "training.average": "training.ema_decay",
    "training.statistics": "training.bn_recalibration",
    "distillation.share": "distillation.alpha",
    "distillation.voted_share": "distillation.votes_alpha",
    "distillation.lessons": "distillation.cached_epochs",
    "distillation.features": "distillation.feature_weight",
    "distillation.mirrored": "distillation.flip_tta",
    "data.voted": "data.votes_weight",
    "data.second_opinion": "data.votes_mix",
}
"""What keys were called before ferlite 0.2, and what they are called now."""


def modernised(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe stored by an older ferlite, with the keys of this one; any other as it is.

    >>> modernised({"training": {"statistics": "clean", "epochs": 3}})
    {'training': {'bn_recalibration': True, 'epochs': 3}}
    """

    def renamed(section: str, key: str, value: Any) -> tuple[str, Any]:
        if f"{section}.{key}" == "training.statistics":
            value = value == "clean"
        return RENAMED.get(f"{section}.{key}", f"{section}.{key}").partition(".")[2], value

    return {
        section: dict(renamed(section, k, v) for k, v in keys.items())
        if isinstance(keys, Mapping)
        else keys
        for section, keys in tree.items()
    }


def read_recipe(name: str, settings: Iterable[str] = ()) -> dict[str, Any]:
    """A recipe's keys as they stand in its file, changed by "key.key=value" settings.

    Args:
        name: a recipe's name; a .yaml file; or a .json file of a result, whose recipe is meant.
        settings: as `--set` takes them.

    Raises:
        RecipeError: no such recipe, or not a readable one.
    """
    path = recipes.find(name)
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), _Yaml)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: not a readable file ({_one_line(error)})") from None
    if path.suffix == ".json" and isinstance(tree, dict) and "recipe" in tree:
        tree = tree["recipe"]
    if not isinstance(tree, dict):
        raise RecipeError(f"{path}: a recipe is a mapping of keys to values")
    return with_settings(tree, settings)


def with_settings(tree: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """A recipe's keys changed by "key.key=value" settings, whose values are YAML.

    >>> with_settings({"seed": 1}, ["training.epochs=3"])
    {'seed': 1, 'training': {'epochs': 3}}

    Raises:
        RecipeError: a setting is not written like that.
    """
    changed = deepcopy(dict(tree))
    for setting in settings:
        _set(changed, setting)
    return changed


def load_recipe(name: str, settings: Iterable[str] = ()) -> Recipe:
    """`read_recipe`, checked whole.

    >>> load_recipe("residual_cnn", ["training.epochs=2"]).training.epochs
    2

    Raises:
        RecipeError: also an unknown key, or a value of a wrong type or range; says which.
    """
    return recipe_from_dict(read_recipe(name, settings), where=recipes.find(name).name)


def recipe_from_dict(tree: Mapping[str, Any], where: str = "recipe") -> Recipe:
    """Check a nested mapping, such as `Recipe.as_dict` gives, and make it a `Recipe`.

    Raises:
        RecipeError: an unknown key, or a value of a wrong type or range; says which.
    """
    try:
        recipe = checked(Recipe, tree)
        if recipe.data.dataset not in DATASETS and not own.is_own(recipe.data.dataset):
            near = _nearest(recipe.data.dataset, DATASETS)
            raise RecipeError(
                f"data.dataset: {recipe.data.dataset!r} is not one of {', '.join(DATASETS)}{near}, "
                "nor FILE.py:FUNCTION"
            )
        system = recipe.model.get("system")
        if system is None:
            raise RecipeError("model.system: is missing")
        builds = system_of(system)
        classes = recipe.data.classes
        named = {} if classes is None else {"classes": len(classes)}
        model = checked(_keys_of(system, builds), named | recipe.model, "model.").model_dump()
        if model["weights"] == "imagenet" and not hasattr(builds, "imagenet"):
            raise RecipeError(f"model.weights: there are no ImageNet weights of {system}")
        if classes is not None and len(set(classes)) != model["classes"]:
            raise RecipeError(
                f"data.classes: must be {model['classes']} different names, as many as "
                f"model.classes says, not {', '.join(classes)}"
            )
    except FerliteError as error:
        raise RecipeError(f"{where}: {error}") from None
    return recipe.model_copy(update={"model": model})


def checked(section: type[_Checked], tree: Any, path: str = "") -> _Checked:
    """`section.model_validate(tree)`, with what is wrong said in one sentence.

    Raises:
        RecipeError: names the dotted key, what is wrong with it, and the nearest valid name.
    """
    try:
        return section.model_validate(tree)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
    *parents, key = map(str, wrong["loc"]) if wrong["loc"] else [path.rstrip(".")]
    dotted = ".".join([*parents, key]) if not wrong["loc"] else f"{path}{'.'.join([*parents, key])}"
    match wrong["type"]:
        case "missing":
            raise RecipeError(f"{dotted}: is missing")
        case "extra_forbidden" if dotted in RENAMED:
            hint = " (clean is now true)" if key == "statistics" else ""
            raise RecipeError(f"{dotted} is now {RENAMED[dotted]}{hint}")
        case "extra_forbidden":
            keys = _section_at(section, parents).model_fields
            raise RecipeError(
                f"{dotted}: there is no such key{_nearest(key, keys)}; "
                f"the keys here are {', '.join(keys)}"
            )
        case "model_type" | "model_attributes_type" | "dict_type":
            what = "must be a mapping of keys to values"
        case "tuple_type":
            what = "must be a list"
        case _:
            what = str(wrong["msg"]).replace("Input should ", "must ").replace("Field ", "must ")
    near = ""
    if wrong["type"] == "literal_error":
        near = _nearest(str(wrong["input"]), re.findall(r"'([^']*)'", wrong["msg"]))
    raise RecipeError(f"{dotted}: {what}, not {wrong['input']!r}{near}")


def _section_at(section: type[Section], parents: list[str]) -> type[Section]:
    for parent in parents:
        below = section.model_fields[parent].annotation
        assert isinstance(below, type)
        assert issubclass(below, Section)
        section = below
    return section


def _keys_of(name: str, builds: Callable[..., nn.Module]) -> type[Model]:
    """What a recipe may say under `model` of a system: the arguments of its constructor, too.

    Raises:
        RecipeError: an argument has no type, or one that cannot be written in YAML.
    """
    arguments = [
        argument
        for argument in inspect.signature(builds).parameters.values()
        if argument.kind not in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD)
    ]
    types = get_type_hints(
        builds.__init__ if inspect.isclass(builds) else builds, include_extras=True
    )
    fields: dict[str, Any] = {}
    for argument in arguments:
        if argument.name not in types:
            raise RecipeError(
                f"{name}: its argument {argument.name!r} has no type, which recipes are checked "
                f"by; write it as '{argument.name}: int = 32', or whatever it is"
            )
        needed = argument.default is argument.empty
        fields[argument.name] = types[argument.name], ... if needed else argument.default
    if "classes" not in fields:
        raise RecipeError(
            f"{name}: takes no argument 'classes', which says how many its last layer tells apart; "
            "add 'classes: int = 7'"
        )
    try:
        return create_model("model", __base__=Model, **fields)
    except PydanticSchemaGenerationError:
        raise RecipeError(
            f"{name}: an argument of its __init__ is of a type that a recipe cannot hold; use "
            "numbers, text, true or false, or tuples of these"
        ) from None


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


class _Yaml(yaml.SafeLoader):
    """YAML 1.1, but 1e-3 is a number as in YAML 1.2."""


_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


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
        raise RecipeError(f"--set {setting!r}: write it as key=value, such as training.epochs=10")
    try:
        value = yaml.load(text, _Yaml)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {setting!r}: {_one_line(error)}") from None
    *parents, last = dotted.strip().split(".")
    for key in parents:
        below = tree.setdefault(key, {})
        if not isinstance(below, dict):
            raise RecipeError(f"--set {setting!r}: {key} holds a value, not keys")
        tree = below
    tree[last] = value


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {found[0]!r}?)" if found else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
