"""The real FER+ leaves as many rows as its authors' rules say."""

import numpy as np
import pytest

from ferlite.lab.data.ferplus import load_ferplus
from ferlite.lab.data.layout import find_votes

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def read(fer2013_path, tmp_path_factory):
    """`read(mode, classes)`, where the votes lie beside the table of FER2013."""
    folder = fer2013_path if fer2013_path.is_dir() else fer2013_path.parent
    if not find_votes(folder):
        pytest.skip("there is no fer2013new.csv beside FER2013")
    cache = tmp_path_factory.mktemp("cache")
    return lambda mode, classes: load_ferplus(folder, mode=mode, classes=classes, cache=cache)


@pytest.mark.parametrize(
    ("mode", "classes", "rows"),
    [
        ("majority", 8, [25_060, 3_199, 3_153]),
        ("majority", 7, [24_941, 3_186, 3_137]),
        ("probability", 8, [27_956, 3_199, 3_153]),
        ("crossentropy", 8, [27_956, 3_199, 3_153]),
        ("crossentropy", 7, [27_796, 3_186, 3_137]),
    ],
)
def test_rows_that_stay(read, mode, classes, rows):
    faces = read(mode, classes)
    assert [len(faces.rows(split)) for split in SPLITS] == rows
    if mode != "majority":
        assert faces.targets_NK.shape == (len(faces), classes)
        np.testing.assert_allclose(faces.targets_NK.sum(axis=1), 1, atol=1e-6)
        assert (faces.targets_NK.argmax(axis=1) == faces.labels_N).mean() > 0.95


def test_the_classes_of_the_majority(read):
    faces = read("majority", 8)
    counts = np.bincount(faces.labels_N[faces.rows("test")], minlength=8)
    assert dict(zip(faces.classes, counts.tolist(), strict=True)) == {
        "angry": 273,
        "disgust": 18,
        "fear": 83,
        "happy": 893,
        "sad": 384,
        "surprise": 396,
        "neutral": 1_090,
        "contempt": 16,
    }
