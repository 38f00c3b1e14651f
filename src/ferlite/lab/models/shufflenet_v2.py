"""ShuffleNetV2 as Gursesli et al. (2024) compare with it, at the nearest standard width."""

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torchvision.models import ShuffleNet_V2_X1_5_Weights, shufflenet_v2_x1_5

from ferlite.lab.models.gray import Gray, as_stem_wants, stem_for
from ferlite.lab.models.published import Published


class ShuffleNetV2(nn.Module):
    """ShuffleNetV2 1.5× of Ma et al. (2018) with a dense layer from its 1000 outputs to 7.

    The paper states 3,997,795 parameters, which no standard width has. Built like the paper's
    MobileNetV2 (1000 classes, emotions behind them) the four standard widths have 1.37, 2.29, 3.51
    and 7.40 million: 1.5× with 3,510,631 is the nearest.

    Args:
        channels: 1 for gray, 3 for RGB.
        gray: how gray faces meet RGB filters; see `ferlite.lab.models.gray`.
        size: height and width of the input in pixels; the network itself takes any.
        classes: number of emotions.

    >>> ShuffleNetV2()(torch.zeros(2, 1, 96, 96)).shape
    torch.Size([2, 7])
    """

    imagenet: ClassVar = Published(
        shufflenet_v2_x1_5, ShuffleNet_V2_X1_5_Weights.IMAGENET1K_V1, None
    )

    def __init__(
        self,
        *,
        channels: Literal[1, 3] = 1,
        gray: Gray = "repeated",
        size: Annotated[int, Field(ge=32, le=1024)] = 224,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        library = shufflenet_v2_x1_5()
        # The library's own names, so that its weight files fit.
        self.conv1 = library.conv1
        self.conv1[0] = stem_for(self.conv1[0], channels, gray)
        self.maxpool = library.maxpool
        self.stage2, self.stage3, self.stage4 = library.stage2, library.stage3, library.stage4
        self.conv5 = library.conv5
        self.fc = library.fc
        self.classify = nn.Linear(1000, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, H, W), scaled to [−1, 1]."""
        y = self.maxpool(self.conv1(as_stem_wants(x, self.conv1[0])))
        y = self.conv5(self.stage4(self.stage3(self.stage2(y))))
        return torch.as_tensor(self.classify(self.fc(y.mean((2, 3)))))
