"""Losses are the papers' formulas, weighted as Keras weights them."""

import pytest
import torch
from torch.nn import functional

from ferlite.lab.recipe import Training
from ferlite.lab.train.loss import loss_of

LOGITS = torch.randn(6, 7, generator=torch.Generator().manual_seed(0)) * 3
LABELS = torch.tensor([0, 1, 2, 3, 3, 6])


def test_cross_entropy_is_pytorchs() -> None:
    assert torch.equal(
        loss_of(LOGITS, LABELS, Training()), functional.cross_entropy(LOGITS, LABELS)
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_binary_cross_entropy_judges_every_class_by_itself(smoothing: float) -> None:
    how = Training(loss="binary_cross_entropy", label_smoothing=smoothing)
    targets = functional.one_hot(LABELS, 7) * (1 - smoothing) + smoothing / 7
    expected = functional.binary_cross_entropy(torch.softmax(LOGITS, 1), targets)
    torch.testing.assert_close(loss_of(LOGITS, LABELS, how), expected)


def test_binary_cross_entropy_stays_finite_where_softmax_is_0_and_1() -> None:
    sure = torch.tensor([[100.0, -100.0]], requires_grad=True)
    how = Training(loss="binary_cross_entropy")
    for label, low, high in ((0, 0, 1e-6), (1, 15, 17)):  # −log of Keras's 1e-7 is 16.1
        loss = loss_of(sure, torch.tensor([label]), how)
        assert low <= loss.item() <= high
        (gradient,) = torch.autograd.grad(loss, sure)
        assert gradient.isfinite().all()


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
def test_weights_multiply_each_faces_loss_and_faces_divide(loss: str) -> None:
    how = Training(loss=loss)  # type: ignore[arg-type]
    weights = torch.arange(7) + 0.5
    alone = [
        loss_of(x[None], y[None], how) * weights[y] for x, y in zip(LOGITS, LABELS, strict=True)
    ]
    torch.testing.assert_close(loss_of(LOGITS, LABELS, how, weights), torch.stack(alone).mean())


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("weights", [None, torch.arange(7) + 0.5])
def test_shares_that_are_all_one_class_are_a_label(loss: str, weights: torch.Tensor | None) -> None:
    how = Training(loss=loss)  # type: ignore[arg-type]
    shares = functional.one_hot(LABELS, 7).float()
    torch.testing.assert_close(
        loss_of(LOGITS, shares, how, weights), loss_of(LOGITS, LABELS, how, weights)
    )
