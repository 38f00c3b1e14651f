"""A trained system as users meet it: raw pixels in, probabilities out."""

from typing import Final, Literal, cast

import torch
from torch import Tensor, nn

Scale = Literal["0..1", "-1..1", "imagenet"]
"""What black and white are to the network: 0 and 1, −1 and 1, or ImageNet's mean taken away and
divided by its deviation (of gray: the same numbers for all channels)."""

_MEAN_AND_DEVIATION: Final[dict[Scale, tuple[float, float]]] = {
    "0..1": (0.0, 1.0),
    "-1..1": (0.5, 0.5),
    "imagenet": (0.449, 0.226),
}


class FaceModel(nn.Module):
    """A network with its normalisation in front and its softmax behind.

    Attributes:
        network: float faces (N, C, H, W), scaled as `scale` says, to logits (N, classes).
        scale: the range of values that the network takes.
        temperature: logits are divided by it before the softmax (Guo et al. 2017); 1 until a
            calibration sets it.

    >>> from ferlite.lab.models.residual_cnn import ResidualCNN
    >>> faces = torch.zeros(2, 1, 48, 48, dtype=torch.uint8)
    >>> FaceModel(ResidualCNN()).eval()(faces).shape
    torch.Size([2, 7])
    """

    temperature: Tensor

    def __init__(self, network: nn.Module, scale: Scale = "0..1") -> None:
        super().__init__()
        self.network = network
        self.scale = scale
        self.register_buffer("temperature", torch.ones(()))

    def logits(self, x_BCHW: Tensor) -> Tensor:
        """Logits (N, classes) of float faces in [0, 1]; what training works on."""
        mean, deviation = _MEAN_AND_DEVIATION[self.scale]
        if (mean, deviation) != (0, 1):
            x_BCHW = (x_BCHW - mean) / deviation
        return cast(Tensor, self.network(x_BCHW))

    def forward(self, faces_BCHW: Tensor) -> Tensor:
        """Probabilities (N, classes), float32, each row summing to 1, of uint8 faces."""
        logits = self.logits(faces_BCHW.float() / 255)
        return torch.softmax(logits.float() / self.temperature, dim=1)
