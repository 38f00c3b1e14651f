"""What normalisation layers take for usual, measured on faces as they will come."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

MOST: Final = 4096
"""So many faces are enough: with all of FER2013 the loss on PublicTest differs by 0.001."""


def evenly(faces_NCHW: Tensor, most: int = MOST) -> Tensor:
    """At most so many of the faces, spread over all of them.

    >>> evenly(torch.arange(10), most=4)
    tensor([0, 2, 5, 7])
    """
    if len(faces_NCHW) <= most:
        return faces_NCHW
    return faces_NCHW[torch.arange(most) * len(faces_NCHW) // most]


@torch.no_grad()
def measure_statistics(
    network: nn.Module, answer: Callable[[Tensor], Any], batches: Iterable[Tensor]
) -> None:
    """Measure the mean and variance of every batch normalisation anew ("precise BN").

    While it learns, a network sees faces that were turned and magnified, and so blurred by the
    resampling. Their statistics are not those of the sharper faces that it is asked about (Touvron
    et al. 2019 found the like of sizes; Wu and Johnson 2021 measure them anew as we do).

    Args:
        network: whose normalisation layers are meant; all else stays as it is, dropout off.
        answer: what is done with a batch so that it passes through them.
        batches: of faces, as `answer` takes them.

    >>> layer = nn.BatchNorm2d(1).eval()
    >>> measure_statistics(layer, layer, [torch.full((2, 1, 3, 3), 5.0)])
    >>> layer.running_mean
    tensor([5.])
    """
    network.eval()
    layers = [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the plain mean over all batches
        layer.train()
    for batch in batches:
        answer(batch)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
        layer.eval()
