"""Images are decoded once: the kept faces are used as long as no file has changed."""

import os

import cv2
import numpy as np
import pytest

from ferlite.errors import FerliteError
from ferlite.lab.data import image_files as module
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.image_files import ListedImage, fingerprint, load_images


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "faces"
    (folder / "below").mkdir(parents=True)
    for place in ("a.png", "below/b.png"):
        cv2.imwrite(str(folder / place), np.full((20, 20), 70, np.uint8))
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """Every image that is really decoded adds its name to this list."""
    names = []
    load = module.load
    monkeypatch.setattr(module, "load", lambda path: names.append(path.name) or load(path))
    return names


def read(folder, **settings) -> FaceDataset:
    listed = [ListedImage(folder / "a.png", 3, 0), ListedImage(folder / "below" / "b.png", 4, 2)]
    return load_images("made", lambda: listed, [folder], **{"size": 8, **settings})


def test_the_second_load_decodes_nothing_and_gives_the_same(folder, decoded):
    first, second = read(folder), read(folder)
    assert sorted(decoded) == ["a.png", "b.png"]
    assert second.sha256 == first.sha256
    assert second.labels_N.tolist() == [3, 4]


@pytest.mark.parametrize("settings", [{"size": 9}, {"settings": "other"}])
def test_other_settings_are_read_anew(folder, decoded, settings):
    read(folder)
    read(folder, **settings)
    assert len(decoded) == 4


@pytest.mark.parametrize("place", ["a.png", "below/b.png"])
def test_a_changed_image_is_read_anew(folder, place):
    before = read(folder)
    cv2.imwrite(str(folder / place), np.full((20, 20), 90, np.uint8))
    assert read(folder).sha256 != before.sha256


def test_the_fingerprint_knows_names_sizes_and_times_but_not_where_the_folder_lies(folder):
    before = fingerprint([folder])
    moved = folder.rename(folder.parent / "moved")
    assert fingerprint([moved]) == before

    status = (moved / "a.png").stat()
    os.utime(moved / "a.png", ns=(0, status.st_mtime_ns + 1))
    assert fingerprint([moved]) != before
    os.utime(moved / "a.png", ns=(0, status.st_mtime_ns))
    assert fingerprint([moved]) == before

    (moved / "a.png").rename(moved / "c.png")
    assert fingerprint([moved]) != before


def test_a_box_is_cut_out_and_only_images_without_one_are_searched(tmp_path):
    image = np.zeros((20, 20), np.uint8)
    image[5:10, 5:10] = 200
    for name in ("with.png", "without.png"):
        cv2.imwrite(str(tmp_path / name), image)
    searched = []

    def locate(image_HWC):
        searched.append(image_HWC.shape)
        return (0, 0, 5, 5)

    listed = [
        ListedImage(tmp_path / "with.png", 0, 0, (5, 5, 5, 5)),
        ListedImage(tmp_path / "without.png", 0, 0),
    ]
    faces = load_images("made", lambda: listed, [tmp_path], size=5, locate=locate)
    assert faces.images_NHW[0].tolist() == [[200] * 5] * 5
    assert faces.images_NHW[1].tolist() == [[0] * 5] * 5
    assert searched == [(20, 20, 3)]


def test_an_image_that_fails_leaves_no_kept_faces(folder, tmp_path):
    (folder / "a.png").write_bytes(b"no image")
    with pytest.raises(FerliteError, match=r"a\.png"):
        read(folder, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
