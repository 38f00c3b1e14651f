"""What is planted in a clean dataset is found, counted in its place, and nothing else is."""

import csv
import json
from collections import Counter
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite.emotions import EMOTIONS
from ferlite.lab.data.audit import audit, find_copies
from ferlite.lab.data.audit_report import audit_table, print_audit, write_audit
from ferlite.lab.data.copies import identical_groups
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.exclusions import read_exclusions
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.ferplus import Votes, load_votes
from ferlite.lab.data.near_copies import LARGEST_DISTANCE, distance

TRAIN, VALIDATION, TEST = 0, 1, 2


def scene(seed):
    """An image with structure of all sizes, as a face has; seeds give unlike ones."""
    random = np.random.default_rng(seed)
    layers = [
        cv2.resize(random.random((n, n), np.float32), (48, 48), interpolation=cv2.INTER_CUBIC)
        for n in (4, 8, 16)
    ]
    return cv2.normalize(sum(layers), None, 20, 220, cv2.NORM_MINMAX).astype(np.uint8)


def mirrored(image):
    return image[:, ::-1]


def darker(image):
    return image // 2


def dataset(*rows):
    """Of rows (image, label, split)."""
    images, labels, splits = zip(*rows, strict=True)
    return FaceDataset(
        "fer2013",
        np.stack(images),
        np.array([EMOTIONS.index(label) for label in labels], np.int64),
        np.array(splits, np.int8),
    )


def votes_of(faces, no_face=(), unnamed=()):
    """Ten votes for "happiness" on every row but these."""
    counts = np.zeros((len(faces), 10), np.int64)
    counts[:, 1] = 10
    counts[[*no_face, *unnamed]] = 0
    counts[[*no_face, *unnamed], 0] = 4
    counts[[*no_face, *unnamed], 9] = 6
    has_face = ~np.isin(np.arange(len(faces)), unnamed)
    return Votes(counts, has_face, faces.splits_N)


def reasons(found):
    return [(row, reason) for row, reason, _ in found.exclusions]


@pytest.fixture(scope="module")
def clean():
    """30 images, ten in each split, none like another."""
    return dataset(*((scene(seed), EMOTIONS[seed % 7], seed % 3) for seed in range(30)))


def test_nothing_is_found_in_a_clean_dataset(clean):
    found = audit(clean)
    assert found.copies == []
    assert found.exclusions == []
    nothing = {
        "pairs": 0,
        "rows": 0,
        "groups": 0,
        "largest_group": 0,
        "rows_of_with_copy_in": {split: dict.fromkeys(SPLITS, 0) for split in SPLITS},
    }
    kinds = ("identical", "near", "mirrored", "any")
    assert found.summary["copies"] == dict.fromkeys(kinds, nothing)
    assert found.summary["blank"] == dict.fromkeys(SPLITS, 0)


def test_copies_are_found_with_their_kind_and_distance():
    a = scene(1)
    copies = find_copies(np.stack([a, scene(2), darker(a), mirrored(a), a]))
    assert [(copy.row, copy.other, copy.kind) for copy in copies] == [
        (0, 2, "near"),
        (0, 3, "mirrored"),
        (0, 4, "identical"),
        (2, 3, "mirrored"),
        (2, 4, "near"),
        (3, 4, "mirrored"),
    ]
    assert copies[2].distance == 0
    assert copies[0].distance == copies[4].distance == pytest.approx(distance(a, darker(a)))


def test_blank_images_are_identical_copies_but_near_to_nothing():
    black, gray = np.zeros((48, 48), np.uint8), np.full((48, 48), 99, np.uint8)
    copies = find_copies(np.stack([black, scene(1), gray, black]))
    assert copies == [(0, 3, "identical", 0.0)]


def test_copies_are_counted_by_the_splits_they_lie_in():
    a, b = scene(1), scene(2)
    faces = dataset(
        (a, "sad", TRAIN),
        (a, "sad", TRAIN),
        (a, "sad", TEST),
        (darker(a), "sad", VALIDATION),
        (b, "happy", TEST),
        (mirrored(b), "happy", TEST),
        (scene(3), "fear", TRAIN),
    )
    copies = audit(faces).summary["copies"]
    where = copies["identical"]["rows_of_with_copy_in"]
    assert where["train"] == {"train": 2, "validation": 0, "test": 2}
    assert where["test"] == {"train": 1, "validation": 0, "test": 0}
    assert where["validation"] == dict.fromkeys(SPLITS, 0)
    where = copies["near"]["rows_of_with_copy_in"]
    assert where["train"] == {"train": 0, "validation": 2, "test": 0}
    assert where["validation"] == {"train": 1, "validation": 0, "test": 1}
    assert copies["mirrored"]["rows_of_with_copy_in"]["test"]["test"] == 2
    assert copies["any"]["rows_of_with_copy_in"]["train"] == {
        "train": 2,
        "validation": 2,
        "test": 2,
    }
    pairs = {kind: copies[kind]["pairs"] for kind in copies}
    assert pairs == {"identical": 3, "near": 3, "mirrored": 1, "any": 7}
    assert [copies[kind]["rows"] for kind in copies] == [3, 4, 2, 6]
    assert (copies["any"]["groups"], copies["any"]["largest_group"]) == (2, 4)


