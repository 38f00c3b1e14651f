"""Attention to channels and to places, which a trained network may be given without changing it."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class SqueezeExcite(nn.Module):
    """What a whole map says of each of its channels, times that channel (Hu et al. 2018).

    It begins with a factor of 1 for all, so that a trained network may be given it.

    Args:
        width: channels.
        squeeze: how many times fewer there are in between.
    """

    def __init__(self, width: int, squeeze: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(width, max(1, width // squeeze), 1)
        self.expand = nn.Conv2d(max(1, width // squeeze), width, 1)
        nn.init.zeros_(self.expand.weight)
        assert self.expand.bias is not None
        nn.init.zeros_(self.expand.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width, H, W) to the same shape."""
        said = self.expand(functional.relu(self.reduce(x.mean((2, 3), keepdim=True))))
        return x * (2 * torch.sigmoid(said))


def excited(width: int, squeeze: int) -> nn.Module:
    """`SqueezeExcite`, or nothing where `squeeze` is 0."""
    return SqueezeExcite(width, squeeze) if squeeze else nn.Identity()


def weighted_pool(width: int, side: int) -> nn.Conv2d:
    """A sum over a map with a weight for every place and channel, which begins as the mean.

    The global depthwise convolution of Chen et al. (2018).

    Args:
        width: channels.
        side: height and width of the map.

    >>> pool = weighted_pool(8, 6)
    >>> x = torch.rand(2, 8, 6, 6)
    >>> torch.allclose(pool(x)[:, :, 0, 0], x.mean((2, 3)))
    True
    """
    pool = nn.Conv2d(width, width, side, groups=width, bias=False)
    nn.init.constant_(pool.weight, 1 / side**2)
    return pool
