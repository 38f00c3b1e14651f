"""Training rows that are copies of validation or test rows are left out, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferlite.lab.data.copies import drop_copies, identical_groups
from ferlite.lab.data.dataset import FaceDataset

TRAIN, VALIDATION, TEST = 0, 1, 2


def faces(*rows):
    """A dataset of rows (value of all pixels, split), labelled with their row numbers modulo 7."""
    values, splits = zip(*rows, strict=True)
    images_NHW = np.zeros((len(rows), 48, 48), np.uint8)
    images_NHW[:] = np.reshape(values, (-1, 1, 1))
    return FaceDataset("made", images_NHW, np.arange(len(rows)) % 7, np.array(splits, np.int8))


@pytest.mark.parametrize("held_out", [VALIDATION, TEST])
def test_a_training_copy_of_a_held_out_row_goes(held_out):
    kept, left_out = drop_copies(faces((5, TRAIN), (5, held_out), (6, TRAIN)))
    assert left_out == 1
    assert kept.labels_N.tolist() == [1, 2]
    assert kept.splits_N.tolist() == [held_out, TRAIN]
    assert kept.images_NHW[:, 0, 0].tolist() == [5, 6]


def test_every_training_copy_goes_and_counts_once():
    kept, left_out = drop_copies(faces((5, TRAIN), (5, VALIDATION), (5, TEST), (5, TRAIN)))
    assert left_out == 2
    assert kept.labels_N.tolist() == [1, 2]


def test_copies_inside_one_split_and_between_validation_and_test_stay():
    made = faces((1, TRAIN), (1, TRAIN), (2, TEST), (2, TEST), (3, VALIDATION), (3, TEST))
    kept, left_out = drop_copies(made)
    assert left_out == 0
    assert kept.sha256 == made.sha256


def test_images_that_differ_in_one_pixel_are_no_copies():
    made = faces((5, TRAIN), (5, TEST))
    made.images_NHW[0, 47, 47] += 1
    assert drop_copies(made)[1] == 0


def test_the_given_dataset_is_left_as_it_is():
    made = faces((5, TRAIN), (5, TEST))
    before = made.images_NHW.copy(), made.labels_N.copy(), made.splits_N.copy()
    drop_copies(made)
    assert np.array_equal(made.images_NHW, before[0])
    assert np.array_equal(made.labels_N, before[1])
    assert np.array_equal(made.splits_N, before[2])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=12))
def test_afterwards_no_training_row_equals_a_held_out_one(rows):
    kept, left_out = drop_copies(faces(*rows))
    held_out = {value for value, split in rows if split != TRAIN}
    expected = [row for row in rows if row[1] != TRAIN or row[0] not in held_out]
    assert list(zip(kept.images_NHW[:, 0, 0], kept.splits_N, strict=True)) == expected
    assert left_out == len(rows) - len(expected)


def test_identical_groups_are_all_sets_of_two_or_more_equal_images():
    made = faces((4, TRAIN), (9, TRAIN), (4, TEST), (8, TEST), (9, TEST), (4, TRAIN))
    groups = identical_groups(made.images_NHW)
    assert [group.tolist() for group in groups] == [[0, 2, 5], [1, 4]]
