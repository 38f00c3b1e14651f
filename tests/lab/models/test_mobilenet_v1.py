"""MobileNet has its published size, pads as TensorFlow pads, and its quick way back is right."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from ferlite.lab.models.mobilenet_v1 import BLOCKS, Depthwise, MobileNetV1


def test_its_features_have_the_published_parameters() -> None:
    # 3,185,088 filters (Howard et al. 2017, without the last layer), and where theirs has a scale
    # and an offset for each channel of the 27 convolutions, the folded network has a bias.
    channels = 32 + sum(width for width, _ in BLOCKS)
    channels += 32 + sum(width for width, _ in BLOCKS[:-1])
    counted = sum(p.numel() for p in MobileNetV1().features.parameters())
    assert counted == 3_185_088 + channels


@pytest.mark.parametrize(("blocks", "width", "left"), [(13, 1024, 2), (11, 512, 3), (1, 64, 24)])
def test_fewer_blocks_are_the_first_ones(blocks: int, width: int, left: int) -> None:
    whole = MobileNetV1(channels=3, size=48).eval()
    part = MobileNetV1(blocks=blocks, channels=3, size=48).eval()
    part.features.load_state_dict(whole.features[: blocks + 1].state_dict())
    x = torch.rand(2, 3, 48, 48)
    with torch.no_grad():
        assert part.features(x).shape == (2, width, left, left)
        assert torch.equal(part.features(x), whole.features[: blocks + 1](x))


def test_gray_is_shown_in_place_of_every_colour() -> None:
    model = MobileNetV1(size=48, classes=8).eval()
    gray = torch.rand(2, 1, 48, 48)
    with torch.no_grad():
        assert torch.equal(model(gray), model(gray.expand(-1, 3, -1, -1)))
        assert model(gray).shape == (2, 8)


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_depthwise_convolution_answers_and_learns_as_a_padded_one(stride: int, side: int) -> None:
    ours = Depthwise(4, stride)
    theirs = nn.Conv2d(4, 4, 3, stride, groups=4)
    theirs.load_state_dict(ours.state_dict())
    # TensorFlow's "same": two pixels for a stride of one or an odd side, else one, at the end.
    pads = (0, 1, 0, 1) if stride == 2 and side % 2 == 0 else (1, 1, 1, 1)
    answers = []
    for layer in (ours, theirs):
        torch.manual_seed(2)
        x = torch.randn(2, 4, side, side, requires_grad=True)
        y = layer(x if layer is ours else functional.pad(x, pads))
        (y * torch.linspace(-1, 1, y.numel()).view(y.shape)).sum().backward()
        assert layer.bias is not None
        answers.append((y.detach(), x.grad, layer.weight.grad, layer.bias.grad))
    torch.testing.assert_close(answers[0], answers[1])
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(x), theirs(functional.pad(x, pads)))