def test_leaks_are_listed_on_both_sides_with_the_closest_copy():
    a, b = scene(1), scene(2)
    faces = dataset(
        (a, "sad", TRAIN),
        (darker(a), "sad", TEST),
        (a, "sad", VALIDATION),
        (b, "sad", TRAIN),
        (b, "sad", TRAIN),
        (scene(3), "sad", VALIDATION),
        (scene(3), "sad", TEST),
    )
    found = audit(faces)
    assert reasons(found) == [(0, "copy"), (1, "copy"), (2, "copy")]
    details = [exclusion.detail for exclusion in found.exclusions]
    assert details[0] == "identical, distance 0.000, of validation row 2"
    assert details[1].startswith("near, distance 0.0")
    assert details[1].endswith("of train row 0")


def test_without_the_listed_training_rows_nothing_leaks(clean):
    extra = [(mirrored(scene(4)), "sad", TRAIN), (darker(scene(5)), "sad", TEST)]
    rows = zip(clean.images_NHW, (EMOTIONS[i] for i in clean.labels_N), clean.splits_N, strict=True)
    faces = dataset(*rows, *extra)
    found = audit(faces)
    listed = [row for row, _ in reasons(found) if faces.splits_N[row] == TRAIN]
    assert listed == [30]
    kept = audit(faces.take(np.delete(np.arange(len(faces)), listed)))
    where = kept.summary["copies"]["any"]["rows_of_with_copy_in"]
    assert (where["test"]["train"], where["validation"]["train"]) == (0, 0)


def test_contradicting_labels_are_counted_and_the_minority_is_listed():
    a, b, c = scene(1), scene(2), scene(3)
    faces = dataset(
        (a, "sad", TRAIN),
        (a, "fear", TRAIN),
        (darker(a), "sad", TRAIN),
        (b, "happy", TRAIN),
        (b, "angry", TRAIN),
        (c, "happy", TRAIN),
        (c, "happy", TRAIN),
    )
    found = audit(faces)
    assert found.summary["contradictions"] == {
        "identical": {"groups": 2, "rows": 4, "rows_without_majority_label": 4},
        "any": {"groups": 2, "rows": 5, "rows_without_majority_label": 3},
    }
    assert reasons(found) == [(1, "contradiction"), (3, "contradiction"), (4, "contradiction")]
    assert found.exclusions[0].detail == "labelled fear; with its copies: 1 fear, 2 sad"
    assert found.exclusions[1].detail == "labelled happy; with its copies: 1 angry, 1 happy"


@pytest.mark.parametrize("gray", [0, 7, 255])
def test_blank_images_are_listed(clean, gray):
    images = clean.images_NHW.copy()
    images[4], images[5] = gray, gray
    images[4, ::2] = min(gray + 6, 255)
    found = audit(FaceDataset("made", images, clean.labels_N, clean.splits_N))
    assert (4, "blank") in reasons(found)
    assert (5, "blank") in reasons(found)
    assert found.summary["blank"] == {"train": 0, "validation": 1, "test": 1}


def test_a_dark_face_is_not_blank(clean):
    images = clean.images_NHW // 5
    assert audit(FaceDataset("made", images, clean.labels_N, clean.splits_N)).exclusions == []


def test_votes_tell_what_is_no_face(clean):
    votes = votes_of(clean, no_face=[3, 7], unnamed=[8])
    found = audit(clean, votes)
    assert reasons(found) == [(3, "no face"), (7, "no face"), (8, "no face")]
    assert found.summary["no_face"] == {"train": 1, "validation": 1, "test": 1}
    assert found.summary["votes"]["rows"] == 29


def test_without_votes_nothing_is_said_about_faces(clean):
    summary = audit(clean).summary
    assert summary["no_face"] is None
    assert summary["votes"] is None


def test_a_row_with_several_reasons_counts_once_in_all():
    a = scene(1)
    faces = dataset((a, "sad", TRAIN), (a, "fear", TEST), (scene(2), "happy", TRAIN))
    found = audit(faces, votes_of(faces, no_face=[0]))
    assert found.summary["exclusions"]["train"] == {
        "copy": 1,
        "contradiction": 1,
        "blank": 0,
        "no face": 1,
        "any": 1,
    }
    assert found.summary["exclusions"]["test"]["any"] == 1


