"""A sharpness-aware step goes by the gradients uphill from where the weights stand."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.checkpoint import read_checkpoint
from ferlite.lab.train.loop import train
from ferlite.lab.train.module import TrainingModule
from ferlite.lab.train.sam import uphill


def values(model: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def gradients(model: nn.Module) -> Tensor:
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@given(distance=st.floats(1e-3, 10), seed=st.integers(0, 1000))
def test_the_move_is_along_all_gradients_together_and_as_long_as_asked(
    distance: float, seed: int
) -> None:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    model(torch.randn(4, 3)).square().sum().backward()
    before = values(model)
    with uphill(model, distance):
        moved = values(model) - before
    assert moved.norm().item() == pytest.approx(distance, rel=1e-3)
    assert functional.cosine_similarity(moved, gradients(model), 0).item() > 0.999
    assert torch.equal(values(model), before)


def test_weights_come_back_after_an_error_too_and_frozen_ones_never_move() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model[0].requires_grad_(False)
    model(torch.ones(1, 2)).sum().backward()
    before = values(model)

    def interrupted() -> None:
        with uphill(model, 1.0):
            assert torch.equal(values(model[0]), before[:6])
            assert not torch.equal(values(model[1]), before[6:])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert torch.equal(values(model), before)


def test_a_network_that_has_learned_all_stays_where_it_is() -> None:
    model = nn.Linear(2, 1)
    (model(torch.ones(1, 2)) * 0).sum().backward()
    before = values(model)
    with uphill(model, 1.0):
        assert torch.equal(values(model), before)


def test_batch_normalisation_remembers_nothing_of_the_way_up() -> None:
    layer = nn.BatchNorm1d(2, momentum=0.3)
    layer(torch.randn(8, 2)).square().sum().backward()
    assert layer.running_mean is not None
    mean = layer.running_mean.clone()
    with uphill(layer, 0.1):
        layer(torch.randn(8, 2) + 5)
    assert torch.equal(layer.running_mean, mean)
    layer(torch.randn(8, 2) + 5)
    assert not torch.equal(layer.running_mean, mean)


# One step: all faces are one batch, and neither they nor the network change at random.
STILL = [
    "training.epochs=1", "training.batch_size=140", "training.precision=32", "training.ema_decay=0",
    "training.label_smoothing=0", "model.blocks=1", "model.dropout=0",
    "augmentation.flip=0", "augmentation.rotation=0", "augmentation.shift=0",
    "augmentation.zoom=[1, 1]", "augmentation.brightness=0", "augmentation.contrast=0",
    "augmentation.erase=0", "augmentation.mixup=0", "optimizer.name=sgd", "optimizer.lr=0.1",
    "optimizer.momentum=0", "optimizer.weight_decay=0", "schedule.name=constant",
    "stopping.restore_best=false",
]  # fmt: skip


def kept(out: Path) -> TrainingModule:
    checkpoint = read_checkpoint(out / "checkpoints" / "last.ckpt")
    module = TrainingModule(load_recipe("tests/lab/recipes/small.yaml", STILL))
    module.load_state_dict(checkpoint["state_dict"])
    return module


@pytest.mark.parametrize("distance", [0.0, 0.5])
def test_a_step_of_training_is_the_papers(distance: float, easy_data: Path, tmp_path: Path) -> None:
    recipe = load_recipe("tests/lab/recipes/small.yaml", [*STILL, f"optimizer.sam_rho={distance}"])
    train(recipe, easy_data, tmp_path / "run")
    found = kept(tmp_path / "run")

    expected = TrainingModule(recipe)
    data = load_fer2013(easy_data)
    rows = data.rows("train")
    faces = torch.from_numpy(data.images_NHW[rows])[:, None]
    labels = torch.from_numpy(data.labels_N[rows]).long()

    def loss() -> Tensor:
        expected.model.train()
        logits = expected.all_logits(expected.prepared(faces))[0]
        return functional.cross_entropy(logits, labels)

    loss().backward()
    with torch.no_grad():
        length = gradients(expected.model).norm()
        up = [p.grad * distance / length for p in expected.model.parameters() if p.grad is not None]
        for p, way in zip(expected.model.parameters(), up, strict=True):
            p.add_(way)
    expected.model.zero_grad()
    loss().backward()
    with torch.no_grad():
        for p, way in zip(expected.model.parameters(), up, strict=True):
            assert p.grad is not None
            p.sub_(way + 0.1 * p.grad)
    start = values(TrainingModule(recipe).model)
    step = values(expected.model) - start
    assert (values(found.model) - start - step).norm() < 0.01 * step.norm()
    if distance:  # and it is not the step of the gradients where the weights stand
        plain = -0.1 * torch.cat([way.flatten() for way in up]) * length / distance
        assert (plain - step).norm() > 0.1 * step.norm()
