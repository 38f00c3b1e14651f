"""The residual network that dlib recognises people with, up to its fourth stage."""

from typing import Annotated, Final, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ferlite.lab.models.ferlite_net import two_convolutions

STAGES: Final = ((32, 3), (64, 4), (128, 3), (256, 3))
"""Channels and blocks of each stage. dlib's fifth stage, one more block, is left out."""


class PooledBlock(nn.Module):
    """Two 3×3 convolutions, and a shortcut without weights (He et al. 2016, their option A).

    Where the block halves the image the shortcut is a 2×2 mean, filled up with empty channels.
    """

    def __init__(self, width_in: int, width_out: int, stride: int) -> None:
        super().__init__()
        self.body = two_convolutions(width_in, width_out, stride)
        self.stride = stride
        self.empty = width_out - width_in

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width_in, H, W) to (N, width_out, H / stride, W / stride), rounded up."""
        shortcut = x
        if self.stride == 2:
            shortcut = functional.avg_pool2d(x, 2, ceil_mode=True)
        if self.empty:
            shortcut = functional.pad(shortcut, (0, 0, 0, 0, 0, self.empty))
        return functional.relu(self.body(x) + shortcut)


class FaceResNet(nn.Module):
    """A network that has learned to tell people apart, with a fresh last layer for emotions.

    King's "dlib_face_recognition_resnet_model_v1" (2017; public domain): ResNet-34 of He et al.
    (2016) with fewer layers and half the filters, learned from three million faces. Its images
    are 150×150 with a wide margin, where a face is about 100 pixels high; FER2013's faces fill
    their images, so that 96×96 shows them as large. Convolutions here are padded, so that any
    size goes through; the fifth stage, which would see 3×3 pixels, is left out.
    `python -m ferlite.lab.models.dlib_weights` makes its weights.

    Args:
        dropout: probability of dropping one of the 256 features behind the pooling.
        channels: 1 for gray, 3 for RGB.
        size: height and width of the input in pixels.
        classes: number of emotions.

    >>> FaceResNet()(torch.zeros(2, 1, 96, 96)).shape
    torch.Size([2, 7])
    """

    def __init__(
        self,
        *,
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.0,
        channels: Literal[1, 3] = 1,
        size: Annotated[int, Field(ge=32, le=512)] = 96,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        width_in = STAGES[0][0]
        layers: list[nn.Module] = [
            nn.Conv2d(channels, width_in, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width_in),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        ]
        for stage, (width, depth) in enumerate(STAGES):
            for number in range(depth):
                layers.append(PooledBlock(width_in, width, 2 if stage and number == 0 else 1))
                width_in = width
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width_in, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, size, size), scaled to [0, 1]."""
        y = self.features(x).mean((2, 3))
        return torch.as_tensor(self.classify(self.dropout(y)))
