"""Two networks that know people from different faces, and one layer that reads both."""

from typing import Annotated, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ferlite.lab.models.gray import as_stem_wants
from ferlite.lab.models.mobilenet_v1 import BLOCKS, MobileNetV1
from ferlite.lab.models.sface import SFace
from ferlite.lab.ranges import Range


class TwoTrunks(nn.Module):
    """The trunks of `SFace` and of `MobileNetV1` side by side, with a fresh last layer for both.

    What two networks have learned from other people's faces goes wrong in other places, and the
    mean of their answers is right more often than either. Here that mean is one network: the last
    layer is given the features of both. `python -m ferlite.lab.join` makes its first weights of two
    trained networks.

    Args:
        blocks: of `MobileNetV1`.
        dropout: probability of dropping one of all features.
        channels: 1 for gray, which is shown in place of red, green and blue; 3 for RGB.
        size: height and width of the input in pixels, even; `SFace` sees it at half of that, which
            suits it as well, for it does not stride at first.
        classes: number of emotions.

    >>> TwoTrunks()(torch.zeros(2, 1, 96, 96)).shape
    torch.Size([2, 7])
    """

    def __init__(
        self,
        *,
        blocks: Annotated[int, Range(1, len(BLOCKS))] = 11,
        dropout: Annotated[float, Range(0, 0.95)] = 0.0,
        channels: Literal[1, 3] = 1,
        size: Annotated[int, Range(64, 512)] = 160,
        classes: Annotated[int, Range(2, 100_000)] = 7,
    ) -> None:
        super().__init__()
        people, others = SFace(frozen=0), MobileNetV1(blocks=blocks)
        self.sface, self.mobilenet = people.features, others.features
        self.dropout = nn.Dropout(dropout)
        width = people.classify.in_features + others.classify.in_features
        self.classify = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, size, size), scaled to [−1, 1]."""
        x = as_stem_wants(x, cast(nn.Conv2d, cast(nn.Sequential, self.mobilenet[0])[0]))
        seen = self.sface(functional.avg_pool2d(x, 2)), self.mobilenet(x)
        return torch.as_tensor(
            self.classify(self.dropout(torch.cat([y.mean((2, 3)) for y in seen], 1)))
        )
