"""Sharpness-aware minimisation: steps that go down where all weights nearby are good, too."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def uphill(model: nn.Module, distance: float) -> Iterator[None]:
    """Move the weights by their gradients, uphill, and back at the end.

    Foret et al. (2021), "Sharpness-aware minimization for efficiently improving generalization":
    the step is taken by the gradients found at the worst point within `distance`, to first order.
    What batch normalisation remembers stays as it was: there, the faces were not seen.

    Args:
        model: has gradients; those that frozen weights lack count as none.
        distance: Euclidean length of the whole move; 0.05 to 0.2 is usual.

    >>> layer = nn.Linear(1, 1, bias=False)
    >>> _ = layer.weight.data.fill_(3.0)
    >>> (layer.weight ** 2).sum().backward()
    >>> with uphill(layer, 0.5):
    ...     layer.weight.item()
    3.5
    >>> layer.weight.item()
    3.0
    """
    weights = [p for p in model.parameters() if p.grad is not None]
    before = [p.detach().clone() for p in weights]
    gradients = [p.grad for p in weights if p.grad is not None]
    length = torch.stack([g.norm() for g in gradients]).norm() if gradients else torch.zeros(())
    with torch.no_grad():
        for p, g in zip(weights, gradients, strict=True):
            p.add_(g * (distance / length.clamp(min=1e-12)))
    normalisations = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    momenta = [m.momentum for m in normalisations]
    for layer in normalisations:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum in zip(normalisations, momenta, strict=True):
            layer.momentum = momentum
        with torch.no_grad():
            for p, value in zip(weights, before, strict=True):
                p.copy_(value)  # what is added and taken away again need not be the same
