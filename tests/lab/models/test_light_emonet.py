"""LightEmoNet has the shapes and sizes that its paper's text gives."""

import pytest
import torch
from torch import nn

from ferlite.lab.models.light_emonet import LightEmoNet


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_the_papers_text_gives_2_650_727_parameters() -> None:
    assert parameters(LightEmoNet()) == 2_650_727


def test_normalisation_only_after_each_block_would_give_other_counts() -> None:
    # Half of the 896 normalisation parameters; neither is the 2,143,751 that the paper states.
    scales = [m for m in LightEmoNet().features if isinstance(m, nn.BatchNorm2d)]
    assert len(scales) == 6
    assert sum(2 * m.num_features for m in scales) == 896


def test_layers_come_in_the_texts_order() -> None:
    kinds = [type(layer).__name__ for layer in LightEmoNet().features][:8]
    assert kinds == [*["Conv2d", "ReLU", "BatchNorm2d"] * 2, "MaxPool2d", "Dropout"]


@pytest.mark.parametrize(("channels", "size"), [(1, 48), (3, 48), (1, 96), (1, 50)])
def test_any_input_gives_one_logit_per_class(channels: int, size: int) -> None:
    model = LightEmoNet(channels=channels, size=size, classes=8)  # type: ignore[arg-type]
    assert model(torch.zeros(2, channels, size, size)).shape == (2, 8)
