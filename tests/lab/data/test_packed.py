"""A packed FER2013 is the same rows to the last bit, in less room than any general compression."""

import lzma
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ferlite.errors import FerliteError
from ferlite.lab.data import packed
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.data.layout import kind_of
from ferlite.lab.train.votes import with_votes_mixed


@given(arrays(np.uint8, (2, 5, 4)))
def test_any_pixels_come_back(images_NHW):
    assert np.array_equal(packed._sums(packed._differences(images_NHW)), images_NHW)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_the_guess_is_the_median(left, above, corner):
    guess = packed._guess(*(np.array([v], np.uint8) for v in (left, above, corner)))
    assert guess[0] == sorted((left, above, left + above - corner))[1]


def test_a_folder_with_packed_faces_and_votes_is_read_as_the_original(make_tree, tmp_path, capsys):
    source, out = make_tree("ferplus"), tmp_path / "packed"
    before = load_dataset(source)
    _main(str(source), str(out))
    assert "fer2013.xz" in capsys.readouterr().out
    assert kind_of(out) == "fer2013" == kind_of(out / "fer2013.xz")
    after = load_dataset(out, "fer2013")
    assert after.sha256 == before.sha256
    assert load_dataset(out, "ferplus").sha256 == load_dataset(source, "ferplus").sha256
    _, faceless = with_votes_mixed(after, out, 0.5)
    assert faceless.tolist() == [0]


def test_a_packed_file_cut_short_is_refused(tmp_path):
    faces = FaceDataset("fer2013", np.zeros((3, 48, 48), np.uint8), np.arange(3), np.zeros(3))
    file = tmp_path / "fer2013.xz"
    packed.pack(faces, file)
    content = lzma.decompress(file.read_bytes())
    file.write_bytes(lzma.compress(content[:-1]))
    with pytest.raises(FerliteError, match=r"fer2013\.xz: is cut short or damaged"):
        load_dataset(file)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(FerliteError, match="cut short"):
        load_dataset(file, "fer2013")


def _main(*arguments):
    before, sys.argv = sys.argv, ["packed", *arguments]
    try:
        packed.main()
    finally:
        sys.argv = before
