"""DLFER (Hussan 2025): EfficientNet-B3 that learns objects first and emotions after."""

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torchvision.models import EfficientNet_B3_Weights, efficientnet_b3

from ferlite.lab.models.gray import Gray, as_stem_wants, stem_for
from ferlite.lab.models.published import Published


class DLFER(nn.Module):
    """EfficientNet-B3 of Tan & Le (2019) with a head of any number of classes.

    The paper's cascade trains it twice: EF-FER1 with ImageNet's 1000 classes in colour, EF-FER2
    with seven emotions in gray from EF-FER1's weights, all of them trained on. Both are this
    network; `--weights` carries everything but the head from one to the other.

    Args:
        dropout: probability of dropping one of the 1536 features before the head.
        channels: 1 for gray, 3 for RGB.
        gray: how gray faces meet RGB filters; see `ferlite.lab.models.gray`.
        size: height and width of the input in pixels; the network itself takes any.
        classes: number of classes.

    >>> DLFER().eval()(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 7])
    """

    imagenet: ClassVar = Published(
        efficientnet_b3, EfficientNet_B3_Weights.IMAGENET1K_V1, "efficientnet_b3"
    )

    def __init__(
        self,
        *,
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.3,
        channels: Literal[1, 3] = 1,
        gray: Gray = "repeated",
        size: Annotated[int, Field(ge=32, le=1024)] = 224,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        library = efficientnet_b3(num_classes=classes)
        self.features = library.features
        self.features[0][0] = stem_for(self.features[0][0], channels, gray)
        self.dropout = nn.Dropout(dropout)
        self.classify: nn.Module = library.classifier[1]

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, H, W), scaled to [0, 1]."""
        y = self.features(as_stem_wants(x, self.features[0][0]))
        return torch.as_tensor(self.classify(self.dropout(y.mean((2, 3)))))
