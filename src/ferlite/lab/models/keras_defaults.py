"""Where a network's layers begin, if a paper that used Keras does not say otherwise."""

from typing import Literal

from torch import nn

Defaults = Literal["pytorch", "keras"]
"""Whose initial weights and constants of batch normalisation a network has."""


def with_defaults(network: nn.Module, defaults: Defaults) -> None:
    """Give a fresh network Keras's defaults in the place of PyTorch's.

    Those are weights after Glorot & Bengio (2010) and no bias, where PyTorch draws from a smaller
    range and draws biases, too; and batch normalisation that averages over 100 batches, not ten,
    and adds 1e-3 to the variance, not 1e-5.

    >>> layers = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8))
    >>> with_defaults(layers, "keras")
    >>> layers[0].bias.abs().max().item(), layers[1].eps
    (0.0, 0.001)
    """
    if defaults == "pytorch":
        return
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.momentum, layer.eps = 0.01, 1e-3
