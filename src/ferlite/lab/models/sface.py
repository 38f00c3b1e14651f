"""SFace (Zhong et al. 2021): the MobileNet that OpenCV recognises people with."""

import math
from typing import Annotated, Any, Final, Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ferlite.lab.models.attention import SqueezeExcite, weighted_pool
from ferlite.lab.models.gray import Gray, as_stem_wants, stem_for
from ferlite.lab.models.mobilenet_v1 import BLOCKS

NEARLY_NONE: Final = 0.1
"""A mean slope of less is as good as 0, and a ReLU is quicker than a leaky one."""


class _Sloped(torch.autograd.Function):
    """x above 0 and slope · x below, with a gradient for x alone.

    PyTorch's own gradient of PReLU takes half as long again on a processor.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, slopes_C111: Tensor) -> Tensor:
        ctx.save_for_backward(x, slopes_C111)
        return torch.prelu(x, slopes_C111.flatten())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        x, slopes_C111 = ctx.saved_tensors
        above = torch.ops.aten.threshold_backward(gradient, x, 0)
        return torch.lerp(gradient, above, 1 - slopes_C111[:, 0]), None


class FixedPReLU(nn.Module):
    """PReLU (He et al. 2015) with a slope of at most 1 for every channel, which does not learn.

    Attributes:
        weight: the slopes as filters of one pixel each, (width, 1, 1, 1), for files to have them
            under this name.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((width, 1, 1, 1), 0.25), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width, H, W) to the same shape."""
        if torch.compiler.is_exporting():
            # max((1 − slope) · x, 0) + slope · x, in two convolutions of single pixels. For PReLU
            # ONNX Runtime leaves the layout in which it convolves, which takes more than twice the
            # time of the whole network; and it has no PReLU in int8.
            width = len(self.weight)
            above = functional.relu(functional.conv2d(x, 1 - self.weight, groups=width))
            return above + functional.conv2d(x, self.weight, groups=width)
        if not self.weight.any():
            return functional.relu(x)
        return cast(Tensor, _Sloped.apply(x, self.weight.to(x.dtype)))


def shrink_slopes(
    network: nn.Module, factor: float, blocks: int = 0, *, leaky: bool = False
) -> None:
    """Bring the slopes of a network's PReLUs nearer to 0, or the slopes of each to their mean.

    With a factor of 0 they are ReLUs from now on, or leaky ReLUs.

    Args:
        network: an `SFace`; others have no such slopes.
        factor: the share that is left of each slope, or of its distance from the layer's mean.
        blocks: of how many blocks, and of the convolution before them; 0 for all.
        leaky: towards the mean, unless that is nearly 0.
    """
    if blocks and isinstance(network, SFace):
        network = network.features[: blocks + 1]
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, FixedPReLU):
                mean = layer.weight.mean()
                to = mean if leaky and abs(float(mean)) >= NEARLY_NONE else torch.zeros(())
                layer.weight.lerp_(to.expand_as(layer.weight), 1 - factor)


def copy_slopes(source: nn.Module, target: nn.Module) -> None:
    """Give the PReLUs of a network the slopes of another of the same kind."""
    with torch.no_grad():
        for theirs, own in zip(source.modules(), target.modules(), strict=True):
            if isinstance(theirs, FixedPReLU) and isinstance(own, FixedPReLU):
                own.weight.copy_(theirs.weight)


def without_flat_slopes(network: nn.Module) -> nn.Module:
    """The network, its PReLUs of one slope replaced by leaky ReLUs, or ReLUs; changed in place.

    A ReLU costs an int8 network nothing, for the convolution before it does it. A PReLU takes as
    long as the convolution, and a leaky ReLU a third of that: it is looked up in a table.
    """
    for module in list(network.modules()):
        for name, layer in list(module.named_children()):
            if isinstance(layer, FixedPReLU) and (layer.weight == layer.weight[0]).all():
                slope = float(layer.weight[0])
                setattr(module, name, nn.LeakyReLU(slope) if slope else nn.ReLU())
    return network


class Depthwise(nn.Conv2d):
    """A 3×3 convolution of every channel by itself."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__(width, width, 3, stride, 1, groups=width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width, H, W) to (N, width, H / stride, W / stride), rounded up."""
        if self.stride == (1, 1) or not self.training:
            return super().forward(x)
        # In training: the way back through a stride takes ten times as long on a processor.
        every = functional.conv2d(x, self.weight, self.bias, 1, 1, 1, self.groups)
        return every[:, :, ::2, ::2].contiguous(memory_format=torch.channels_last)


class SFace(nn.Module):
    """A network that has learned to tell people apart, with a fresh last layer for emotions.

    MobileNet (Howard et al. 2017) for faces of 112×112, its first stride left out and PReLU in
    place of ReLU, as the file "face_recognition_sface_2021dec.onnx" of OpenCV's Model Zoo
    (Apache-2.0) has it. Batch normalisation is folded into the convolutions: it learns without.
    `python -m ferlite.lab.models.sface_weights` makes its weights.

    Args:
        blocks: how many of the 13 blocks there are. The last two hold half of the weights, the
            first seven a sixth.
        frozen: how many of the blocks, and the convolution before them, stay as they are. The
            first four see most of the pixels and take half of the time.
        squeeze: how many times narrower the middle of squeeze-and-excitation is, behind every block
            of 256 channels or more; 0 for none. Maps before are large, and know little as a whole.
        pool: the mean over the last map, or a sum with a weight for every place and channel, which
            begins as the mean ("weighted").
        dropout: probability of dropping one of the features behind the pooling, 1024 where there
            are all blocks.
        gray: what the filters of the first convolution, which were made for RGB, do with gray.
        channels: 1 for gray; 3 for RGB.
        size: height and width of the input in pixels.
        classes: number of emotions.

    >>> SFace()(torch.zeros(2, 1, 112, 112)).shape
    torch.Size([2, 7])
    """

    def __init__(
        self,
        *,
        blocks: Annotated[int, Field(ge=1, le=len(BLOCKS))] = len(BLOCKS),
        frozen: Annotated[int, Field(ge=0, le=len(BLOCKS))] = 4,
        squeeze: Annotated[int, Field(ge=0, le=64)] = 0,
        pool: Literal["mean", "weighted"] = "mean",
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.0,
        gray: Gray = "repeated",
        channels: Literal[1, 3] = 1,
        size: Annotated[int, Field(ge=32, le=512)] = 112,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        width_in, side = 32, size
        first = stem_for(nn.Conv2d(3, width_in, 3, 1, 1), channels, gray)
        self.features = nn.Sequential(nn.Sequential(first, FixedPReLU(width_in)))
        for width, stride in BLOCKS[:blocks]:
            block = nn.Sequential(
                Depthwise(width_in, stride),
                FixedPReLU(width_in),
                nn.Conv2d(width_in, width, 1),
                FixedPReLU(width),
            )
            if squeeze and width >= 256:
                block.add_module("excite", SqueezeExcite(width, squeeze))
            self.features.append(block)
            width_in, side = width, math.ceil(side / stride)
        if frozen:
            self.features[: frozen + 1].requires_grad_(False)
        self.pool = weighted_pool(width_in, side) if pool == "weighted" else None
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width_in, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, size, size), scaled to [−1, 1]."""
        stem = cast(nn.Conv2d, cast(nn.Sequential, self.features[0])[0])
        y = self.features(as_stem_wants(x, stem))
        y = y.mean((2, 3)) if self.pool is None else self.pool(y).flatten(1)
        return torch.as_tensor(self.classify(self.dropout(y)))
