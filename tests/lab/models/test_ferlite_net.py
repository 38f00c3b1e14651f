"""ferlite's own networks stay inside the budgets that they are made for."""

from typing import Literal

import pytest
import torch

from ferlite.errors import FerliteError
from ferlite.lab.models.ferlite_net import FerliteNet
from ferlite.lab.models.weights import start_from
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.loop import size_of
from ferlite.lab.train.module import build_model


@pytest.mark.parametrize("block", ["inverted", "plain"])
@pytest.mark.parametrize("stem_stride", [1, 2])
@pytest.mark.parametrize("size", [48, 64])
def test_a_batch_of_faces_becomes_a_batch_of_logits(
    block: str, stem_stride: int, size: int
) -> None:
    model = FerliteNet(block=block, stem_stride=stem_stride, size=size, classes=8, channels=3)  # type: ignore[arg-type]
    assert model(torch.rand(2, 3, size, size)).shape == (2, 8)
    assert model.features(torch.rand(2, 3, size, size)).shape[2:] == (size // 8, size // 8)


@pytest.mark.parametrize(
    ("recipe", "parameters", "multiply_adds"),
    [
        ("ferlite_xs", 270_142, 20e6),
        ("ferlite_s", 490_542, 45.2e6),
        ("ferlite_m", 3_221_326, 3e8),
    ],
)
def test_recipes_keep_to_their_budget(recipe: str, parameters: int, multiply_adds: float) -> None:
    loaded = load_recipe(recipe)
    size = size_of(build_model(loaded), 1, loaded.model["size"])
    assert size["parameters"] == parameters
    assert size["multiply_adds"] <= multiply_adds


def test_a_block_starts_as_what_its_shape_allows() -> None:
    """Where size and channels stay, the input runs past the block; elsewhere it cannot."""
    adds = [layer.adds for layer in FerliteNet(depths=(2, 2, 2)).features if hasattr(layer, "adds")]
    assert adds == [True, True, False, True, False, True]


@pytest.mark.parametrize("block", ["inverted", "plain"])
@pytest.mark.parametrize("size", [48, 60])
def test_a_trained_network_may_be_given_attention_and_answers_as_before(
    block: Literal["inverted", "plain"], size: int
) -> None:
    torch.manual_seed(0)
    before = FerliteNet(block=block, size=size).eval()
    after = FerliteNet(block=block, size=size, squeeze=4, pool="weighted").eval()
    start_from(after, before.state_dict(), "what was trained")
    faces = torch.rand(3, 1, size, size)
    torch.testing.assert_close(after(faces), before(faces))
    after(faces).logsumexp(1).sum().backward()
    unmoved = [name for name, p in after.named_parameters() if p.grad is None or not p.grad.any()]
    # What a factor of 1 multiplies with nothing can only move after it.
    assert all(".excite.reduce." in name for name in unmoved)


def test_weights_with_a_part_of_the_attention_are_refused() -> None:
    network = FerliteNet(squeeze=4)
    state = network.state_dict()
    del state["features.3.excite.reduce.bias"]
    with pytest.raises(FerliteError, match=r"are missing \(features\.3\.excite\.reduce\.bias"):
        start_from(network, state, "half")
