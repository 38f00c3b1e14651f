"""A trained system as users meet it: raw pixels in, probabilities out."""

from typing import cast

import torch
from torch import Tensor, nn


class FaceModel(nn.Module):
    """A network with its normalisation in front and its softmax behind.

    Attributes:
        network: float faces (N, C, H, W) in [0, 1] to logits (N, classes).
        temperature: logits are divided by it before the softmax (Guo et al. 2017); 1 until a
            calibration sets it.

    >>> from ferlite.lab.models.residual_cnn import ResidualCNN
    >>> faces = torch.zeros(2, 1, 48, 48, dtype=torch.uint8)
    >>> FaceModel(ResidualCNN()).eval()(faces).sum(1)
    tensor([1.0000, 1.0000], grad_fn=<SumBackward1>)
    """

    temperature: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("temperature", torch.ones(()))

    def logits(self, x_BCHW: Tensor) -> Tensor:
        """Logits (N, classes) of float faces in [0, 1]; what training works on."""
        return cast(Tensor, self.network(x_BCHW))

    def forward(self, faces_BCHW: Tensor) -> Tensor:
        """Probabilities (N, classes), float32, each row summing to 1, of uint8 faces."""
        logits = self.logits(faces_BCHW.float() / 255)
        return torch.softmax(logits.float() / self.temperature, dim=1)
