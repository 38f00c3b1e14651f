"""Anyone's own faces, in folders named after emotions."""

import cv2
import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.data.folder import load_folder


def put(path, height=60, width=60, gray=50):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width), gray, np.uint8))
    return path


def test_folders_inside_splits_say_split_and_emotion(make_tree, says):
    faces = load_folder(make_tree("folder"))
    in_order_of_names = sorted(EMOTIONS)
    expected = [(s, e) for s in ("test", "train", "validation") for e in in_order_of_names]
    assert says(faces) == expected
    assert faces.name == "folder"


def test_without_folders_of_splits_all_is_test(make_tree, says):
    folder = make_tree("folder") / "train"
    faces = load_folder(folder)
    assert says(faces) == [("test", emotion) for emotion in sorted(EMOTIONS)]
    assert faces.name == "train"


@pytest.mark.parametrize(
    ("name", "emotion"), [("Happiness", "happy"), ("ANGER", "angry"), ("afraid", "fear")]
)
def test_an_emotion_may_have_any_of_its_common_names(tmp_path, name, emotion):
    put(tmp_path / name / "1.png")
    assert EMOTIONS[load_folder(tmp_path).labels_N[0]] == emotion


@pytest.mark.parametrize("name", ["1.jpg", "1.JPEG", "1.png", "1.bmp", "1.tif", "1.webp"])
def test_images_of_these_formats_are_read_at_any_depth(tmp_path, name):
    put(tmp_path / "happy" / "a" / "b" / name)
    assert len(load_folder(tmp_path)) == 1


def test_contempt_hidden_files_and_other_files_are_passed_over(tmp_path):
    put(tmp_path / "happy" / "1.png")
    put(tmp_path / "contempt" / "1.png")
    for name in ("happy/._1.png", "happy/notes.txt", ".DS_Store", "README.md"):
        (tmp_path / name).write_text("no image")
    assert load_folder(tmp_path).labels_N.tolist() == [3]


def test_a_folder_of_another_name_is_refused(tmp_path):
    put(tmp_path / "happy" / "1.png")
    put(tmp_path / "bored" / "1.png")
    with pytest.raises(FerliteError, match=r"bored: this folder should be named after one of"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("height", "width", "asked", "size"),
    [(60, 60, None, 60), (60, 80, None, 80), (300, 200, None, 224), (60, 60, 48, 48)],
)
def test_the_size_is_the_first_images_or_the_one_asked_for(tmp_path, height, width, asked, size):
    put(tmp_path / "happy" / "1.png", height, width)
    put(tmp_path / "sad" / "1.png", 10, 20)
    assert load_folder(tmp_path, size=asked).images_NHW.shape == (2, size, size)


def test_an_image_that_is_not_square_is_filled_up_with_its_edges(tmp_path):
    path = put(tmp_path / "happy" / "1.png", 10, 30)
    image = np.zeros((10, 30), np.uint8)
    image[0], image[-1] = 100, 200
    cv2.imwrite(str(path), image)
    (face_HW,) = load_folder(tmp_path).images_NHW
    assert face_HW[:11].tolist() == [[100] * 30] * 11
    assert face_HW[19:].tolist() == [[200] * 30] * 11


@pytest.mark.parametrize("place", ["happy", "train/happy", "."])
def test_a_folder_without_images_is_refused(tmp_path, place):
    (tmp_path / "faces" / place).mkdir(parents=True, exist_ok=True)
    with pytest.raises(FerliteError, match="holds no images in folders named angry"):
        load_folder(tmp_path / "faces")


def test_a_file_and_a_missing_folder_are_told_in_a_sentence(tmp_path):
    with pytest.raises(FerliteError, match="is a file, not a folder"):
        load_folder(put(tmp_path / "1.png"))
    with pytest.raises(FerliteError, match=r"nowhere: there is no such file or folder"):
        load_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("first", ["a.png", "c.png"])
def test_a_damaged_image_is_named(tmp_path, first):
    put(tmp_path / "happy" / "b.png")
    (tmp_path / "happy" / first).write_bytes(b"no image")
    with pytest.raises(FerliteError, match=rf"{first}: is no(t an image| image)"):
        load_folder(tmp_path)
