"""The validation rows are the recipe's choice; only the leak has a row in two splits."""

import numpy as np
import pytest

from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.recipe import Data
from ferlite.lab.train.rows import with_validation


def numbered() -> FaceDataset:
    """Every image's pixels are its row number: 70 training, 15 validation and 15 test rows."""
    images = np.broadcast_to(np.arange(100, dtype=np.uint8)[:, None, None], (100, 2, 2))
    labels = np.where(np.arange(100) % 10 == 0, 1, 0)
    return FaceDataset("made", images, labels, np.repeat(np.int8([0, 1, 2]), [70, 15, 15]))


def numbers(dataset: FaceDataset, split: str) -> list[int]:
    return [int(row) for row in dataset.images_NHW[dataset.rows(split)][:, 0, 0]]


def test_the_datasets_own_rows_are_the_default() -> None:
    dataset = numbered()
    assert with_validation(dataset, Data(), 0) is dataset


@pytest.mark.parametrize("stratified", [True, False])
def test_a_share_of_train_validates_and_the_own_validation_rows_stay_unused(
    stratified: bool,
) -> None:
    how = Data(validation="train", validation_share=0.2, stratified=stratified)
    split = with_validation(numbered(), how, 0)
    train, validation = numbers(split, "train"), numbers(split, "validation")
    assert len(validation) == 14
    assert sorted(train + validation) == list(range(70))
    assert numbers(split, "test") == list(range(85, 100))
    assert np.array_equal(split.labels_N, split.images_NHW[:, 0, 0] % 10 == 0)


def test_a_stratified_share_is_taken_of_each_class() -> None:
    how = Data(validation="train", validation_share=0.3)
    split = with_validation(numbered(), how, 0)
    assert split.labels_N[split.rows("validation")].tolist().count(1) == round(0.3 * 7)


def test_the_seed_decides_the_share() -> None:
    how = Data(validation="train", stratified=False)
    drawn = [numbers(with_validation(numbered(), how, seed), "validation") for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_validating_on_test_is_there_to_show_what_it_does() -> None:
    split = with_validation(numbered(), Data(validation="test"), 0)
    assert numbers(split, "validation") == numbers(split, "test") == list(range(85, 100))
    assert numbers(split, "train") == list(range(70))
