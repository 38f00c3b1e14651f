"""RAF-DB: the official list decides splits and labels, and all it lists must be there."""

import numpy as np
import pytest

from ferlite.errors import FerliteError
from ferlite.lab.data.rafdb import load_rafdb

IN_ORDER_OF_CODES = ["surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"]


@pytest.fixture
def rafdb(make_tree):
    return make_tree("rafdb")


def test_every_face_has_the_emotion_and_split_of_the_list(rafdb, says):
    faces = load_rafdb(rafdb)
    expected = [(split, e) for split in ("train", "test") for e in IN_ORDER_OF_CODES]
    assert says(faces) == expected
    assert faces.name == "rafdb"


def test_list_and_faces_may_lie_directly_in_the_folder(rafdb, says):
    expected = says(load_rafdb(rafdb))
    (rafdb / "EmoLabel" / "list_patition_label.txt").rename(rafdb / "list_patition_label.txt")
    (rafdb / "Image" / "aligned").rename(rafdb / "aligned")
    assert says(load_rafdb(rafdb)) == expected


@pytest.mark.parametrize(("asked", "size"), [({}, 100), ({"size": 48}, 48), ({"size": 224}, 224)])
def test_faces_have_their_own_size_or_the_one_asked_for(rafdb, asked, size):
    faces = load_rafdb(rafdb, **asked)
    assert faces.images_NHW.shape == (14, size, size)
    assert faces.images_NHW.dtype == np.uint8
    assert faces.labels_N.dtype == np.int64


@pytest.mark.parametrize("size", [0, -1, 1025])
def test_an_impossible_size_is_refused(rafdb, size):
    with pytest.raises(FerliteError, match=rf"1 to 1024 pixels a side, not {size}"):
        load_rafdb(rafdb, size=size)


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("EmoLabel", "list_patition_label.txt or EmoLabel/list_patition_label.txt"),
        ("Image", "aligned or Image/aligned"),
    ],
)
def test_a_missing_part_is_named_with_where_to_ask(rafdb, part, named):
    (rafdb / part).rename(rafdb / "elsewhere")
    with pytest.raises(FerliteError) as refusal:
        load_rafdb(rafdb)
    assert f"is no complete RAF-DB, for it lacks {named}; ask for" in str(refusal.value)
    assert "whdeng.cn/RAF" in str(refusal.value)


def test_missing_images_are_counted_and_the_first_is_named(rafdb):
    for name in ("train_00002_aligned.jpg", "test_00003_aligned.jpg"):
        (rafdb / "Image" / "aligned" / name).unlink()
    with pytest.raises(FerliteError, match=r"train_00002_aligned.jpg: .*one of 2 of the 14"):
        load_rafdb(rafdb)


def test_a_damaged_image_is_named(rafdb):
    (rafdb / "Image" / "aligned" / "test_00003_aligned.jpg").write_bytes(b"no image")
    with pytest.raises(FerliteError, match=r"test_00003_aligned\.jpg: is not an image"):
        load_rafdb(rafdb)


@pytest.mark.parametrize(
    "line",
    ["train_00001.jpg 8", "train_00001.jpg 0", "train_00001.jpg", "x_1.jpg 3", "train_1.jpg happy"],
)
def test_a_wrong_line_is_named(rafdb, line):
    listing = rafdb / "EmoLabel" / "list_patition_label.txt"
    listing.write_text(f"train_00001.jpg 1\n{line}\n")
    with pytest.raises(FerliteError, match=r"line 2 is .* and a code from 1 to 7"):
        load_rafdb(rafdb)


def test_an_empty_list_is_refused(rafdb):
    (rafdb / "EmoLabel" / "list_patition_label.txt").write_text("\n")
    with pytest.raises(FerliteError, match="rafdb: there is not one face"):
        load_rafdb(rafdb)
