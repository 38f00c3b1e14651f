"""ferlite's own networks: three stages of residual blocks at a half, a quarter and an eighth."""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ferlite.lab.models.attention import excited, weighted_pool

Width = Annotated[int, Field(ge=4, le=2048)]
Depth = Annotated[int, Field(ge=1, le=100)]


class InvertedBlock(nn.Module):
    """1×1 expansion, depthwise 3×3, 1×1 projection; MobileNetV2's block (Sandler et al. 2018).

    The input is added where the shape allows it. ONNX Runtime does a multiply-add of it as fast as
    one of plain convolutions, so that its depth for the same number of them costs no time.
    """

    def __init__(
        self, width_in: int, width_out: int, stride: int, expansion: float, squeeze: int
    ) -> None:
        super().__init__()
        inner = round(width_in * expansion)
        self.body = nn.Sequential(
            nn.Conv2d(width_in, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(inplace=True),
            nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(inplace=True),
            nn.Conv2d(inner, width_out, 1, bias=False),
            nn.BatchNorm2d(width_out),
        )
        self.excite = excited(width_out, squeeze)
        self.adds = stride == 1 and width_in == width_out

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width_in, H, W) to (N, width_out, H / stride, W / stride)."""
        y = self.excite(self.body(x))
        return x + y if self.adds else torch.as_tensor(y)


def two_convolutions(width_in: int, width_out: int, stride: int) -> nn.Sequential:
    """What a plain residual block adds to its shortcut; the first convolution has the stride."""
    return nn.Sequential(
        nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False),
        nn.BatchNorm2d(width_out),
        nn.ReLU(inplace=True),
        nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width_out),
    )


class PlainBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (He et al. 2016)."""

    def __init__(self, width_in: int, width_out: int, stride: int, squeeze: int) -> None:
        super().__init__()
        self.body = two_convolutions(width_in, width_out, stride)
        self.excite = excited(width_out, squeeze)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or width_in != width_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(width_in, width_out, 1, stride, bias=False), nn.BatchNorm2d(width_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width_in, H, W) to (N, width_out, H / stride, W / stride)."""
        return functional.relu(self.excite(self.body(x)) + self.shortcut(x))


class FerliteNet(nn.Module):
    """A stem, three stages of residual blocks, a 1×1 convolution, global pooling.

    Args:
        block: "inverted" (depthwise inside) or "plain" (3×3 convolutions).
        stem: channels of the first 3×3 convolution.
        stem_stride: 2 halves the image at once; 1 leaves that to the first stage.
        widths: channels of the three stages. The second and third halve the size, and the first
            does if the stem does not.
        depths: blocks of each.
        expansion: how many times wider inverted blocks are inside; plain ones have none.
        squeeze: how many times narrower the middle of squeeze-and-excitation in every block is; 0
            for blocks without.
        head: channels of the last 1×1 convolution.
        pool: the mean over the last map, or a sum with a weight for every place and channel, which
            begins as the mean ("weighted"; the global depthwise convolution of Chen et al. 2018).
        dropout: probability of dropping one of these.
        channels: 1 for gray, 3 for RGB.
        size: height and width of the input in pixels.
        classes: number of emotions.

    >>> model = FerliteNet()
    >>> model(torch.zeros(2, 1, 48, 48)).shape
    torch.Size([2, 7])
    """

    def __init__(
        self,
        *,
        block: Literal["inverted", "plain"] = "inverted",
        stem: Annotated[int, Field(ge=4, le=1024)] = 24,
        stem_stride: Literal[1, 2] = 2,
        widths: tuple[Width, Width, Width] = (24, 48, 96),
        depths: tuple[Depth, Depth, Depth] = (2, 4, 4),
        expansion: Annotated[float, Field(ge=1, le=16)] = 3.0,
        squeeze: Annotated[int, Field(ge=0, le=64)] = 0,
        head: Annotated[int, Field(ge=4, le=4096)] = 256,
        pool: Literal["mean", "weighted"] = "mean",
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.0,
        channels: Literal[1, 3] = 1,
        size: Annotated[int, Field(ge=16, le=512)] = 48,
        classes: Annotated[int, Field(ge=2, le=100)] = 7,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(channels, stem, 3, stem_stride, 1, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(inplace=True),
        ]
        width_in = stem
        for width, depth, stride in zip(widths, depths, (3 - stem_stride, 2, 2), strict=True):
            for number in range(depth):
                here = stride if number == 0 else 1
                if block == "inverted":
                    layers.append(InvertedBlock(width_in, width, here, expansion, squeeze))
                else:
                    layers.append(PlainBlock(width_in, width, here, squeeze))
                width_in = width
        layers += [
            nn.Conv2d(width_in, head, 1, bias=False),
            nn.BatchNorm2d(head),
            nn.ReLU(inplace=True),
        ]
        self.features = nn.Sequential(*layers)
        self.pool: nn.Conv2d | None = None
        if pool == "weighted":
            self.pool = weighted_pool(head, math.ceil(size / 8))
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(head, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, size, size)."""
        y = self.features(x)
        y = y.mean((2, 3)) if self.pool is None else self.pool(y).flatten(1)
        return torch.as_tensor(self.classify(self.dropout(y)))
