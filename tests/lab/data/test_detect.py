"""A dataset is recognised from what lies at its path; one in another's place is called by name."""

import pytest

from ferlite.errors import FerliteError
from ferlite.lab.data.affectnet import load_affectnet
from ferlite.lab.data.ckplus import load_ckplus
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.data.ferplus import load_ferplus
from ferlite.lab.data.layout import kind_of
from ferlite.lab.data.rafdb import load_rafdb

KINDS = {
    "fer2013": "fer2013",
    "rafdb": "rafdb",
    "affectnet lists": "affectnet",
    "affectnet sets": "affectnet",
    "ckplus": "ckplus",
    "ckplus table": "ckplus",
    "folder": "folder",
}
TITLES = {
    "fer2013": "FER2013",
    "rafdb": "RAF-DB",
    "affectnet": "AffectNet",
    "ckplus": "CK+",
    "folder": "a folder with one subfolder for each emotion or class",
}


@pytest.mark.parametrize(("tree", "kind"), KINDS.items())
def test_a_folder_is_recognised_and_read(make_tree, says, tree, kind):
    folder = make_tree(tree)
    folder = folder.rename(folder.with_name("any name"))
    assert kind_of(folder) == kind
    faces = load_dataset(folder)
    assert faces.name == (kind if kind != "folder" else "any name")
    assert len(says(faces)) >= 7


@pytest.mark.parametrize("tree", KINDS)
def test_naming_the_right_kind_changes_nothing(make_tree, tree):
    folder = make_tree(tree)
    assert load_dataset(folder, KINDS[tree]).sha256 == load_dataset(folder).sha256


@pytest.mark.parametrize(
    ("tree", "file", "name"),
    [
        ("fer2013", "fer2013.csv", "fer2013"),
        ("ferplus", "fer2013.csv", "fer2013"),
        ("ferplus", "fer2013new.csv", "ferplus"),
        ("ferplus", "", "fer2013"),
        ("ckplus table", "ckextended.csv", "ckplus"),
    ],
)
def test_a_file_is_recognised_by_its_content(make_tree, tree, file, name):
    path = make_tree(tree) / file
    if file:
        path = path.rename(path.with_name("renamed.csv"))
    assert load_dataset(path).name == name


def test_asked_for_ferplus_a_folder_with_fer2013_and_votes_is_that(make_tree):
    assert load_dataset(make_tree("ferplus"), "ferplus").name == "ferplus"


@pytest.mark.parametrize("split", ["test", "train"])
def test_only_the_split_that_is_needed_may_be_read(make_tree, split):
    folder = make_tree("affectnet sets")
    faces = load_dataset(folder, split=split)
    assert len(faces) == len(faces.rows(split)) == 7


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        (tree, wanted)
        for tree, kind in KINDS.items()
        for wanted in ("rafdb", "affectnet", "ckplus")
        if wanted != kind
    ],
)
def test_another_dataset_than_the_wanted_is_called_by_name(make_tree, tree, wanted):
    folder = make_tree(tree)
    with pytest.raises(FerliteError) as refusal:
        load_dataset(folder, wanted)
    there, needed = TITLES[KINDS[tree]], TITLES[wanted]
    assert str(refusal.value) == f"{folder}: is {there}, but {needed} is needed"


@pytest.mark.parametrize(
    ("load", "title"),
    [(load_rafdb, "RAF-DB"), (load_affectnet, "AffectNet"), (load_ckplus, "CK\\+")],
)
def test_each_loader_says_what_a_folder_looks_like_instead(make_tree, load, title):
    with pytest.raises(FerliteError, match=f"is no {title}; it looks like a folder with one"):
        load(make_tree("folder"))


def test_votes_are_not_looked_for_in_another_dataset(make_tree):
    with pytest.raises(FerliteError, match=r"holds no FER\+ votes .*; it looks like RAF-DB"):
        load_ferplus(make_tree("rafdb"))


def test_a_dataset_that_is_there_in_part_is_recognised_and_what_is_missing_named(make_tree):
    folder = make_tree("rafdb")
    (folder / "Image").rename(folder / "x")
    with pytest.raises(FerliteError, match=r"no complete RAF-DB, for it lacks aligned or Image/al"):
        load_dataset(folder)


def test_fer2013s_own_images_are_known_by_their_names(make_tree):
    folder = make_tree("folder")
    assert kind_of(folder) == "folder"
    image_file = folder / "train" / "happy" / "1.png"
    image_file.rename(image_file.with_name("Training_1.png"))
    assert kind_of(folder) == "fer2013"


def test_images_without_such_names_are_fer2013_where_that_is_asked_for(tmp_path, make_tree):
    (tmp_path / "train" / "happy").mkdir(parents=True)
    source = make_tree("rafdb") / "Image" / "aligned" / "train_00004_aligned.jpg"
    source.rename(tmp_path / "train" / "happy" / "1.jpg")
    with pytest.raises(FerliteError, match="100×100 pixels instead of 48×48"):
        load_dataset(tmp_path, "fer2013")


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xd8\xff\xe0 an image"])
def test_any_other_file_is_none_of_them(tmp_path, content):
    (tmp_path / "some.csv").write_bytes(content)
    for path in (tmp_path / "some.csv", tmp_path):
        with pytest.raises(FerliteError, match=r"is none of the datasets that ferlite knows \(FER"):
            load_dataset(path)


def test_what_does_not_exist_is_told_in_a_sentence(tmp_path):
    with pytest.raises(FerliteError, match=r"nowhere: there is no such file or folder"):
        load_dataset(tmp_path / "nowhere")
