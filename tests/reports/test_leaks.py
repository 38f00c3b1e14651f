"""Each leak does exactly the mistake that it is named for, and no other."""

import numpy as np
import pytest

from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.train.augment import Augmentation
from reports.leaks import augmented_before_split, stopped_on_test, trained_on_test


@pytest.fixture
def honest() -> FaceDataset:
    """100 different faces: 80 train, 10 validation, 10 test; the label is the row modulo 7."""
    generator = np.random.default_rng(0)
    return FaceDataset(
        "made",
        generator.integers(0, 256, (100, 48, 48), dtype=np.uint8),
        np.arange(100) % 7,
        np.repeat(np.array([0, 1, 2], np.int8), [80, 10, 10]),
    )


def images(dataset: FaceDataset, split: str) -> list[bytes]:
    return [image.tobytes() for image in dataset.images_NHW[dataset.rows(split)]]


def test_stopping_on_test_validates_on_the_test_rows_and_trains_on_the_honest_ones(
    honest: FaceDataset,
) -> None:
    leaky = stopped_on_test(honest)
    assert images(leaky, "train") == images(honest, "train")
    assert images(leaky, "validation") == images(leaky, "test") == images(honest, "test")


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_testing_on_train_adds_that_share_of_the_others_to_train(
    honest: FaceDataset, share: float
) -> None:
    leaky = trained_on_test(honest, share)
    train = set(images(leaky, "train"))
    others = images(honest, "validation") + images(honest, "test")
    assert sum(image in train for image in others) == round(share * 20)
    assert images(leaky, "test") == images(honest, "test")
    label_of = {i.tobytes(): y for i, y in zip(honest.images_NHW, honest.labels_N, strict=True)}
    for image, label in zip(leaky.images_NHW, leaky.labels_N, strict=True):
        assert label_of[image.tobytes()] == label


def test_copies_made_before_the_split_put_siblings_of_test_faces_into_training(
    honest: FaceDataset,
) -> None:
    leaky = augmented_before_split(honest, 4, how=Augmentation())
    assert len(leaky) == 500
    assert [len(leaky.rows(s)) for s in ("train", "validation", "test")] == [400, 50, 50]
    # Unchanged copies let us see the siblings.
    train = set(images(leaky, "train"))
    assert np.mean([image in train for image in images(leaky, "test")]) > 0.9
    assert np.bincount(leaky.labels_N).tolist() == (5 * np.bincount(honest.labels_N)).tolist()


def test_the_copies_are_changed_and_the_originals_kept(honest: FaceDataset) -> None:
    leaky = augmented_before_split(honest, 1)
    assert np.array_equal(leaky.images_NHW[:100], honest.images_NHW)
    assert not any(np.array_equal(*pair) for pair in zip(
        leaky.images_NHW[:100], leaky.images_NHW[100:], strict=True))  # fmt: skip
    assert np.array_equal(augmented_before_split(honest, 1).splits_N, leaky.splits_N)
