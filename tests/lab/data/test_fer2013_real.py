"""The real FER2013 has its published size, whichever form of it is present."""

import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.lab.data.copies import drop_copies
from ferlite.lab.data.fer2013 import load_fer2013


@pytest.fixture(scope="module")
def fer2013(fer2013_path, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    load_fer2013(fer2013_path, cache=cache)
    return load_fer2013(fer2013_path, cache=cache)


def test_the_splits_have_their_official_sizes(fer2013):
    assert len(fer2013) == 35_887
    sizes = {split: len(fer2013.rows(split)) for split in ("train", "validation", "test")}
    assert sizes == {"train": 28_709, "validation": 3_589, "test": 3_589}


def test_the_classes_have_their_official_sizes(fer2013):
    sizes = np.bincount(fer2013.labels_N)
    assert dict(zip(EMOTIONS, sizes.tolist(), strict=True)) == {
        "angry": 4_953,
        "disgust": 547,
        "fear": 5_121,
        "happy": 8_989,
        "sad": 6_077,
        "surprise": 4_002,
        "neutral": 6_198,
    }


def test_the_images_are_whole_and_of_full_range(fer2013):
    assert fer2013.images_NHW.shape == (35_887, 48, 48)
    assert fer2013.images_NHW.min() == 0
    assert fer2013.images_NHW.max() == 255


def test_only_training_rows_are_left_out_as_copies(fer2013):
    kept, left_out = drop_copies(fer2013)
    assert left_out > 0
    assert len(kept.rows("train")) == 28_709 - left_out
    assert len(kept.rows("validation")) == 3_589
    assert len(kept.rows("test")) == 3_589
