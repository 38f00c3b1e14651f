"""SFace's network has its published size, and its quick ways back are the right ones."""

import pytest
import torch
from torch import nn

from ferlite.lab.models.sface import (
    BLOCKS,
    Depthwise,
    FixedPReLU,
    SFace,
    shrink_slopes,
    without_flat_slopes,
)
from ferlite.lab.models.weights import start_from


def test_its_features_have_the_parameters_of_opencv_s_file() -> None:
    # MobileNet's 3,185,088 filters for RGB (Howard et al. 2017, without the last layer), and for
    # each of the 27 convolutions a bias and a slope per channel.
    channels = 32 + sum(width for width, _ in BLOCKS)
    channels += 32 + sum(width for width, _ in BLOCKS[:-1])
    counted = sum(p.numel() for p in SFace().features.parameters())
    assert counted == 3_185_088 + 2 * channels


@pytest.mark.parametrize(("size", "left"), [(48, 3), (97, 7), (112, 7)])
def test_every_size_goes_through_and_is_divided_by_16(size: int, left: int) -> None:
    model = SFace(size=size, classes=8).eval()
    gray = torch.rand(2, 1, size, size)
    with torch.no_grad():
        assert model.features(gray.expand(-1, 3, -1, -1)).shape == (2, 1024, left, left)
        assert torch.equal(model(gray), model(gray.expand(-1, 3, -1, -1)))
        assert model(gray).shape == (2, 8)


@pytest.mark.parametrize("frozen", [0, 4, len(BLOCKS)])
def test_frozen_blocks_and_slopes_do_not_learn(frozen: int) -> None:
    model = SFace(frozen=frozen, size=32)
    model(torch.rand(2, 1, 32, 32)).sum().backward()
    for number, block in enumerate(model.features):
        for layer in block.modules():
            if isinstance(layer, nn.Conv2d):
                learns = number > frozen or frozen == 0
                assert (layer.weight.grad is not None) == learns
            if isinstance(layer, FixedPReLU):
                assert layer.weight.grad is None
    assert model.classify.weight.grad is not None


@pytest.mark.parametrize("size", [48, 80])
def test_a_trained_network_may_be_given_attention_and_answers_as_before(size: int) -> None:
    before = SFace(size=size).eval()
    after = SFace(size=size, frozen=0, squeeze=4, pool="weighted").eval()
    start_from(after, before.state_dict(), "what was trained")
    faces = torch.rand(3, 1, size, size)
    torch.testing.assert_close(after(faces), before(faces))
    after(faces).logsumexp(1).sum().backward()
    learning = [(name, p) for name, p in after.named_parameters() if p.requires_grad]
    unmoved = [name for name, p in learning if p.grad is None or not p.grad.any()]
    # What a factor of 1 multiplies with nothing can only move after it.
    assert all(".excite.reduce." in name for name in unmoved)


@pytest.mark.parametrize("blocks", [1, 7, 12])
def test_its_first_blocks_see_what_they_saw_among_all(blocks: int) -> None:
    every = SFace(size=44, classes=14).eval()
    first = SFace(blocks=blocks, gray="summed", pool="weighted", size=44, classes=14).eval()
    start_from(first, every.state_dict(), "what was trained")
    gray = torch.rand(2, 1, 44, 44)
    seen = every.features[: blocks + 1](gray.expand(-1, 3, -1, -1))
    torch.testing.assert_close(first.features(gray), seen)
    torch.testing.assert_close(first.pool(seen)[:, :, 0, 0], seen.mean((2, 3)))
    assert first(gray).shape == (2, 14)


def test_seven_blocks_fit_into_the_budget_of_ferlite_s() -> None:
    assert (
        sum(p.numel() for p in SFace(blocks=7, gray="summed", classes=14).parameters()) == 544_526
    )


