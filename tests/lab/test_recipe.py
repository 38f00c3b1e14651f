"""A recipe is checked whole before anything runs, and says what is wrong with it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from ferlite.errors import RecipeError
from ferlite.lab import recipes
from ferlite.lab.models import SYSTEMS
from ferlite.lab.recipe import (
    RENAMED,
    by_dotted_key,
    load_recipe,
    modernised,
    read_recipe,
    recipe_from_dict,
)  # fmt: skip
from ferlite.lab.train.finetune import recipe_for


@pytest.mark.parametrize("name", recipes.shipped())
def test_every_shipped_recipe_is_valid_says_how_to_run_it_and_survives_yaml(name: str) -> None:
    recipe, _ = recipe_for(name, name=name)
    assert recipe.name == name
    assert recipe.summary
    assert f"ferlite train {name} --data" in recipes.find(name).read_text()
    again = recipe_from_dict(yaml.safe_load(yaml.safe_dump(recipe.as_dict())))
    assert again == recipe
    assert again.sha256 == recipe.sha256


def test_the_papers_protocol_is_in_its_recipe() -> None:
    recipe = load_recipe("residual_cnn")
    assert (recipe.optimizer.name, recipe.optimizer.lr) == ("adam", 1e-3)
    assert (recipe.training.batch_size, recipe.training.epochs) == (64, 30)
    how = recipe.schedule
    assert (how.name, how.factor, how.patience) == ("plateau", 0.5, 3)
    assert (recipe.stopping.patience, recipe.stopping.restore_best) == (6, True)


PROTOCOLS = {
    "light_emonet": ("adam", 1e-3, 32, 50, "0..1", "plateau", "own"),
    "clcm": ("adam", 1e-4, 64, 100, "-1..1", "constant", "train"),
    "mobilenet_v2": ("adam", 1e-4, 64, 100, "-1..1", "constant", "train"),
    "shufflenet_v2": ("adam", 1e-4, 64, 100, "-1..1", "constant", "train"),
    "dlfer": ("adam", 1e-3, 32, 60, "0..1", "constant", "train"),
}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_papers_protocol_is_in_its_recipe(name: str) -> None:
    r = load_recipe(name)
    assert PROTOCOLS[name] == (
        r.optimizer.name,
        r.optimizer.lr,
        r.training.batch_size,
        r.training.epochs,
        r.model["scale"],
        r.schedule.name,
        r.data.validation,
    )
    assert r.model["size"] == (48 if name == "light_emonet" else 224)
    assert r.stopping.monitor == "val_accuracy"
    assert r.stopping.restore_best


@pytest.mark.parametrize(
    ("name", "base", "keys"),
    [
        ("residual_cnn_gap", "residual_cnn", {"model.head"}),
        ("residual_cnn_no_shortcuts", "residual_cnn", {"model.shortcuts"}),
        ("residual_cnn_rgb", "residual_cnn", {"model.channels"}),
        ("residual_cnn_96", "residual_cnn", {"model.size"}),
        (
            "residual_cnn_augmented",
            "residual_cnn",
            {f"augmentation.{key}" for key in ("flip", "rotation", "shift", "zoom")},
        ),
        ("residual_cnn_four_blocks", "residual_cnn", {"model.blocks"}),
        ("residual_cnn_no_dropout", "residual_cnn", {"model.dropout"}),
        ("dlfer_scratch", "dlfer", {"model.weights"}),
        ("dlfer_cross_entropy", "dlfer", {"training.loss"}),
    ],
)
def test_an_ablation_changes_one_thing(name: str, base: str, keys: set[str]) -> None:
    one, other = (by_dotted_key(load_recipe(n).as_dict()) for n in (name, base))
    changed = {k for k in one | other if one.get(k) != other.get(k)}
    assert changed - {"name", "summary"} == keys


def test_the_hash_follows_the_settings_and_not_the_name() -> None:
    base = load_recipe("residual_cnn")
    # Written down, because runs carry it: new keys must not change it.
    assert base.sha256.startswith("8b3634ee2adefce7")
    assert load_recipe("residual_cnn", ["name=other"]).sha256 == base.sha256
    assert load_recipe("residual_cnn", ["seed=7"]).sha256 != base.sha256
    # A default spelled out is no change.
    assert load_recipe("residual_cnn", ["model.shortcuts=true"]).sha256 == base.sha256
    before = base.as_dict()
    del before["imbalance"], before["model"]["scale"], before["data"]["validation"]
    assert recipe_from_dict(before) == base


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_builds_from_nothing_but_its_name(system: str) -> None:
    recipe = recipe_from_dict({"name": "x", "model": {"system": system}})
    assert {"system", "scale", "weights", "channels", "size", "classes"} <= recipe.model.keys()
    assert not {"system", "scale", "weights"} & recipe.arguments.keys()
    SYSTEMS[system](**recipe.arguments)


def test_settings_reach_every_level_and_type() -> None:
    recipe = load_recipe(
        "residual_cnn",
        [
            "data.drop_copies=false", "data.classes=[bored, awake]", "optimizer.lr=3e-4",
            "augmentation.zoom=[0.9, 1.1]", "stopping.patience=null", "training.precision=32",
            "model.blocks=4", "imbalance.faces_per_epoch.fear=9000", "model.scale=-1..1",
        ],
    )  # fmt: skip
    assert recipe.data.drop_copies is False
    assert recipe.classes == ("bored", "awake")
    assert recipe.model["classes"] == 2
    assert recipe.optimizer.lr == 3e-4
    assert recipe.augmentation.zoom == (0.9, 1.1)
    assert recipe.stopping.patience is None
    assert recipe.training.precision == "32"
    assert recipe.model["blocks"] == 4
    assert recipe.imbalance.faces_per_epoch == {"fear": 9000}
    assert recipe.model["scale"] == "-1..1"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("trainin.epochs=3", r"trainin: there is no such key \(did you mean 'training'\?\)"),
        ("model.shortcut=true", r"model\.shortcut: .*did you mean 'shortcuts'"),
        ("seed=-1", r"seed: must be greater than or equal to 0, not -1"),
        ("training.epochs=1.5", r"training\.epochs: must be a valid integer, not 1\.5"),
        ("training.epochs=true", r"training\.epochs: must be a valid integer, not True"),
        ("data.drop_copies=1", r"data\.drop_copies: must be a valid boolean, not 1"),
        ("optimizer.lr=fast", r"optimizer\.lr: must be a valid number, not 'fast'"),
        ("optimizer.lr=.nan", r"optimizer\.lr: must be a finite number, not nan"),
        ("optimizer.name=adma", r"must be 'adam', .*, not 'adma' \(did you mean 'adam'\?\)"),
        ("augmentation.zoom=2", r"augmentation\.zoom: must be a list, not 2"),
        ("augmentation.zoom=[1, 20]", r"zoom\.1: must be less than or equal to 10, not 20"),
        ("model.system=residualcnn", r"not a known system \(did you mean 'residual_cnn'\?\)"),
        ("model.weights=imagenet", r"there are no ImageNet weights of residual_cnn"),
        ("imbalance.faces_per_epoch=9", r"faces_per_epoch: must be a mapping"),
        ("imbalance.class_weight=true", r"did you mean 'class_weights'"),
        ("data.dataset=fer2014", r"data\.dataset: 'fer2014' is not one of .*'fer2013'"),
        ("data.classes=[a, a]", r"data\.classes: must be 2 different names"),
        ("model=none", r"model: must be a mapping"),
        ("training=3", r"training: must be a mapping of keys to values, not 3"),
        ("name=3", r"name: must be a valid string, not 3"),
        ("epochs", r"write it as key=value"),
        ("name.x=3", r"name holds a value, not keys"),
        ("seed=[", r"--set 'seed=\['"),
        ("training.statistics=clean", r"is now training\.bn_recalibration \(clean is now true\)"),
    ],
)
def test_a_wrong_setting_gets_one_sentence(setting: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence) as error:
        load_recipe("residual_cnn", [setting])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_key_is_refused_with_its_new_name_and_read_where_it_is_stored(
    old: str, new: str
) -> None:
    with pytest.raises(RecipeError, match=rf"{old} is now {new}"):
        load_recipe("residual_cnn", [f"{old}=0.5"])
    section, _, key = old.partition(".")
    assert list(by_dotted_key(modernised({section: {key: 0.5}}))) == [new]


@pytest.mark.parametrize("content", [b"- a\n- b\n", b"a: [1\n", b"\xff\xfe\x00", b"", b"name: x\n"])
def test_a_file_that_is_no_recipe_gets_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"mine\.yaml") as error:
        load_recipe(str(path))
    assert "\n" not in str(error.value)


def test_a_wrong_name_is_told_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="did you mean 'residual_cnn'"):
        load_recipe("residual_cn")
    with pytest.raises(RecipeError, match="no such recipe file"):
        load_recipe("nowhere/mine.yaml")


def test_a_result_is_a_recipe_too(tmp_path: Path) -> None:
    recipe = load_recipe("residual_cnn", ["training.epochs=7"])
    file = tmp_path / "a_trial.json"
    file.write_text(json.dumps({"kind": "training", "recipe": recipe.as_dict()}))
    assert load_recipe(str(file)) == recipe
    assert read_recipe(str(file), ["seed=3"])["seed"] == 3


OWN = """
import torch
from torch import nn


