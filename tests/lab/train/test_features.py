"""A student learns what its teachers see, beside what they say."""

import inspect

import pytest
import torch
from torch import nn

from ferlite.lab.models import SYSTEMS
from ferlite.lab.train.features import FeatureGuess, LastFeatures


def test_what_the_last_layer_was_given_is_remembered() -> None:
    network = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    last, x = LastFeatures(network), torch.randn(6, 5)
    network(x)
    assert last.width == 4
    assert torch.equal(last.seen_BF, network[:2](x))


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_the_last_layer_of_every_system_is_the_one_that_tells_emotions_apart(system: str) -> None:
    network = SYSTEMS[system](classes=7).eval()
    size = inspect.signature(SYSTEMS[system]).parameters["size"].default
    channels = inspect.signature(SYSTEMS[system]).parameters["channels"].default
    last = LastFeatures(network)
    with torch.no_grad():
        logits = network(torch.rand(2, channels, size, size))
    layer = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    assert torch.allclose(layer(last.seen_BF), logits, atol=1e-5)
    assert last.seen_BF.shape == (2, last.width)


def test_guessing_nothing_costs_1_and_knowing_everything_costs_0() -> None:
    theirs = torch.randn(50, 6) * torch.tensor([0.01, 1, 1, 10, 100, 1]) + 3
    guess = FeatureGuess(6, [2, 4])
    nn.init.zeros_(guess.guess.weight)
    nn.init.zeros_(guess.guess.bias)
    assert guess(torch.randn(50, 6), theirs).item() == pytest.approx(1, abs=0.03)
    deviations = theirs.std(0, unbiased=False)
    with torch.no_grad():
        guess.guess.weight.copy_(torch.diag(1 / deviations))
        guess.guess.bias.copy_(-theirs.mean(0) / deviations)
    assert guess(theirs, theirs).item() == pytest.approx(0, abs=0.03)


def test_student_and_guess_both_learn_from_it() -> None:
    own = torch.randn(8, 3, requires_grad=True)
    guess = FeatureGuess(3, [5])
    guess(own, torch.randn(8, 5)).backward()
    assert own.grad is not None
    assert own.grad.abs().sum() > 0
    assert guess.guess.weight.grad is not None
    assert guess.guess.weight.grad.abs().sum() > 0
