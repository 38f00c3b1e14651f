"""The systems on published backbones: their sizes, what is frozen, and how they see gray faces."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models import efficientnet_b3

from ferlite.lab.models import SYSTEMS
from ferlite.lab.models.clcm import CLCM
from ferlite.lab.models.dlfer import DLFER
from ferlite.lab.models.mobilenet_v2 import MobileNetV2
from ferlite.lab.models.shufflenet_v2 import ShuffleNetV2

BACKBONES: list[Callable[..., nn.Module]] = [CLCM, MobileNetV2, ShuffleNetV2, DLFER]


def parameters(model: nn.Module, *, trainable: bool = False) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable)


def test_clcm_has_the_papers_2_393_191_trainable_parameters() -> None:
    assert parameters(CLCM(), trainable=True) == 2_393_191
    assert parameters(CLCM()) == 2_396_551
    # The frozen stem takes the difference, whatever it makes of gray.
    assert parameters(CLCM(gray="summed"), trainable=True) == 2_393_191
    assert parameters(CLCM(frozen=False), trainable=True) == 2_396_551


def test_mobilenet_v2_has_the_papers_3_511_879_parameters() -> None:
    assert parameters(MobileNetV2()) == parameters(MobileNetV2(), trainable=True) == 3_511_879


def test_shufflenet_v2_is_the_standard_width_nearest_to_the_papers_3_997_795() -> None:
    from torchvision import models

    widths = {
        name: parameters(getattr(models, f"shufflenet_v2_{name}")()) + 1000 * 7 + 7
        for name in ("x0_5", "x1_0", "x1_5", "x2_0")
    }
    assert min(widths, key=lambda name: abs(widths[name] - 3_997_795)) == "x1_5"
    assert parameters(ShuffleNetV2()) == widths["x1_5"] == 3_510_631


def test_dlfer_is_efficientnet_b3_with_seven_classes() -> None:
    assert parameters(DLFER()) == parameters(efficientnet_b3(num_classes=7)) == 10_706_991


@pytest.mark.parametrize("system", BACKBONES)
@pytest.mark.parametrize(
    "how", [{}, {"gray": "summed"}, {"channels": 3, "classes": 11, "size": 64}]
)
def test_every_input_gives_one_logit_per_class(
    system: Callable[..., nn.Module], how: dict[str, Any]
) -> None:
    x = torch.zeros(2, how.get("channels", 1), 64, 64)
    assert system(**how).eval()(x).shape == (2, how.get("classes", 7))


@pytest.mark.parametrize("system", BACKBONES)
def test_repeated_gray_is_what_the_colour_network_sees(system: Callable[..., nn.Module]) -> None:
    gray, colour = system().eval(), system(channels=3).eval()
    colour.load_state_dict(gray.state_dict())
    x = torch.rand(2, 1, 64, 64)
    assert torch.equal(gray(x), colour(x.repeat(1, 3, 1, 1)))


def step(model: nn.Module) -> dict[str, torch.Tensor]:
    """The state before one step of training, which changes everything that can change."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    model.train()
    model(torch.rand(4, 1, 64, 64)).square().sum().backward()
    optimizer.step()
    return before


def test_frozen_layers_of_clcm_keep_weights_and_statistics_and_the_rest_learns() -> None:
    torch.manual_seed(0)
    model = CLCM()
    before = step(model)
    unchanged = {n for n, value in model.state_dict().items() if torch.equal(value, before[n])}
    frozen = {n for n in before if n.startswith(("features.0.", "features.1."))}
    assert frozen | {"features.2.conv.0.0.weight"} == unchanged
    # The expansion's normalisation, which the paper's count leaves trainable, does learn.
    assert "features.2.conv.0.1.weight" not in unchanged
    assert "features.2.conv.0.1.running_mean" not in unchanged


def test_clcm_unfrozen_learns_everywhere() -> None:
    torch.manual_seed(0)
    model = CLCM(frozen=False)
    before = step(model)
    assert not any(torch.equal(value, before[n]) for n, value in model.state_dict().items())


def test_dlfer_fine_tunes_whole() -> None:
    assert parameters(DLFER(), trainable=True) == parameters(DLFER())


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_takes_what_every_recipe_may_give(name: str) -> None:
    model = SYSTEMS[name](channels=1, size=48, classes=5).eval()
    assert model(torch.zeros(1, 1, 48, 48)).shape == (1, 5)
    assert any(tensor.startswith("classify.") for tensor in model.state_dict())