def test_classes_are_counted_in_every_split(clean):
    classes = audit(clean).summary["classes"]
    for number, split in enumerate(SPLITS):
        expected = Counter(clean.labels_N[clean.splits_N == number].tolist())
        assert classes[split] == {name: expected[k] for k, name in enumerate(EMOTIONS)}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([lambda image: image, darker, mirrored]),
            st.sampled_from(EMOTIONS),
            st.integers(0, 2),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_all_counts_are_those_of_what_was_planted(rows):
    faces = dataset(*((change(scene(seed)), label, split) for seed, change, label, split in rows))
    found = audit(faces)

    size = len(rows)
    same = [(i, j) for i in range(size) for j in range(i) if rows[i][0] == rows[j][0]]
    assert {(copy.other, copy.row) for copy in found.copies} == set(same)
    identical = [pair for pair in same if rows[pair[0]][1] is rows[pair[1]][1]]
    assert found.summary["copies"]["identical"]["pairs"] == len(identical)

    seeds = [seed for seed, _, _, _ in rows]
    training = {seed for seed, _, _, split in rows if split == TRAIN}
    leaked = {i for i, row in enumerate(rows) if row[3] != TRAIN and row[0] in training}
    where = found.summary["copies"]["any"]["rows_of_with_copy_in"]
    assert where["validation"]["train"] + where["test"]["train"] == len(leaked)
    listed = {row for row, reason in reasons(found) if reason == "copy"}
    assert {row for row in listed if faces.splits_N[row] != TRAIN} == leaked

    labels = [{label for s, _, label, _ in rows if s == seed} for seed in set(seeds)]
    contradicting = sum(len(of_seed) > 1 for of_seed in labels)
    assert found.summary["contradictions"]["any"]["groups"] == contradicting


@pytest.fixture
def written(tmp_path):
    """A dataset with a leak, a contradiction and a blank held-out row, and its files."""
    faces = dataset(
        (scene(1), "sad", TRAIN),
        (darker(scene(1)), "sad", TEST),
        (scene(2), "sad", TRAIN),
        (scene(2), "fear", TRAIN),
        (np.zeros((48, 48), np.uint8), "happy", VALIDATION),
    )
    found = audit(faces)
    write_audit(found, faces, tmp_path / "made" / "audit")
    return faces, found, tmp_path / "made" / "audit"


def test_the_files_hold_what_was_found(written):
    faces, found, out = written
    assert json.loads((out / "audit.json").read_text()) == found.summary
    assert read_exclusions(out / "exclude.csv", faces).tolist() == [0, 2, 3]
    assert read_exclusions(out / "held_out.csv", faces).tolist() == [1, 4]
    with (out / "copies.csv").open(newline="") as file:
        copies = list(csv.DictReader(file))
    assert [(copy["row"], copy["other"], copy["kind"]) for copy in copies] == [
        ("0", "1", "near"),
        ("2", "3", "identical"),
    ]
    assert float(copies[0]["distance"]) <= LARGEST_DISTANCE
    assert {file.name for file in out.iterdir()} == {
        "audit.json",
        "copies.csv",
        "exclude.csv",
        "held_out.csv",
    }


def test_people_read_the_leak_first_and_then_every_table(written, capsys):
    _, found, _ = written
    print_audit(found.summary)
    printed = capsys.readouterr().out
    first = printed.splitlines()[0]
    assert first == "5 images; 1 of 1 test images (100.0%) are copies of training images"
    for words in (
        "byte-identical",
        "test in train",
        "contradicting",
        "surprise",
        "blank",
        "--votes",
    ):
        assert words in printed


def test_the_markdown_holds_the_same_numbers(written):
    faces, _, _ = written
    planted = {"change": "mirrored", "near": 1.0, "found": 0.995}
    measured = {"planted": [planted], "seconds": {"cpu": 29.3, "wall": 31.0}}
    lines = audit_table(audit(faces, votes_of(faces)).summary | measured).splitlines()
    assert "| mirrored | 100.0% | 99.5% |" in lines
    assert lines[-1] == "The audit took 31 s, and 29 s of processor time."
    assert "| byte-identical | 1 | 2 | 1 | 2 |" in lines
    assert "| test in train | 0 | 1 | 0 | 1 |" in lines
    assert "| sad | 3 | 3 | 0.0% | 0.0% | happy (3) |" in lines
    assert "| rows in all | 3 | 1 | 1 |" in lines
    assert all(
        row.count("|") == above.count("|")
        for above, row in pairwise(lines)
        if row.startswith("|") and above.startswith("|")
    )


def test_the_real_fer2013_holds_what_is_published(fer2013_path):
    folder = fer2013_path if fer2013_path.is_dir() else fer2013_path.parent
    faces, votes = load_fer2013(fer2013_path), load_votes(folder / "fer2013new.csv")
    found = audit(faces, votes)
    copies = found.summary["copies"]

    groups = identical_groups(faces.images_NHW)
    assert copies["identical"]["groups"] == len(groups)
    assert copies["identical"]["rows"] == sum(map(len, groups))
    leaked = copies["any"]["rows_of_with_copy_in"]["test"]["train"]
    assert copies["identical"]["rows_of_with_copy_in"]["test"]["train"] == 288
    assert leaked == pytest.approx(695, abs=5)
    assert sum(found.summary["blank"].values()) == 14
    assert found.summary["no_face"] == {"train": 150, "validation": 10, "test": 16}
    assert found.summary["votes"]["agreement"] == pytest.approx(0.6755, abs=1e-4)
