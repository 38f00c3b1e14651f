"""Normalisation layers take for usual what faces are like that nobody changed."""

from pathlib import Path

import pytest
import torch
from torch import nn

from ferlite.errors import FerliteError
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.bn_recalibration import evenly, measure_statistics
from ferlite.lab.train.checkpoint import load_model
from ferlite.lab.train.loop import load_data, train

SMALL = [
    "training.epochs=2", "training.precision=32", "training.batch_size=20", "model.blocks=1",
    "training.ema_decay=0.9", "augmentation.rotation=20", "augmentation.zoom=[0.7, 1.4]",
    "stopping.restore_best=false",
]  # fmt: skip


def test_measured_layers_bring_what_they_measured_to_mean_0_and_variance_1() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5))
    faces = torch.rand(32, 1, 8, 8)
    measure_statistics(network, network, [faces])
    found = network(faces)
    assert torch.allclose(found.mean((0, 2, 3)), torch.zeros(4), atol=1e-5)
    assert torch.allclose(found.var((0, 2, 3)), torch.ones(4), atol=1e-2)


def test_every_batch_counts_as_much_and_later_training_goes_on_as_before() -> None:
    layer = nn.BatchNorm2d(1, momentum=0.3)
    measure_statistics(layer, layer, [torch.full((4, 1, 2, 2), value) for value in (1.0, 3.0)])
    assert layer.running_mean is not None
    assert layer.running_mean.item() == pytest.approx(2)
    assert layer.momentum == 0.3
    assert not layer.training


@pytest.mark.parametrize(("faces", "kept"), [(10, 10), (100, 20), (23, 20)])
def test_the_faces_measured_on_are_spread_over_all(faces: int, kept: int) -> None:
    found = evenly(torch.arange(faces), most=20)
    assert len(found) == kept == len(found.unique())
    assert found[0] == 0
    assert found[-1] >= faces - faces / 10 - 1


def test_statistics_are_those_of_unchanged_training_faces_and_weights_are_untouched(
    easy_data: Path, tmp_path: Path
) -> None:
    learned = load_recipe("tests/lab/recipes/small.yaml", SMALL)
    clean = load_recipe("tests/lab/recipes/small.yaml", [*SMALL, "training.bn_recalibration=true"])
    for recipe, name in ((learned, "learned"), (clean, "clean")):
        train(recipe, easy_data, tmp_path / name)
    kept, as_learned = (
        load_model(tmp_path / name / "checkpoints" / "last.ckpt") for name in ("clean", "learned")
    )
    for (name, ours), (_, theirs) in zip(
        kept.named_parameters(), as_learned.named_parameters(), strict=True
    ):
        assert torch.equal(ours, theirs), name
    first = next(layer for layer in kept.modules() if isinstance(layer, nn.BatchNorm2d))
    found = first.running_mean
    assert found is not None
    found = found.clone()
    dataset = load_data(clean, easy_data).dataset
    faces = torch.from_numpy(dataset.images_NHW[dataset.rows("train")])[:, None].float() / 255
    measure_statistics(kept, kept.all_logits, faces.split(20))
    assert first.running_mean is not None
    assert torch.allclose(first.running_mean, found, atol=1e-5)
    other = next(layer for layer in as_learned.modules() if isinstance(layer, nn.BatchNorm2d))
    assert other.running_mean is not None
    assert not torch.allclose(other.running_mean, found, atol=1e-3)


def test_pictures_on_the_disk_cannot_be_measured_on(tmp_path: Path) -> None:
    recipe = load_recipe(
        "dlfer_source", ["training.bn_recalibration=true", "model.classes=2", "model.weights=null"]
    )
    with pytest.raises(FerliteError, match=r"training\.bn_recalibration: needs faces in memory"):
        train(recipe, tmp_path, tmp_path / "run")