def test_slopes_answer_and_learn_as_pytorch_s_do() -> None:
    ours, theirs = FixedPReLU(5), nn.PReLU(5)
    with torch.no_grad():
        slopes = torch.tensor([-0.3, 0.0, 0.25, 0.8, 1.0])
        ours.weight.copy_(slopes.view(-1, 1, 1, 1))
        theirs.weight.copy_(slopes)
    gradient = torch.randn(3, 5, 4, 6)
    answers = []
    for layer in (ours, theirs):
        torch.manual_seed(1)
        x = torch.randn(3, 5, 4, 6, requires_grad=True)
        y = layer(x)
        y.backward(gradient)
        answers.append((y.detach(), x.grad))
    torch.testing.assert_close(answers[0], answers[1])


def test_slopes_shrink_until_what_is_left_are_relus() -> None:
    network = SFace(size=32).eval()
    faces = torch.rand(2, 1, 32, 32)
    shrink_slopes(network, 0.5)
    halved = [m.weight for m in network.modules() if isinstance(m, FixedPReLU)]
    assert len(halved) == 1 + 2 * len(BLOCKS)
    assert all(torch.equal(w, torch.full_like(w, 0.125)) for w in halved)
    shrink_slopes(network, 0)
    with torch.no_grad():
        answered = network(faces)
        without_flat_slopes(network)
        assert not any(isinstance(m, FixedPReLU) for m in network.modules())
        assert torch.equal(network(faces), answered)


@pytest.mark.parametrize("blocks", [0, 2])
def test_weights_without_slopes_are_those_of_relus(blocks: int) -> None:
    trained = SFace(size=32, gray="summed").eval()
    for layer in trained.modules():
        if isinstance(layer, FixedPReLU):
            nn.init.uniform_(layer.weight)
    shrink_slopes(trained, 0, blocks)
    left = [m for m in trained.features.modules() if isinstance(m, FixedPReLU) and m.weight.any()]
    assert len(left) == (2 * (len(BLOCKS) - blocks) if blocks else 0)
    faces = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        answered = trained(faces)
        again = SFace(size=32, gray="summed").eval()
        start_from(again, without_flat_slopes(trained).state_dict(), "a file")
        assert torch.equal(again(faces), answered)


def test_slopes_come_to_their_mean_until_what_is_left_are_leaky_relus() -> None:
    network = SFace(size=32).eval()
    first, second, _ = (m for m in network.features[:2].modules() if isinstance(m, FixedPReLU))
    with torch.no_grad():
        first.weight.copy_(torch.linspace(0.1, 0.5, 32).view(-1, 1, 1, 1))
        second.weight.copy_(torch.linspace(-0.5, 0.6, 32).view(-1, 1, 1, 1))
    shrink_slopes(network, 0.5, 1, leaky=True)
    assert (float(first.weight[0]), float(first.weight[-1])) == pytest.approx((0.2, 0.4))
    assert float(second.weight[0]) == pytest.approx(-0.25)  # their mean is nearly 0
    shrink_slopes(network, 0, 1, leaky=True)
    faces = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        answered = network(faces)
        without_flat_slopes(network)
        torch.testing.assert_close(network(faces), answered)
    assert network.features[0][1].negative_slope == pytest.approx(0.3)
    assert isinstance(network.features[1][1], nn.ReLU)
    assert network.features[1][3].negative_slope == 0.25


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_depthwise_convolution_learns_as_pytorch_s_does(side: int, stride: int) -> None:
    ours = Depthwise(4, stride)
    theirs = nn.Conv2d(4, 4, 3, stride, 1, groups=4)
    theirs.load_state_dict(ours.state_dict())
    answers = []
    for layer in (ours, theirs):
        torch.manual_seed(2)
        x = torch.randn(2, 4, side, side, requires_grad=True)
        y = layer(x)
        (y * torch.linspace(-1, 1, y.numel()).view(y.shape)).sum().backward()
        answers.append((y.detach(), x.grad, layer.weight.grad, layer.bias.grad))
    torch.testing.assert_close(answers[0], answers[1])
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(x), theirs(x))