class Mine(nn.Module):
    def __init__(self, *, width: int = 8, classes: int = 7) -> None:
        super().__init__()
        self.classify = nn.Linear(48 * 48, classes)

    def forward(self, x):
        return self.classify(x.flatten(1))


class Untyped(nn.Module):
    def __init__(self, width=8, classes: int = 7):
        super().__init__()


class Unbound(nn.Module):
    pass
"""


def test_a_network_of_one_s_own_brings_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "my_net.py"
    file.write_text(OWN)
    recipe, _ = recipe_for("residual_cnn", ["model.width=4"], None, f"{file}:Mine", name="mine")
    assert (recipe.name, recipe.model["width"], recipe.optimizer.lr) == ("mine", 4, 1e-3)
    assert recipe.arguments == {"width": 4, "classes": 7}
    for name, sentence in (
        ("Untyped", "its argument 'width' has no type"),
        ("Unbound", "takes no argument 'classes'"),
        ("Missing", "there is no class or function Missing"),
    ):
        with pytest.raises(RecipeError, match=sentence):
            recipe_for("residual_cnn", (), None, f"{file}:{name}")
    broken = shutil.copy(file, tmp_path / "broken.py")
    Path(broken).write_text("import nothing_of_that_name")
    for path, sentence in ((broken, "cannot be run"), ("nowhere.py", "there is no such file")):
        with pytest.raises(RecipeError, match=sentence):
            recipe_for("residual_cnn", (), None, f"{path}:Mine")


TRAINED = [
    result
    for path in sorted((recipes.FOLDER.parents[3] / "results").rglob("*.json"))
    if (result := json.loads(path.read_text())).get("kind") == "training"
]


@pytest.mark.parametrize("result", TRAINED, ids=lambda r: r["name"])
def test_the_recipe_in_a_published_result_is_the_one_its_hash_tells_of(
    result: dict[str, Any],
) -> None:
    assert recipe_from_dict(result["recipe"]).sha256 == result["recipe_sha256"]
