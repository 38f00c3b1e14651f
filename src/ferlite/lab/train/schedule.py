"""Learning rate and stopping as pure functions of what has happened, so that resuming is exact."""

import math
from collections.abc import Sequence
from typing import Any

from ferlite.lab.recipe import Schedule, Stopping

Epoch = dict[str, Any]
"""One finished epoch: epoch, train_loss, train_accuracy, val_loss, val_accuracy, learning_rate,
seconds."""


def learning_rate_scale(schedule: Schedule, progress: float, history: Sequence[Epoch]) -> float:
    """What the recipe's learning rate is multiplied by.

    Args:
        schedule: the recipe's schedule.
        progress: share of all training steps already done, 0 to 1.
        history: the finished epochs, in order.

    >>> learning_rate_scale(Schedule(name="cosine", warmup=0.5), 0.25, [])
    0.5
    """
    if schedule.name == "plateau":
        return _plateau(schedule, [epoch["val_loss"] for epoch in history])
    if schedule.name == "cosine":
        if progress < schedule.warmup:
            return progress / schedule.warmup
        after = (progress - schedule.warmup) / (1 - schedule.warmup)
        return 0.5 * (1 + math.cos(math.pi * min(after, 1)))
    return 1.0


def _plateau(schedule: Schedule, losses: Sequence[float]) -> float:
    """Keras's rule, which the papers use: the `patience`-th epoch in a row that is not better."""
    best, waited, scale = math.inf, 0, 1.0
    for loss in losses:
        if loss < best:
            best, waited = loss, 0
            continue
        waited += 1
        if waited >= max(schedule.patience, 1):
            scale, waited = scale * schedule.factor, 0
    return scale


def best_epoch(stopping: Stopping, history: Sequence[Epoch]) -> int:
    """Position in `history` of the epoch to keep: the first best one, or the last."""
    if not stopping.restore_best:
        return len(history) - 1
    if stopping.monitor == "val_loss":
        return min(range(len(history)), key=lambda i: history[i]["val_loss"])
    return max(range(len(history)), key=lambda i: history[i]["val_accuracy"])


def should_stop(stopping: Stopping, history: Sequence[Epoch]) -> bool:
    """Whether `patience` epochs have passed since the best one."""
    if stopping.patience is None or not history:
        return False
    watched = stopping.model_copy(update={"restore_best": True})
    return len(history) - 1 - best_epoch(watched, history) >= stopping.patience
