"""What training makes small."""

import torch
from torch import Tensor
from torch.nn import functional

from ferlite.lab.recipe import Training
from ferlite.lab.train.batches import hard

_CLIP = 1e-7
"""Keras keeps probabilities this far from 0 and 1 in its binary cross-entropy."""


def loss_of(
    logits_BK: Tensor, labels_B: Tensor, how: Training, weights_K: Tensor | None = None
) -> Tensor:
    """Mean loss of a batch.

    Args:
        logits_BK: float32 logits.
        labels_B: int64 classes (B,), or float32 shares of each class (B, K).
        how: which loss, and its label smoothing.
        weights_K: what a face of each class counts. As in Keras, the weighted losses are divided
            by the number of faces and not, as in PyTorch, by the sum of their weights, which would
            give the only face of a rare class in a batch no more than its share.

    >>> perfect = torch.tensor([[20.0, -20.0]])
    >>> loss_of(perfect, torch.tensor([0]), Training(loss="binary_cross_entropy")) < 1e-6
    tensor(True)
    """
    if how.loss == "cross_entropy":
        if weights_K is None:
            return functional.cross_entropy(
                logits_BK, labels_B, label_smoothing=how.label_smoothing
            )
        losses_B = functional.cross_entropy(
            logits_BK, labels_B, label_smoothing=how.label_smoothing, reduction="none"
        )
    else:
        classes = logits_BK.shape[1]
        target_BK = labels_B if labels_B.ndim == 2 else functional.one_hot(labels_B, classes)
        target_BK = target_BK * (1 - how.label_smoothing) + how.label_smoothing / classes
        p_BK = torch.softmax(logits_BK, 1).clamp(_CLIP, 1 - _CLIP)
        losses_BK = target_BK * p_BK.log() + (1 - target_BK) * (1 - p_BK).log()
        losses_B = -losses_BK.mean(1)
    return (losses_B if weights_K is None else losses_B * weights_K[hard(labels_B)]).mean()
