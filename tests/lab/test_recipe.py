"""A recipe is checked whole before anything runs, and says what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ferlite.errors import FerliteError
from ferlite.lab.models import SYSTEMS
from ferlite.lab.recipe import RECIPES, load_recipe, recipe_from_dict

SHIPPED = sorted(path.stem for path in RECIPES.glob("*.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_is_valid_and_says_how_to_run_it(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.summary
    assert f"ferlite train {name} --data" in (RECIPES / f"{name}.yaml").read_text()


def test_the_papers_protocol_is_in_its_recipe() -> None:
    recipe = load_recipe("residual_cnn")
    assert (recipe.optimizer.name, recipe.optimizer.lr) == ("adam", 1e-3)
    assert (recipe.training.batch_size, recipe.training.epochs) == (64, 30)
    assert (recipe.schedule.name, recipe.schedule.factor, recipe.schedule.patience) == (
        "plateau",
        0.5,
        3,
    )
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


def changed(name: str, base: str) -> set[str]:
    """The dotted keys in which two recipes differ."""

    def flat(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in tree.items():
            found |= (
                flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
            )
        return found

    one, other = (flat(load_recipe(n).as_dict()) for n in (name, base))
    return {k for k in one | other if one.get(k) != other.get(k)} - {"name", "summary"}


@pytest.mark.parametrize(
    ("name", "base", "keys"),
    [
        ("residual_cnn_gap", "residual_cnn", {"model.head"}),
        ("residual_cnn_no_shortcuts", "residual_cnn", {"model.shortcuts"}),
        ("residual_cnn_rgb", "residual_cnn", {"model.channels"}),
        ("residual_cnn_96", "residual_cnn", {"model.size"}),
        ("residual_cnn_four_blocks", "residual_cnn", {"model.blocks"}),
        ("residual_cnn_no_dropout", "residual_cnn", {"model.dropout"}),
        ("dlfer_scratch", "dlfer", {"model.weights"}),
        ("dlfer_cross_entropy", "dlfer", {"training.loss"}),
    ],
)
def test_an_ablation_changes_one_thing(name: str, base: str, keys: set[str]) -> None:
    assert changed(name, base) == keys


def test_light_emonet_plain_lacks_the_handling_of_imbalance_and_nothing_else() -> None:
    keys = changed("light_emonet_plain", "light_emonet")
    assert {key.partition(".")[0] for key in keys} == {"imbalance", "augmentation"}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recipe_written_out_and_read_back_is_the_same(name: str) -> None:
    recipe = load_recipe(name)
    again = recipe_from_dict(yaml.safe_load(yaml.safe_dump(recipe.as_dict())))
    assert again == recipe
    assert again.sha256 == recipe.sha256


def test_the_hash_follows_the_settings_and_not_the_name() -> None:
    base = load_recipe("residual_cnn")
    assert load_recipe("residual_cnn", ["name=other"]).sha256 == base.sha256
    assert load_recipe("residual_cnn", ["seed=7"]).sha256 != base.sha256
    # A default spelled out is no change.
    assert load_recipe("residual_cnn", ["model.shortcuts=true"]).sha256 == base.sha256


def test_a_recipe_stored_before_a_key_existed_is_still_the_same_recipe() -> None:
    recipe = load_recipe("residual_cnn")
    before = recipe.as_dict()
    del before["imbalance"], before["model"]["scale"], before["data"]["validation"]
    assert recipe_from_dict(before) == recipe
    assert recipe_from_dict(before).sha256 == recipe.sha256


# Written down, because runs and shipped models carry them: new keys must not change them.
HASHES = {
    "residual_cnn": "8b3634ee2adefce7",
    "residual_cnn_gap": "a610c357bc0850c2",
}


@pytest.mark.parametrize("name", HASHES)
def test_published_recipes_keep_their_hashes(name: str) -> None:
    assert load_recipe(name).sha256[:16] == HASHES[name]


def test_two_systems_with_all_defaults_have_two_hashes() -> None:
    hashes = {recipe_from_dict({"name": n, "model": {"system": n}}).sha256 for n in SYSTEMS}
    assert len(hashes) == len(SYSTEMS)


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
            "data.drop_copies=false",
            "optimizer.lr=3e-4",
            "augmentation.zoom=[0.9, 1.1]",
            "stopping.patience=null",
            "training.precision=32",
            "model.blocks=4",
            "imbalance.faces_per_epoch.fear=9000",
            "model.scale=-1..1",
        ],
    )
    assert recipe.data.drop_copies is False
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
        ("seed=-1", r"seed: -1 is outside 0 to 2147483647"),
        ("training.epochs=0", r"training\.epochs: 0 is outside 1 to 10000"),
        ("training.epochs=1.5", r"training\.epochs: must be a whole number, not 1\.5"),
        ("training.epochs=true", r"training\.epochs: must be a whole number"),
        ("data.drop_copies=1", r"data\.drop_copies: must be true or false, not 1"),
        ("optimizer.lr=fast", r"optimizer\.lr: must be a number, not 'fast'"),
        ("optimizer.lr=.nan", r"optimizer\.lr: nan is outside"),
        ("optimizer.name=adma", r"'adma' is not one of adam, adamw, sgd \(did you mean 'adam'"),
        ("augmentation.zoom=2", r"augmentation\.zoom: must be a list of 2 numbers"),
        ("augmentation.zoom=[1, 20]", r"augmentation\.zoom: 20\.0 is outside"),
        ("model.system=residualcnn", r"not a known system \(did you mean 'residual_cnn'\?\)"),
        ("model.scale=0..2", r"model\.scale: '0\.\.2' is not one of 0\.\.1, -1\.\.1, imagenet"),
        ("model.weights=imagenet", r"there are no ImageNet weights of residual_cnn"),
        ("imbalance.faces_per_epoch=9", r"faces_per_epoch: must be a mapping"),
        ("imbalance.faces_per_epoch.fear=0", r"faces_per_epoch\.fear: 0 is outside"),
        ("imbalance.class_weight=true", r"did you mean 'class_weights'"),
        ("data.validation=train20", r"data\.validation: .*did you mean 'train'"),
        ("training.loss=bce", r"training\.loss: 'bce' is not one of cross_entropy, binary"),
        ("model=none", r"model: must be a mapping"),
        ("training=3", r"training: must be a mapping of keys to values, not 3"),
        ("name=3", r"name: must be text, not 3"),
        ("epochs", r"write it as key=value"),
        ("=3", r"write it as key=value"),
        ("name.x=3", r"name holds a value, not keys"),
        ("seed=[", r"--set 'seed=\['"),
    ],
)
def test_a_wrong_setting_gets_one_sentence(setting: str, sentence: str) -> None:
    with pytest.raises(FerliteError, match=sentence) as error:
        load_recipe("residual_cnn", [setting])
    assert "\n" not in str(error.value)


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(FerliteError, match="did you mean 'residual_cnn'"):
        load_recipe("residual_cn")


@pytest.mark.parametrize("content", [b"- a\n- b\n", b"a: [1\n", b"\xff\xfe\x00", b"", b"name: x\n"])
def test_a_file_that_is_no_recipe_gets_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(FerliteError, match=r"mine\.yaml") as error:
        load_recipe(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_said() -> None:
    with pytest.raises(FerliteError, match="no such recipe file"):
        load_recipe("nowhere/mine.yaml")


TRAINED = [
    result
    for path in sorted((RECIPES.parents[3] / "results").glob("*.json"))
    if (result := json.loads(path.read_text())).get("kind") == "training"
]


@pytest.mark.parametrize("result", TRAINED, ids=lambda r: r["name"])
def test_the_recipe_in_a_published_result_is_the_one_its_hash_tells_of(
    result: dict[str, Any],
) -> None:
    assert recipe_from_dict(result["recipe"]).sha256 == result["recipe_sha256"]
