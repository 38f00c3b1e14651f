"""How convolutions with a stride are padded: as PyTorch does it, or as Keras does."""

from typing import Literal

from torch import nn

from ferlite.lab.models.efficientnet_lite import SameConv

Padding = Literal["symmetric", "same"]
"""Where a 3×3 convolution with a stride of 2 has its border of zeros.

"symmetric" is torchvision's, on every side. "same" is Keras's: of an even side right and below
only, so that its filters lie one pixel further. Weights want the padding they were trained with.
"""


def padded(layers: nn.Module, padding: Padding) -> None:
    """Replace the convolutions with a stride by ones that pad so; names and weights stay.

    >>> import torch
    >>> layers = nn.Sequential(nn.Conv2d(1, 1, 3, stride=2, padding=1))
    >>> padded(layers, "same")
    >>> type(layers[0]).__name__, layers(torch.zeros(1, 1, 4, 4)).shape
    ('SameConv', torch.Size([1, 1, 2, 2]))
    """
    if padding == "symmetric":
        return
    for module in list(layers.modules()):
        for name, layer in list(module.named_children()):
            if isinstance(layer, nn.Conv2d) and layer.stride != (1, 1):
                same = SameConv(
                    layer.in_channels,
                    layer.out_channels,
                    layer.kernel_size,  # type: ignore[arg-type]
                    layer.stride,  # type: ignore[arg-type]
                    groups=layer.groups,
                    bias=layer.bias is not None,
                )
                same.load_state_dict(layer.state_dict())
                setattr(module, name, same)
