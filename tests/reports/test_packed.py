"""A packed FER2013 comes back as the same rows, to the last bit."""

import lzma
import sys
from pathlib import Path

import numpy as np
import pytest

from ferlite.errors import DataError
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.data.layout import VOTES
from reports import packed


def test_the_guess_is_the_median_and_any_pixels_come_back() -> None:
    random = np.random.default_rng(0)
    left, above, corner = random.integers(0, 256, (3, 1000)).astype(np.uint8)
    expected = np.sort([left.astype(int), above, left.astype(int) + above - corner], axis=0)[1]
    assert np.array_equal(packed._guess(left, above, corner), expected)
    images_NHW = random.integers(0, 256, (2, 5, 4)).astype(np.uint8)
    assert np.array_equal(packed._sums(packed._differences(images_NHW)), images_NHW)


def test_faces_and_votes_come_back_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images_NHW = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    faces = FaceDataset("fer2013", images_NHW, np.array([6, 0, 3]), np.array([0, 1, 2], np.int8))
    source, small, back = tmp_path / "source", tmp_path / "packed", tmp_path / "back"
    packed.write_table(faces, source / "fer2013.csv")
    (source / "votes.csv").write_text(",".join(VOTES) + "\n")
    for arguments in ((source, small), (small / "fer2013.xz", back)):
        monkeypatch.setattr(sys, "argv", ["packed", *map(str, arguments)])
        packed.main()
    assert load_dataset(back / "fer2013.csv").sha256 == faces.sha256
    assert (back / "votes.csv").read_text() == (source / "votes.csv").read_text()


def test_a_packed_file_cut_short_is_refused(tmp_path: Path) -> None:
    faces = FaceDataset("fer2013", np.zeros((3, 48, 48), np.uint8), np.arange(3), np.zeros(3))
    file = tmp_path / "fer2013.xz"
    packed.pack(faces, file)
    file.write_bytes(lzma.compress(lzma.decompress(file.read_bytes())[:-1]))
    with pytest.raises(DataError, match=r"fer2013\.xz: is no packed FER2013, or cut short"):
        packed.unpack(file)
