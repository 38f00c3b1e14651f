"""The light CNN of Kamber & Alkaabi (2026), as the paper's text describes it."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional


class LightEmoNet(nn.Module):
    """Three blocks of two Conv3×3-ReLU-BN, 2×2 max pooling and dropout; then a dense layer of 512.

    The text gives 2,650,727 parameters with batch normalisation after every convolution, although
    the paper states 2,143,751, which no reading of its text gives. The order within a block is the
    text's: rectified first, normalised after.

    Args:
        dropout: probability of dropping a feature map's unit after each pooling.
        dense_dropout: probability of dropping a unit of the 512-wide dense layer.
        channels: 1 for gray, 3 for RGB.
        size: height and width of the input in pixels.
        classes: number of emotions.

    >>> LightEmoNet()(torch.zeros(2, 1, 48, 48)).shape
    torch.Size([2, 7])
    """

    def __init__(
        self,
        *,
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.25,
        dense_dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.5,
        channels: Literal[1, 3] = 1,
        size: Annotated[int, Field(ge=8, le=512)] = 48,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width_in = int(channels)
        for width in (32, 64, 128):
            for _ in range(2):
                convolution = nn.Conv2d(width_in, width, 3, padding=1)
                layers += [convolution, nn.ReLU(), nn.BatchNorm2d(width)]
                width_in = width
            layers += [nn.MaxPool2d(2), nn.Dropout(dropout)]
        self.features = nn.Sequential(*layers)
        self.dense = nn.Linear(128 * (size // 8) ** 2, 512)
        self.dropout = nn.Dropout(dense_dropout)
        self.classify = nn.Linear(512, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, size, size), scaled to [0, 1]."""
        y = functional.relu(self.dense(self.features(x).flatten(1)))
        return torch.as_tensor(self.classify(self.dropout(y)))
