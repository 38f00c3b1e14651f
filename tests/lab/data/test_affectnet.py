"""AffectNet-7 is the same in both its forms: seven emotions, the validation set as test."""

import numpy as np
import pytest

from ferlite.errors import FerliteError
from ferlite.lab.data.affectnet import load_affectnet

IN_ORDER_OF_CODES = ["neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"]
FORMS = ["affectnet lists", "affectnet sets"]


@pytest.mark.parametrize("form", FORMS)
def test_seven_emotions_come_from_each_set_and_the_rest_is_left_out(make_tree, says, form):
    faces = load_affectnet(make_tree(form))
    assert says(faces) == [(s, e) for s in ("train", "test") for e in IN_ORDER_OF_CODES]
    assert faces.name == "affectnet"
    assert faces.images_NHW.shape == (14, 96, 96)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("split", ["train", "test"])
def test_one_split_is_read_without_the_other(make_tree, says, form, split):
    assert says(load_affectnet(make_tree(form), split=split, size=24)) == [
        (split, emotion) for emotion in IN_ORDER_OF_CODES
    ]


def test_a_face_is_cut_out_at_its_box(make_tree):
    """Around the box all is black; the box of the test tree lies 8 pixels inside the face."""
    faces = load_affectnet(make_tree("affectnet lists"), size=84)
    happy = faces.images_NHW[faces.labels_N == 3]
    assert happy.std() < 2


def test_a_face_without_a_box_is_the_whole_image(make_tree):
    folder = make_tree("affectnet lists")
    listing = folder / "Manually_Annotated_file_lists" / "validation.csv"
    listing.write_text(listing.read_text().replace("112,72,84,84", "-1,-1,-1,-1"))
    assert load_affectnet(folder, split="test").images_NHW[1].std() > 20


def test_the_lists_and_images_may_lie_directly_in_the_folder(make_tree, says):
    folder = make_tree("affectnet lists")
    expected = says(load_affectnet(folder))
    for name in ("training.csv", "validation.csv"):
        (folder / "Manually_Annotated_file_lists" / name).rename(folder / name)
    images = folder / "Manually_Annotated" / "Manually_Annotated_Images"
    images.rename(folder / "Manually_Annotated_Images")
    assert says(load_affectnet(folder)) == expected


@pytest.mark.parametrize(
    ("form", "part", "named"),
    [
        ("affectnet lists", "Manually_Annotated", "Manually_Annotated_Images or"),
        ("affectnet lists", "Manually_Annotated_file_lists", "training.csv or .*validation.csv or"),
        ("affectnet sets", "val_set/images", "lacks val_set/images;"),
        ("affectnet sets", "train_set", "train_set/annotations; train_set/images;"),
    ],
)
def test_a_missing_part_is_named_with_where_to_ask(make_tree, form, part, named):
    folder = make_tree(form)
    (folder / part).rename(folder / "elsewhere")
    with pytest.raises(FerliteError, match=rf"no complete AffectNet.*{named}.*ask for.*affectnet"):
        load_affectnet(folder)


@pytest.mark.parametrize(
    ("form", "image_file"),
    [
        (
            "affectnet lists",
            "Manually_Annotated/Manually_Annotated_Images/101/validation04.jpg",
        ),
        ("affectnet sets", "val_set/images/4.jpg"),
    ],
)
def test_a_missing_image_is_named(make_tree, form, image_file):
    folder = make_tree(form)
    (folder / image_file).unlink()
    with pytest.raises(FerliteError) as refusal:
        load_affectnet(folder)
    assert str(refusal.value).startswith(f"{folder / image_file}: this image is missing, one of 1")


def test_a_missing_image_of_what_is_left_out_does_not_matter(make_tree):
    folder = make_tree("affectnet sets")
    (folder / "val_set" / "images" / "7.jpg").unlink()
    assert len(load_affectnet(folder)) == 14


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("a.jpg,1,2,3,4,,11,0,0", "line 2 has the expression '11', which is none of 0 to 10"),
        ("a.jpg,1,2,3,4,,x,0,0", "line 2 has the expression 'x'"),
        ("a.jpg,1,2,3,y,,1,0,0", "line 2 has a face box that is not four numbers"),
        ("a.jpg,1,2,3,4", "line 2 has 5 columns instead of 9"),
    ],
)
def test_a_wrong_row_is_named(make_tree, row, complaint):
    folder = make_tree("affectnet lists")
    listing = folder / "Manually_Annotated_file_lists" / "validation.csv"
    listing.write_text(f"{listing.read_text().splitlines()[0]}\n{row}\n")
    with pytest.raises(FerliteError, match=complaint):
        load_affectnet(folder, split="test")


@pytest.mark.parametrize("code", ["11", "happy", "-1"])
def test_a_wrong_annotation_is_named(make_tree, code):
    folder = make_tree("affectnet sets")
    np.save(folder / "val_set" / "annotations" / "3_exp.npy", np.array(code))
    with pytest.raises(FerliteError, match=rf"3_exp\.npy has the expression '{code}'"):
        load_affectnet(folder)


@pytest.mark.parametrize("content", [np.array(["1", "2"]), np.array({"a": 1}, dtype=object)])
def test_an_annotation_of_anything_else_is_refused_and_nothing_in_it_runs(make_tree, content):
    folder = make_tree("affectnet sets")
    np.save(folder / "val_set" / "annotations" / "3_exp.npy", content, allow_pickle=True)
    with pytest.raises(FerliteError, match=r"3_exp\.npy: is no array that holds one code"):
        load_affectnet(folder)
