"""Folders of images: what an image's split and emotion are, and which images are refused."""

import cv2
import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import SPLITS
from ferlite.lab.data.fer2013 import load_fer2013


def put(path, image=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((48, 48), 50, np.uint8) if image is None else image)
    return path


@pytest.mark.parametrize(
    ("place", "split"),
    [
        ("train/happy/Training_1.jpg", "train"),
        ("test/happy/PublicTest_1.jpg", "validation"),
        ("test/happy/PrivateTest_1.jpg", "test"),
        ("train/happy/PrivateTest_1.jpg", "test"),
        ("train/happy/1.jpg", "train"),
        ("Training/happy/1.png", "train"),
        ("validation/happy/1.png", "validation"),
        ("val/happy/1.JPG", "validation"),
        ("valid/happy/1.jpeg", "validation"),
        ("PublicTest/happy/1.png", "validation"),
        ("test/happy/1.jpg", "test"),
        ("PrivateTest/happy/1.png", "test"),
    ],
)
def test_the_file_name_gives_the_split_or_else_the_folder(tmp_path, place, split):
    put(tmp_path / place)
    faces = load_fer2013(tmp_path)
    assert [SPLITS[index] for index in faces.splits_N] == [split]


@pytest.mark.parametrize(
    ("folder", "emotion"),
    [*zip(EMOTIONS, EMOTIONS, strict=True), ("Happiness", "happy"), ("FEARFUL", "fear")],
)
def test_the_emotion_folder_may_have_any_common_name(tmp_path, folder, emotion):
    put(tmp_path / "train" / folder / "1.png")
    faces = load_fer2013(tmp_path)
    assert [EMOTIONS[label] for label in faces.labels_N] == [emotion]


def test_an_unknown_emotion_folder_is_refused(tmp_path):
    put(tmp_path / "train/happy/1.png")
    put(tmp_path / "train/contempt/1.png")
    with pytest.raises(FerliteError, match=r"contempt: this folder should be named after one of"):
        load_fer2013(tmp_path)


def test_jpeg_images_differ_from_the_originals_by_their_compression_only(
    tmp_path, make_faces, write_form
):
    faces = make_faces()
    smooth = cv2.GaussianBlur(faces.images_NHW.transpose(1, 2, 0), (9, 9), 4).transpose(2, 0, 1)
    faces.images_NHW[:] = smooth
    loaded = load_fer2013(write_form("jpeg images", faces, tmp_path))
    difference = np.abs(
        loaded.images_NHW.mean((1, 2))[np.argsort(loaded.images_NHW.mean((1, 2)))]
        - np.sort(faces.images_NHW.mean((1, 2)))
    )
    assert difference.max() < 1


def test_colour_images_become_gray(tmp_path):
    put(tmp_path / "train/sad/1.png", np.full((48, 48, 3), 90, np.uint8))
    assert load_fer2013(tmp_path).images_NHW.tolist() == [[[90] * 48] * 48]


def test_rows_are_in_the_order_of_the_paths(tmp_path):
    for value, place in enumerate(["test/sad/a.png", "train/fear/b.png", "train/fear/c.png"]):
        put(tmp_path / place, np.full((48, 48), value, np.uint8))
    assert load_fer2013(tmp_path).images_NHW[:, 0, 0].tolist() == [0, 1, 2]


def test_hidden_files_and_files_that_are_no_images_are_passed_over(tmp_path):
    put(tmp_path / "train/happy/1.png")
    for place in ("train/happy/._1.png", "train/happy/notes.txt", "train/.x/1.png", "x/y/1.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"no image")
    assert len(load_fer2013(tmp_path)) == 1


def test_an_image_of_another_size_is_refused(tmp_path):
    path = put(tmp_path / "train/happy/1.png", np.zeros((48, 50), np.uint8))
    with pytest.raises(FerliteError) as refusal:
        load_fer2013(tmp_path)
    assert str(refusal.value) == f"{path}: has 50×48 pixels instead of 48×48"


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9])
def test_an_image_cut_short_is_refused(tmp_path, suffix, share):
    path = put(tmp_path / f"train/happy/1{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(FerliteError) as refusal:
        load_fer2013(tmp_path)
    assert str(refusal.value) == f"{path}: is no image, or is cut short or damaged"


def test_a_file_that_is_no_image_is_refused(tmp_path):
    path = put(tmp_path / "train/happy/1.jpg")
    path.write_text("not an image")
    with pytest.raises(FerliteError, match=r"1\.jpg: is no image"):
        load_fer2013(tmp_path)
