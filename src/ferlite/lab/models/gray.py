"""Gray faces for networks whose first filters were made for colour."""

from typing import Literal

import torch
from torch import Tensor, nn

Gray = Literal["repeated", "summed"]
"""What a network with RGB filters does with a gray face.

"repeated" shows the same gray three times, as the papers do. "summed" adds each filter up over
red, green and blue: the same function with a third of the first layer's weights and products.
"""


def stem_for(convolution: nn.Conv2d, channels: int, gray: Gray) -> nn.Conv2d:
    """The first convolution for faces of 1 or 3 channels: itself, or its sum over the colours.

    >>> rgb = nn.Conv2d(3, 8, 3, bias=False)
    >>> face = torch.rand(1, 1, 5, 5)
    >>> single = stem_for(rgb, 1, "summed")
    >>> torch.allclose(single(face), rgb(face.expand(-1, 3, -1, -1)), atol=1e-6)
    True
    """
    if channels == 3 or gray == "repeated":
        return convolution
    single = nn.Conv2d(
        1,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        bias=convolution.bias is not None,
    )
    with torch.no_grad():
        single.weight.copy_(summed(convolution.weight))
        if single.bias is not None and convolution.bias is not None:
            single.bias.copy_(convolution.bias)
    return single


def summed(filters_OCHW: Tensor) -> Tensor:
    """Filters (O, 3, h, w) added up over the colours: (O, 1, h, w)."""
    return filters_OCHW.sum(1, keepdim=True)


def as_stem_wants(x_BCHW: Tensor, convolution: nn.Conv2d) -> Tensor:
    """The faces with as many channels as the first convolution has: gray repeated if need be."""
    return x_BCHW.expand(-1, convolution.in_channels, -1, -1)
