"""Learning what larger networks see in a face, beside what they say of it."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional


class LastFeatures:
    """What the last layer of a network was given when it last answered.

    Args:
        model: ends in a linear layer.

    Attributes:
        width: how many features that layer is given.
        seen_BF: float (B, width), of the last batch.

    >>> import torch
    >>> from ferlite.lab.models.ferlite_net import FerliteNet
    >>> network = FerliteNet(head=64)
    >>> last = LastFeatures(network)
    >>> network(torch.zeros(2, 1, 48, 48)).shape, last.seen_BF.shape
    (torch.Size([2, 7]), torch.Size([2, 64]))
    """

    seen_BF: Tensor

    def __init__(self, model: nn.Module) -> None:
        layer = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
        self.width = layer.in_features
        layer.register_forward_pre_hook(self._keep)

    def _keep(self, _layer: nn.Module, given: tuple[Any, ...]) -> None:
        (self.seen_BF,) = given


class FeatureGuess(nn.Module):
    """A linear guess at the teachers' features from the student's, learned along with it.

    It is there in training alone (Romero et al. 2015; Chen et al. 2022 for the last layer's): what
    ships is as large as without.

    Args:
        width: how many features the student has.
        widths: how many each of its teachers has.
    """

    def __init__(self, width: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.guess = nn.Linear(width, sum(widths))

    def forward(self, own_BF: Tensor, theirs_BG: Tensor) -> Tensor:
        """The share of the teachers' features' variance in this batch that is not guessed.

        Every feature counts alike, however large it is, and so 1 is what guessing each one's mean
        comes to.

        Args:
            own_BF: float (B, width), of the student.
            theirs_BG: float (B, sum of widths), of its teachers.
        """
        wanted_BG = functional.batch_norm(theirs_BG.float(), None, None, training=True)
        return functional.mse_loss(self.guess(own_BF).float(), wanted_BG)
