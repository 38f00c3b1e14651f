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
        network: float faces (N, C, H, W), scaled as `scale` says, to logits (N, classes), or
            (N, 2 · classes) where it is `voted`.
        scale: the range of values that the network takes.
        voted: whether the network answers twice, as the labels would and then as people voted.
        temperature: logits are divided by it before the softmax (Guo et al. 2017); 1 until a
            calibration sets it.

    >>> from ferlite.lab.models.residual_cnn import ResidualCNN
    >>> faces = torch.zeros(2, 1, 48, 48, dtype=torch.uint8)
    >>> FaceModel(ResidualCNN()).eval()(faces).shape
    torch.Size([2, 7])
    """

    temperature: Tensor

    def __init__(self, network: nn.Module, scale: Scale = "0..1", *, voted: bool = False) -> None:
        super().__init__()
        self.network = network
        self.scale = scale
        self.voted = voted
        self.register_buffer("temperature", torch.ones(()))

    def scaled(self, x_BCHW: Tensor) -> Tensor:
        """Float faces in [0, 1] in the range of values that the network takes."""
        mean, deviation = _MEAN_AND_DEVIATION[self.scale]
        return x_BCHW if (mean, deviation) == (0, 1) else (x_BCHW - mean) / deviation

    def all_logits(self, x_BCHW: Tensor) -> tuple[Tensor, ...]:
        """Logits (N, classes) of float faces in [0, 1], and where `voted` those of the votes."""
        logits = cast(Tensor, self.network(self.scaled(x_BCHW)))
        return logits.chunk(2, dim=1) if self.voted else (logits,)

    def logits(self, x_BCHW: Tensor) -> Tensor:
        """Logits (N, classes) of float faces in [0, 1], as the labels would have them."""
        return self.all_logits(x_BCHW)[0]

    def probabilities(self, faces_BCHW: Tensor) -> tuple[Tensor, ...]:
        """`all_logits` of uint8 faces, as probabilities, float32, each row summing to 1."""
        every = self.all_logits(faces_BCHW.float() / 255)
        return tuple(torch.softmax(each.float() / self.temperature, dim=1) for each in every)

    def forward(self, faces_BCHW: Tensor) -> Tensor:
        """Probabilities (N, classes), float32, each row summing to 1, of uint8 faces."""
        return self.probabilities(faces_BCHW)[0]
