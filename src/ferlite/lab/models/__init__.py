"""The systems of the literature and ferlite's own: one file each, named as recipes name them."""

from collections.abc import Callable

from torch import nn

from ferlite.lab.models.residual_cnn import ResidualCNN

SYSTEMS: dict[str, Callable[..., nn.Module]] = {
    "residual_cnn": ResidualCNN,
}
"""What a recipe may put under `model.system`, and what builds it.

Every one is called with the recipe's other `model` keys and `classes`, and its `forward` takes
normalised float images (N, channels, size, size) and gives logits (N, classes).
"""
