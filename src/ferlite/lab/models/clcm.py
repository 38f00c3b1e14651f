"""CLCM (Gursesli et al. 2024): a MobileNetV2 whose first layers keep what ImageNet taught them."""

from typing import Annotated, ClassVar, Literal, Self, cast

from pydantic import Field
from torch import Tensor, nn
from torchvision.models import MobileNet_V2_Weights, mobilenet_v2

from ferlite.lab.models.gray import Gray, as_stem_wants, stem_for
from ferlite.lab.models.padding import Padding, padded
from ferlite.lab.models.published import Published


class CLCM(nn.Module):
    """MobileNetV2 without its last layer, then dense layers of 128 and 64, each with dropout.

    Frozen are the stem, the first bottleneck and the next block's 1×1 expansion convolution (not
    its normalisation): the one reading that leaves the 2,393,191 trainable parameters that the
    paper states. A frozen layer's batch normalisation also keeps its mean and variance, as in
    Keras, which the paper used; otherwise the frozen filters would still change what they give.

    Args:
        dropout: probability of dropping a unit after each of the two dense layers.
        frozen: True is the paper's; False trains everything (2,396,551 parameters); "half" freezes
            the stem and the first eight of the 17 bottlenecks, "features" all but the dense layers.
        channels: 1 for gray, 3 for RGB.
        gray: how gray faces meet RGB filters; see `ferlite.lab.models.gray`.
        padding: of convolutions with a stride; "same" for Keras's weights, which the paper had.
        size: height and width of the input in pixels; the network itself takes any.
        classes: number of emotions.

    >>> import torch
    >>> CLCM()(torch.zeros(2, 1, 96, 96)).shape
    torch.Size([2, 7])
    """

    imagenet: ClassVar = Published(
        mobilenet_v2, MobileNet_V2_Weights.IMAGENET1K_V1, "mobilenetv2_100"
    )

    def __init__(
        self,
        *,
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.5,
        frozen: bool | Literal["half", "features"] = True,
        channels: Literal[1, 3] = 1,
        gray: Gray = "repeated",
        padding: Padding = "symmetric",
        size: Annotated[int, Field(ge=32, le=1024)] = 224,
        classes: Annotated[int, Field(ge=2, le=100_000)] = 7,
    ) -> None:
        super().__init__()
        self.features = mobilenet_v2().features
        self.features[0][0] = stem_for(self.features[0][0], channels, gray)
        self.padding = padding
        padded(self.features, padding)
        self.classify = nn.Sequential(
            nn.Linear(1280, 128),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(128, 64),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(64, classes),
        )
        self.frozen: list[nn.Module] = []
        whole = {False: 0, True: 2, "half": 9, "features": len(self.features)}[frozen]
        self.frozen = [*self.features[:whole]]
        if frozen is True:
            self.frozen.append(self.features[2].conv[0][0])
        self.trunk_stages = whole
        for layer in self.frozen:
            layer.requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Switch between training and use; the frozen layers stay as in use."""
        super().train(mode)
        for layer in self.frozen:
            layer.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of float images (N, channels, H, W), scaled to [−1, 1]."""
        y = self.features(as_stem_wants(x, self.features[0][0]))
        return cast(Tensor, self.classify(y.mean((2, 3))))

    def trunk(self, x: Tensor) -> Tensor:
        """What the stages that are frozen whole make of images: (N, C, h, w), or (N, 1280)."""
        y = as_stem_wants(x, self.features[0][0])
        for stage in self.features[: self.trunk_stages]:
            y = stage(y)
        return y.mean((2, 3)) if self.trunk_stages == len(self.features) else y

    def after_trunk(self, y: Tensor) -> Tensor:
        """Logits (N, classes) of what `trunk` gives: with it, the same as `forward`."""
        for stage in self.features[self.trunk_stages :]:
            y = stage(y)
        return cast(Tensor, self.classify(y if y.ndim == 2 else y.mean((2, 3))))
