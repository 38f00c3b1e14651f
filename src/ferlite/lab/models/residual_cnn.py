"""The residual CNN of Mutaliyev & Kalpeyeva (2026), as the paper's text describes it."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ferlite.lab.models.keras_defaults import Defaults, with_defaults


class ResidualBlock(nn.Module):
    """Y = ReLU(F(X) + S(X)), F = BN(Conv3×3(ReLU(BN(Conv3×3(X))))), S = Conv1×1(X) (or 0)."""

    def __init__(self, channels_in: int, channels_out: int, *, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1) if shortcut else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels_in, H, W) to (N, channels_out, H, W)."""
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return functional.relu(y)


class ResidualCNN(nn.Module):
    """Residual blocks of 32, 64, 128, … channels, each followed by 2×2 max pooling.

    `head="flatten"` is the paper's text: 1,479,527 parameters, although the paper states 552,455,
    which no reading of its text gives. `head="gap"` replaces the flattening by global average
    pooling (332,647 parameters), which fits the stated budget. The other switches are the paper's
    ablations.

    Args:
        head: how the last feature map becomes a vector.
        shortcuts: False leaves out the 1×1 shortcut convolutions and their sum.
        dropout: probability of dropping a unit of the 256-wide dense layer.
        blocks: number of residual blocks; each doubles the channels and halves the size.
        defaults: whose initial weights and constants of batch normalisation.
        channels: 1 for gray, 3 for RGB.
        size: height and width of the input in pixels.
        classes: number of emotions.

    >>> model = ResidualCNN()
    >>> model(torch.zeros(2, 1, 48, 48)).shape
    torch.Size([2, 7])
    """

    def __init__(
        self,
        *,
        head: Literal["flatten", "gap"] = "flatten",
        shortcuts: bool = True,
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.4,
        blocks: Annotated[int, Field(ge=1, le=5)] = 3,
        defaults: Defaults = "pytorch",
        channels: Literal[1, 3] = 1,
        size: Annotated[int, Field(ge=32, le=512)] = 48,
        classes: Annotated[int, Field(ge=2, le=100)] = 7,
    ) -> None:
        super().__init__()
        widths = [32 * 2**i for i in range(blocks)]
        stages: list[nn.Module] = []
        for width_in, width_out in zip([channels, *widths], widths, strict=False):
            stages += [ResidualBlock(width_in, width_out, shortcut=shortcuts), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*stages)
        if head == "flatten":
            self.pool: nn.Module = nn.Flatten()
            features = widths[-1] * (size // 2**blocks) ** 2
        else:
            self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
            features = widths[-1]
        self.dense = nn.Linear(features, 256)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(256, classes)
        with_defaults(self, defaults)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, size, size) scaled to [0, 1]."""
        y = self.pool(self.features(x))
        y = self.dropout(functional.relu(self.dense(y)))
        return torch.as_tensor(self.classify(y))
