"""What a classifier's probabilities are worth against the labels, as numbers ready for JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import (
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)

# Softmax in half precision or after int8 quantisation misses 1 by about this much.
_SUM_TOLERANCE = 1e-3


def evaluate_probabilities(
    probabilities_NK: NDArray[np.floating],
    labels_N: NDArray[np.integer],
    classes: Sequence[str],
) -> dict[str, Any]:
    """Measure predicted probabilities against the true labels.

    Args:
        probabilities_NK: one row per image, one column per class; each row in [0, 1], sum 1.
        labels_N: the true classes, integers from 0 to K − 1.
        classes: the K class names, in column order.

    Returns:
        Plain Python values that `json.dumps` takes as they are:

        - `n`: how many images.
        - `accuracy`: share of images whose most probable class is the true one.
        - `binary_accuracy`: see `binary_accuracy`; never to be taken for the accuracy.
        - `accuracy_ci95`: [low, high], Wilson's interval.
        - `macro_f1`, `weighted_f1`: mean F1 over the classes that occur among labels or
          predictions, each class alike or weighted by its support.
        - `macro_roc_auc`: mean of the per-class AUCs that exist; None if none does.
        - `expected_calibration_error`: see `expected_calibration_error`.
        - `log_loss`: mean negative natural logarithm of the true class's probability.
        - `per_class`: for each class `precision`, `recall`, `f1` (0 where undefined), `support`
          and `roc_auc` (one class against the rest; None if the labels hold only one side).
        - `confusion_matrix`: K lists of K counts, rows true, columns predicted.

    Raises:
        ValueError: shapes that do not fit, no rows, values that are not probabilities, or labels
            that are not class indices.

    >>> probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    >>> metrics = evaluate_probabilities(probabilities, np.array([0, 1, 1]), ["sad", "happy"])
    >>> round(metrics["accuracy"], 3), metrics["confusion_matrix"]
    (0.667, [[1, 0], [1, 1]])
    """
    _check(probabilities_NK, labels_N, classes)
    probabilities_NK = probabilities_NK.astype(np.float64)
    predictions_N = probabilities_NK.argmax(axis=1)
    indices = list(range(len(classes)))
    accuracy = float((predictions_N == labels_N).mean())
    precision_K, recall_K, f1_K, support_K = precision_recall_fscore_support(
        labels_N, predictions_N, labels=indices, zero_division=0
    )
    aucs = [_one_against_rest_auc(probabilities_NK[:, k], labels_N == k) for k in indices]
    known_aucs = [auc for auc in aucs if auc is not None]
    return {
        "n": len(labels_N),
        "accuracy": accuracy,
        "accuracy_ci95": accuracy_interval(accuracy, len(labels_N)),
        "binary_accuracy": binary_accuracy(probabilities_NK, labels_N),
        # Recall, averaged over the classes that have images: every class counts alike.
        "balanced_accuracy": float(recall_K[support_K > 0].mean()),
        "macro_f1": float(f1_score(labels_N, predictions_N, average="macro")),
        "weighted_f1": float(f1_score(labels_N, predictions_N, average="weighted")),
        "macro_roc_auc": float(np.mean(known_aucs)) if known_aucs else None,
        "expected_calibration_error": expected_calibration_error(probabilities_NK, labels_N),
        "log_loss": float(
            log_loss(
                labels_N,
                # scikit-learn warns of sums far closer to 1 than float32 models keep.
                probabilities_NK / probabilities_NK.sum(axis=1, keepdims=True),
                labels=indices,
            )
        ),
        "per_class": {
            name: {
                "precision": float(precision_K[k]),
                "recall": float(recall_K[k]),
                "f1": float(f1_K[k]),
                "support": int(support_K[k]),
                "roc_auc": aucs[k],
            }
            for k, name in enumerate(classes)
        },
        "confusion_matrix": confusion_matrix(labels_N, predictions_N, labels=indices).tolist(),
    }


def headline(metrics: Mapping[str, Any]) -> str:
    """The accuracy, how sure it is and on how many images, in one line for people.

    >>> headline({"accuracy": 0.66, "accuracy_ci95": [0.644, 0.675], "n": 3589})
    'Accuracy 66.0% (95% interval 64.4% to 67.5%) on 3,589 images'
    """
    low, high = metrics["accuracy_ci95"]
    return (
        f"Accuracy {metrics['accuracy']:.1%} (95% interval {low:.1%} to {high:.1%}) "
        f"on {metrics['n']:,} images"
    )


def accuracy_interval(accuracy: float, n: int) -> list[float]:
    """95% interval, [low, high], of an accuracy measured on `n` images, by Wilson's method.

    It tells how little a few images say, also where all of them are right.

    >>> [round(bound, 3) for bound in accuracy_interval(1.0, n=5)]
    [0.566, 1.0]
    """
    found = binomtest(round(accuracy * n), n).proportion_ci(0.95, "wilson")
    return [float(found.low), float(found.high)]


def binary_accuracy(probabilities_NK: NDArray[np.floating], labels_N: NDArray[np.integer]) -> float:
    """What Keras calls accuracy where the loss is binary cross-entropy.

    Every class is a question of its own, answered with yes above one half, and the share of right
    answers to all N · K questions is counted. A network that is wrong on every face still reaches
    71% with seven classes.

    >>> binary_accuracy(np.array([[0.6, 0.4], [0.6, 0.4]]), np.array([0, 1]))
    0.5
    >>> round(binary_accuracy(np.full((1, 7), 1 / 7), np.array([0])), 3)
    0.857
    """
    said_NK = probabilities_NK > 0.5
    true_NK = labels_N[:, None] == np.arange(probabilities_NK.shape[1])
    return float((said_NK == true_NK).mean())


def expected_calibration_error(
    probabilities_NK: NDArray[np.floating], labels_N: NDArray[np.integer], bins: int = 15
) -> float:
    """How far confidence and accuracy lie apart, on average: 0 (calibrated) to 1.

    Images are sorted by the probability of their most probable class into equal-width bins; the
    error is the mean of |accuracy − mean confidence| over the bins, weighted by images per bin
    (Guo et al. 2017).

    >>> expected_calibration_error(np.array([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1]))
    0.25
    """
    count_B, confidence_B, accuracy_B = reliability(probabilities_NK, labels_N, bins)
    return float(count_B @ np.abs(accuracy_B - confidence_B) / count_B.sum())


def reliability(
    probabilities_NK: NDArray[np.floating], labels_N: NDArray[np.integer], bins: int = 15
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Images, mean confidence and accuracy in each equal-width bin of top-1 confidence.

    Bin b of B holds the confidences in (b/B, (b+1)/B]. In an empty bin all three are 0.

    >>> count, confidence, accuracy = reliability(np.array([[0.8, 0.2]]), np.array([1]), bins=2)
    >>> count.tolist(), confidence.tolist(), accuracy.tolist()
    ([0, 1], [0.0, 0.8], [0.0, 0.0])
    """
    confidence_N = probabilities_NK.max(axis=1).astype(np.float64)
    right_N = probabilities_NK.argmax(axis=1) == labels_N
    inner_edges = np.arange(1, bins) / bins
    bin_N = np.digitize(confidence_N, inner_edges, right=True)
    count_B = np.bincount(bin_N, minlength=bins)
    divisor_B = np.maximum(count_B, 1)
    confidence_B = np.bincount(bin_N, weights=confidence_N, minlength=bins) / divisor_B
    accuracy_B = np.bincount(bin_N, weights=right_N, minlength=bins) / divisor_B
    return count_B, confidence_B, accuracy_B


