"""Mixing the faces of a batch in pairs, and their labels with them."""

import torch
from torch import Tensor
from torch.nn import functional

from ferlite.lab.train.augment import Augmentation


def mixed(
    x_BCHW: Tensor, labels_B: Tensor, classes: int, how: Augmentation
) -> tuple[Tensor, Tensor]:
    """Mix every face with another of the batch, as mixup or CutMix does.

    mixup (Zhang et al. 2018) blends whole faces; CutMix (Yun et al. 2019) puts a rectangle of one
    into the other. The share of the first is the same in a whole batch, and at least one half, so
    that a face stays what its label mostly says.

    Args:
        x_BCHW: float faces.
        labels_B: int64 classes (B,), or float32 shares of each class (B, K).
        classes: how many there are.
        how: its `mixup` and `cutmix` say which, and how evenly.

    Returns:
        The faces, and float32 shares of each class (B, K); both as they came if neither is on.

    >>> faces, labels = torch.rand(4, 1, 48, 48), torch.tensor([0, 1, 2, 3])
    >>> mixed(faces, labels, 7, Augmentation(mixup=1.0))[1].sum(1)
    tensor([1., 1., 1., 1.])
    """
    if not how.mixup and not how.cutmix:
        return x_BCHW, labels_B
    cuts = bool(how.cutmix) and (not how.mixup or bool(torch.rand(()) < 0.5))
    alpha = torch.tensor(float(how.cutmix if cuts else how.mixup))
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    share = max(share, 1 - share)
    order_B = torch.randperm(len(x_BCHW), device=x_BCHW.device)
    if cuts:
        height, width = x_BCHW.shape[-2:]
        h, w = (round(side * (1 - share) ** 0.5) for side in (height, width))
        top = int(torch.randint(height - h + 1, ()))
        left = int(torch.randint(width - w + 1, ()))
        rows, columns = slice(top, top + h), slice(left, left + w)
        x_BCHW = x_BCHW.clone()
        x_BCHW[:, :, rows, columns] = x_BCHW[order_B][:, :, rows, columns]
        share = 1 - h * w / (height * width)
    else:
        x_BCHW = share * x_BCHW + (1 - share) * x_BCHW[order_B]
    shares_BK = labels_B
    if labels_B.ndim == 1:
        shares_BK = functional.one_hot(labels_B, classes).float()
    return x_BCHW, share * shares_BK + (1 - share) * shares_BK[order_B]
