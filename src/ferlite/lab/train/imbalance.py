"""Rare emotions: how much a face of theirs counts, and how often it is shown."""

import difflib
from collections.abc import Sequence

import torch
from torch import Tensor

from ferlite.errors import FerliteError
from ferlite.lab.recipe import Imbalance


def class_weights(counts_K: Tensor) -> Tensor:
    """N / (K·n) for a class with n of N faces, one of K: float32 (K,).

    The mean weight over all faces is 1, so the learning rate keeps its meaning. A class without
    faces gets 0.

    >>> class_weights(torch.tensor([30, 10]))
    tensor([0.6667, 2.0000])
    """
    weights_K = counts_K.sum() / (len(counts_K) * counts_K.float())
    return torch.where(counts_K > 0, weights_K, 0.0)


def faces_per_epoch(how: Imbalance, counts_K: Tensor, classes: Sequence[str]) -> Tensor | None:
    """How many faces of each class an epoch shows: int64 (K,), or None for those there are.

    Raises:
        FerliteError: the recipe names a class that the data does not have.

    >>> more = Imbalance(faces_per_epoch={"fear": 50})
    >>> faces_per_epoch(more, torch.tensor([30, 10]), ["happy", "fear"])
    tensor([30, 50])
    """
    faces_K = counts_K.clone()
    if how.balanced:
        faces_K[:] = counts_K.max()
    # A class without faces has none to show again.
    shown = int((counts_K > 0).sum())
    least = how.min_faces
    if how.max_repeats:
        least = min(least, how.max_repeats * int(counts_K.sum()))
    faces_K = faces_K.clamp(min=-(-least // max(shown, 1)))
    for name, faces in how.faces_per_epoch.items():
        if name not in classes:
            near = difflib.get_close_matches(name, classes, n=1)
            raise FerliteError(
                f"imbalance.faces_per_epoch: the data has no class {name!r}"
                f"{f' (did you mean {near[0]!r}?)' if near else ''}; "
                f"it has {', '.join(classes)}"
            )
        faces_K[classes.index(name)] = faces
    return None if torch.equal(faces_K, counts_K) else faces_K
