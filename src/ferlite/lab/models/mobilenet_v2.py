"""MobileNetV2 as Gursesli et al. (2024) compare with it: 1000 classes, and emotions behind them."""

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torchvision import models
from torchvision.models import MobileNet_V2_Weights

from ferlite.lab.models.gray import Gray, as_stem_wants, stem_for
from ferlite.lab.models.padding import Padding, padded
from ferlite.lab.models.published import Published


class MobileNetV2(nn.Module):
    """The whole MobileNetV2 of Sandler et al. (2018) with a dense layer from its 1000 outputs to 7.

    That is the only construction with the 3,511,879 parameters that the paper states. The 1000
    outputs are taken before their softmax: the paper does not say, and behind it too little
    gradient would come back.

    Args:
        channels: 1 for gray, 3 for RGB.
        gray: how gray faces meet RGB filters; see `ferlite.lab.models.gray`.
        padding: of convolutions with a stride; "same" for Keras's weights, which the paper had.
        size: height and width of the input in pixels; the network itself takes any.
        classes: number of emotions.

    >>> MobileNetV2()(torch.zeros(2, 1, 96, 96)).shape
    torch.Size([2, 7])
    """

    imagenet: ClassVar = Published(
        models.mobilenet_v2, MobileNet_V2_Weights.IMAGENET1K_V1, "mobilenetv2_100"
    )

    def __init__(
        self,
        *,
        channels: Literal[1, 3] = 1,
        gray: Gray = "repeated",
        padding: Padding = "symmetric",
        size: Annotated[int, Field(ge=32, le=1024)] = 224,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        library = models.mobilenet_v2()
        self.features = library.features
        self.features[0][0] = stem_for(self.features[0][0], channels, gray)
        self.padding = padding
        padded(self.features, padding)
        self.classifier = library.classifier
        self.classify = nn.Linear(1000, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, H, W), scaled to [−1, 1]."""
        y = self.features(as_stem_wants(x, self.features[0][0]))
        return torch.as_tensor(self.classify(self.classifier(y.mean((2, 3)))))
