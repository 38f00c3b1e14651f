"""Two trunks see one face, each at the size that suits it, and one layer reads both."""

import torch
from torch.nn import functional

from ferlite.lab.models.mobilenet_v1 import MobileNetV1
from ferlite.lab.models.sface import SFace
from ferlite.lab.models.two_trunks import TwoTrunks


def test_it_keeps_to_the_budget_of_five_million_parameters() -> None:
    with torch.device("meta"):
        both = TwoTrunks(classes=14)
        parts = (SFace(frozen=0).features, MobileNetV1(blocks=11).features)
    expected = sum(p.numel() for part in parts for p in part.parameters()) + (1024 + 512 + 1) * 14
    assert sum(p.numel() for p in both.parameters()) == expected == 4_834_254


def test_the_last_layer_is_given_what_both_trunks_see() -> None:
    model = TwoTrunks(size=64, classes=3).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        people = model.sface(functional.interpolate(x, 32, mode="area")).mean((2, 3))
        others = model.mobilenet(x).mean((2, 3))
        expected = model.classify(torch.cat((people, others), 1))
        torch.testing.assert_close(model(x), expected)
        gray = x[:, :1]
        assert torch.equal(model(gray), model(gray.expand(-1, 3, -1, -1)))


def test_both_trunks_learn() -> None:
    model = TwoTrunks(size=64)
    model(torch.rand(2, 1, 64, 64)).square().sum().backward()
    for trunk in (model.sface, model.mobilenet):
        first = next(trunk.parameters())
        assert first.grad is not None
        assert first.grad.abs().sum() > 0