def _one_against_rest_auc(
    score_N: NDArray[np.floating], is_class_N: NDArray[np.bool_]
) -> float | None:
    if is_class_N.all() or not is_class_N.any():
        return None
    return float(roc_auc_score(is_class_N, score_N))


def _check(
    probabilities_NK: NDArray[np.floating], labels_N: NDArray[np.integer], classes: Sequence[str]
) -> None:
    """Refuse what would give a wrong number or a puzzling traceback further in."""
    if len(classes) < 2 or len(set(classes)) != len(classes):
        raise ValueError(f"classes must be two or more different names, not {list(classes)}.")
    if probabilities_NK.ndim != 2 or probabilities_NK.shape[1] != len(classes):
        raise ValueError(
            f"probabilities must have shape (N, {len(classes)}), one column per class, "
            f"not {probabilities_NK.shape}."
        )
    if labels_N.shape != probabilities_NK.shape[:1]:
        raise ValueError(
            f"labels must have shape ({len(probabilities_NK)},), one per row of probabilities, "
            f"not {labels_N.shape}."
        )
    if len(labels_N) == 0:
        raise ValueError("There are no rows to evaluate.")
    if not np.issubdtype(labels_N.dtype, np.integer):
        raise ValueError(f"labels must be integers, not {labels_N.dtype}.")
    if labels_N.min() < 0 or labels_N.max() >= len(classes):
        raise ValueError(f"labels must lie in 0 to {len(classes) - 1}.")
    # Written so that NaN, which no comparison holds for, fails it too.
    bad_N = ~((probabilities_NK >= 0) & (probabilities_NK <= 1 + _SUM_TOLERANCE)).all(axis=1)
    if bad_N.any():
        raise ValueError(
            f"probabilities must be numbers in [0, 1], which row {bad_N.argmax()} is not."
        )
    off_N = np.abs(probabilities_NK.sum(axis=1, dtype=np.float64) - 1) > _SUM_TOLERANCE
    if off_N.any():
        row = int(off_N.argmax())
        raise ValueError(
            f"Each row of probabilities must sum to 1; row {row} sums to "
            f"{probabilities_NK[row].sum():.6g}."
        )
