"""No face, nor a copy of one, is both learned from and measured on."""

import numpy as np

from ferlite.lab.data.dataset import FaceDataset
from reports.temporal.rows import row_sets


def pictures(dataset: FaceDataset, rows: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in dataset.images_NHW[rows]}


def check(dataset: FaceDataset) -> dict[str, np.ndarray]:
    sets = row_sets(dataset, share=0.5, seed=0)
    seen = {name: pictures(dataset, rows) for name, rows in sets.items()}
    assert not seen["train"] & (seen["held_out"] | seen["select"] | seen["test"])
    assert not seen["held_out"] & (seen["select"] | seen["test"])
    assert not seen["select"] & seen["test"]
    for name, split in (("train", 0), ("held_out", 1), ("select", 1), ("test", 2)):
        assert (dataset.splits_N[sets[name]] == split).all()
    return sets


def test_copies_are_on_one_side() -> None:
    """Ten pictures, each of them three times, thrown into the splits."""
    random = np.random.default_rng(0)
    shades_N = np.tile(np.arange(10, dtype=np.uint8), 30)
    images_NHW = shades_N[:, None, None] * np.ones((48, 48), np.uint8)
    splits_N = np.where(shades_N < 3, 0, np.where(shades_N < 8, 1, 2)).astype(np.int8)
    splits_N[random.integers(300, size=20)] = 0
    splits_N[np.flatnonzero(shades_N == 4)[:2]] = 2
    labels_N = random.integers(7, size=300)
    sets = check(FaceDataset("made", images_NHW, labels_N, splits_N))
    assert all(len(rows) for rows in sets.values())
