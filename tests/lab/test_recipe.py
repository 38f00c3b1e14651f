"""A recipe is checked whole before anything runs, and says what is wrong with it."""

from pathlib import Path

import pytest
import yaml

from ferlite.errors import FerliteError
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
        ],
    )
    assert recipe.data.drop_copies is False
    assert recipe.optimizer.lr == 3e-4
    assert recipe.augmentation.zoom == (0.9, 1.1)
    assert recipe.stopping.patience is None
    assert recipe.training.precision == "32"
    assert recipe.model["blocks"] == 4


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("trainin.epochs=3", r"trainin: there is no such key \(did you mean 'training'\?\)"),
        ("model.shortcut=true", r"model\.shortcut: .*did you mean 'shortcuts'"),
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
