"""Mixing changes faces and labels by the same share."""

import torch

from ferlite.lab.train.augment import Augmentation
from ferlite.lab.train.mix import mixed

LABELS = torch.arange(7)


def faces() -> torch.Tensor:
    """Seven faces, each of one brightness: its label."""
    return LABELS[:, None, None, None].float().expand(7, 1, 48, 48)


def test_nothing_asked_for_changes_nothing() -> None:
    x, labels = mixed(faces(), LABELS, 7, Augmentation())
    assert torch.equal(x, faces())
    assert labels is LABELS


def test_the_mean_brightness_is_the_labels_mean_for_both_ways_of_mixing() -> None:
    for how in (Augmentation(mixup=0.8), Augmentation(cutmix=0.8)):
        for seed in range(10):
            torch.manual_seed(seed)
            x, shares = mixed(faces(), LABELS, 7, how)
            assert torch.allclose(x.mean((1, 2, 3)), shares @ LABELS.float(), atol=1e-3)
            assert torch.allclose(shares.sum(1), torch.ones(7))
            assert (shares[LABELS, LABELS] >= 0.49).all()


def test_mixup_blends_whole_faces_and_cutmix_cuts_rectangles() -> None:
    torch.manual_seed(0)
    x, _ = mixed(faces(), LABELS, 7, Augmentation(mixup=5))
    assert all(len(face.unique()) == 1 for face in x)
    x, _ = mixed(faces(), LABELS, 7, Augmentation(cutmix=5))
    assert any(len(face.unique()) == 2 for face in x)
    assert set(x.unique().tolist()) == set(range(7))


def test_shares_of_classes_are_mixed_like_labels() -> None:
    torch.manual_seed(3)
    _, from_labels = mixed(faces(), LABELS, 7, Augmentation(mixup=1))
    torch.manual_seed(3)
    _, from_shares = mixed(faces(), torch.eye(7), 7, Augmentation(mixup=1))
    assert torch.equal(from_labels, from_shares)
