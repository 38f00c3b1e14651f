"""A training step prepares faces as the recipe says, and the model's scale travels with it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ferlite.emotions import EMOTIONS
from ferlite.lab.export import export_onnx, largest_difference
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.module import TrainingModule


def module(*settings: str, name: str = "residual_cnn_gap") -> TrainingModule:
    return TrainingModule(load_recipe(name, list(settings)))


def faces(count: int = 4, size: int = 48) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (count, 1, size, size)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def test_faces_of_another_size_are_magnified_bilinearly_as_for_the_exported_model() -> None:
    x = faces()
    prepared = module("model.size=96").prepared(x)
    expected = cv2.resize(x[0, 0].numpy(), (96, 96), interpolation=cv2.INTER_LINEAR)
    assert prepared.shape == (4, 1, 96, 96)
    assert np.abs(prepared[0, 0].numpy() * 255 - expected).max() < 1


def test_only_extra_draws_are_augmented_where_the_recipe_says_so() -> None:
    extra = torch.tensor([True, False, True, False])
    how = ["augmentation.gain=0.5", "augmentation.flip=1"]
    x = module().prepared(faces())
    some = module(*how, "imbalance.augment=extra").augmented(x, extra)
    assert torch.equal(some[~extra], x[~extra])
    assert not torch.isclose(some[extra], x[extra]).flatten(1).all(1).any()
    every = module(*how).augmented(x, extra)
    assert not torch.isclose(every, x).flatten(1).all(1).any()


def test_gray_is_repeated_for_a_model_that_wants_colour() -> None:
    colour = module("model.channels=3")
    seen: list[Tensor] = []
    colour.model.network.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    x = colour.prepared(faces())
    colour.all_logits(x)
    assert torch.equal(seen[0], x.expand(-1, 3, -1, -1))


def test_momentum_of_adam_is_the_recipes() -> None:
    optimizer = module("optimizer.beta1=0.99").configure_optimizers()
    assert optimizer.param_groups[0]["betas"] == (0.99, 0.999)


class Ends(nn.Module):
    """Shows what black, gray and white are to a network."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([x.amin((1, 2, 3)), x.mean((1, 2, 3)), x.amax((1, 2, 3))], 1)


@pytest.mark.parametrize(
    ("scale", "ends"),
    [
        ("0..1", (0, 0.5, 1)),
        ("-1..1", (-1, 0, 1)),
        ("imagenet", (-0.449 / 0.226, 0.051 / 0.226, 0.551 / 0.226)),
    ],
)
def test_scale_says_what_black_and_white_are(scale: str, ends: tuple[float, float, float]) -> None:
    x = torch.tensor([0.0, 0.5, 1.0]).reshape(1, 1, 1, 3)
    model = FaceModel(Ends(), scale)  # type: ignore[arg-type]
    torch.testing.assert_close(model.logits(x)[0], torch.tensor(ends, dtype=torch.float32))


def test_the_exported_file_scales_too(tmp_path: Path) -> None:
    how = ["model.scale=-1..1", "model.blocks=1", "model.size=32"]
    model = module(*how).model.eval()
    path = tmp_path / "scaled.onnx"
    export_onnx(model, path, name="scaled", classes=EMOTIONS, channels=1, size=32)
    assert largest_difference(model, path, channels=1, size=32) < 1e-4
    model.scale = "0..1"
    assert largest_difference(model, path, channels=1, size=32) > 1e-3


def test_the_exported_file_repeats_gray_itself(tmp_path: Path) -> None:
    model = module("model.size=32", name="shufflenet_v2").model.eval()
    path = tmp_path / "gray.onnx"
    export_onnx(model, path, name="gray", classes=EMOTIONS, channels=1, size=32)
    assert largest_difference(model, path, channels=1, size=32) < 1e-4


def test_averaged_weights_follow_the_last_ones_and_are_what_is_validated() -> None:
    one = module("training.ema_decay=0.5")
    assert one.averaged is not None
    with torch.no_grad():
        for value in (0.0, 1.0, 1.0):
            one.model.network.classify.bias.fill_(value)
            one.on_train_batch_end(None, (faces(), torch.zeros(4), torch.zeros(4)), 0)
    bias = one.averaged.module.network.classify.bias  # type: ignore[union-attr]
    # The first steps hold (1 + n) / (10 + n) of the past, until that is more than one half.
    assert torch.allclose(bias, torch.tensor(1 - 2 / 11 * 3 / 12))
    trained = {p for group in one.configure_optimizers().param_groups for p in group["params"]}
    assert trained == {p for p in one.model.parameters()}


@pytest.mark.parametrize("frozen", ["features", "half", "true"])
def test_what_frozen_layers_make_of_faces_is_remembered_and_is_what_they_make(frozen: str) -> None:
    how = ["model.size=32", "model.dropout=0", "training.cached_epochs=1"]
    cached = module(*how, f"model.frozen={frozen}", name="clcm")
    batch = (faces(size=32), torch.arange(4), torch.zeros(4, dtype=torch.bool))
    seen: list[Tensor] = []
    cached.model.network.features[0].register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    torch.manual_seed(0)
    first = cached.training_step(batch, 0)
    assert torch.equal(cached.training_step(batch, 0), first)
    assert len(seen) == 1
    logits = cached.model.network(seen[0])
    torch.testing.assert_close(first, nn.functional.cross_entropy(logits, batch[1]))
    first.backward()
    assert cached.model.network.features[0][0].weight.grad is None
    assert cached.model.network.classify[0].weight.grad is not None
