"""The residual CNN has the shapes and sizes that its paper's text gives."""

import pytest
import torch
from torch import nn

from ferlite.lab.models.residual_cnn import ResidualCNN


def parameters(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def by_hand(
    head_features: int, *, blocks: int = 3, channels: int = 1, shortcuts: bool = True
) -> int:
    """Weights and biases counted from the paper's formulas, layer by layer."""
    total, width_in = 0, channels
    for block in range(blocks):
        width = 32 * 2**block
        total += 9 * width_in * width + width + 2 * width  # conv 1 and its normalisation
        total += 9 * width * width + width + 2 * width
        total += (width_in * width + width) * shortcuts
        width_in = width
    return total + head_features * 256 + 256 + 256 * 7 + 7


def test_the_papers_text_gives_1_479_527_parameters() -> None:
    assert parameters(ResidualCNN()) == 1_479_527 == by_hand(6 * 6 * 128)


def test_global_average_pooling_fits_the_budget_that_the_paper_states() -> None:
    assert parameters(ResidualCNN(head="gap")) == 332_647 == by_hand(128)
    assert parameters(ResidualCNN(head="gap")) < 552_455


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({"shortcuts": False}, by_hand(4608, shortcuts=False)),
        ({"dropout": 0.0}, by_hand(4608)),
        ({"blocks": 4}, by_hand(3 * 3 * 256, blocks=4)),
        ({"channels": 3}, by_hand(4608, channels=3)),
        ({"size": 96}, by_hand(12 * 12 * 128)),
    ],
)
def test_each_ablation_changes_what_it_says(switches: dict[str, float], expected: int) -> None:
    model = ResidualCNN(**switches)  # type: ignore[arg-type]
    assert parameters(model) == expected
    channels, size = int(switches.get("channels", 1)), int(switches.get("size", 48))
    assert model(torch.zeros(2, channels, size, size)).shape == (2, 7)


def test_maps_shrink_from_48_to_6_as_in_the_paper() -> None:
    sizes = []
    x = torch.zeros(1, 1, 48, 48)
    for layer in ResidualCNN().features:
        x = layer(x)
        sizes.append((x.shape[1], x.shape[2]))
    assert sizes == [(32, 48), (32, 24), (64, 24), (64, 12), (128, 12), (128, 6)]


def test_a_block_is_the_sum_of_both_ways_rectified_after_the_sum() -> None:
    block = ResidualCNN().eval().features[0]
    x = torch.randn(1, 1, 48, 48)
    f = block.bn2(block.conv2(torch.relu(block.bn1(block.conv1(x)))))
    assert torch.allclose(block(x), torch.relu(f + block.shortcut(x)))


def test_keras_s_defaults_are_its_initial_weights_and_its_batch_normalisation() -> None:
    torch.manual_seed(0)
    keras = ResidualCNN(defaults="keras")
    assert all(not layer.bias.any() for layer in keras.modules() if isinstance(layer, nn.Linear))
    norms = [layer for layer in keras.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert {(layer.eps, layer.momentum) for layer in norms} == {(1e-3, 0.01)}
    limit = (6 / (4608 + 256)) ** 0.5
    assert 0.99 * limit < keras.dense.weight.abs().max() <= limit
