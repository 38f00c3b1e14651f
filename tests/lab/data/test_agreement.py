"""Votes agree with a label when the emotion that most of them name is the label."""

import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.lab.data.agreement import vote_agreement
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.ferplus import Votes
from ferlite.lab.data.layout import VOTES


def agreement(*rows):
    """Of rows (label, votes by FER+'s column names); None as votes is a row without a name."""
    counts = np.zeros((len(rows), 10), np.int64)
    for row, (_, votes) in enumerate(rows):
        for name, count in (votes or {"NF": 10}).items():
            counts[row, VOTES.index(name)] = count
    splits = np.zeros(len(rows), np.int8)
    labels = np.array([EMOTIONS.index(label) for label, _ in rows], np.int64)
    faces = FaceDataset("fer2013", np.zeros((len(rows), 48, 48), np.uint8), labels, splits)
    return vote_agreement(faces, Votes(counts, np.array([v is not None for _, v in rows]), splits))


@pytest.mark.parametrize(
    ("label", "column"),
    [
        ("neutral", "neutral"),
        ("happy", "happiness"),
        ("surprise", "surprise"),
        ("sad", "sadness"),
        ("angry", "anger"),
        ("disgust", "disgust"),
        ("fear", "fear"),
    ],
)
def test_each_label_agrees_with_its_own_column(label, column):
    found = agreement((label, {column: 10}))
    assert (found["agree"], found["agreement"], found["vote_share"]) == (1, 1.0, 1.0)
    assert found["per_class"][label]["majority"][label] == 1


def test_counts_and_shares_are_per_label_and_over_all():
    found = agreement(
        ("fear", {"fear": 8, "surprise": 2}),
        ("fear", {"surprise": 6, "fear": 4}),
        ("fear", {"surprise": 7, "fear": 3}),
        ("happy", {"happiness": 10}),
    )
    fear = found["per_class"]["fear"]
    assert (fear["rows"], fear["with_majority"], fear["agree"]) == (3, 3, 1)
    assert fear["agreement"] == pytest.approx(1 / 3, abs=1e-4)
    assert fear["vote_share"] == pytest.approx(0.5)
    assert fear["majority"] == dict.fromkeys((*EMOTIONS, "contempt", "none"), 0) | {
        "fear": 1,
        "surprise": 2,
    }
    assert found["agreement"] == 0.5
    assert found["vote_share"] == pytest.approx((8 + 4 + 3 + 10) / 40)


def test_rows_without_a_majority_neither_agree_nor_disagree():
    found = agreement(
        ("sad", {"sadness": 5, "neutral": 5}), ("sad", {"unknown": 9}), ("sad", {"contempt": 10})
    )
    assert (found["rows"], found["with_majority"], found["agreement"]) == (3, 1, 0.0)
    assert found["per_class"]["sad"]["majority"]["none"] == 2
    assert found["per_class"]["sad"]["majority"]["contempt"] == 1


def test_images_of_no_face_do_not_count():
    found = agreement(("sad", None), ("sad", {"sadness": 10}))
    assert (found["rows"], found["agreement"]) == (1, 1.0)


def test_labels_that_do_not_occur_have_no_shares():
    angry = agreement(("sad", {"sadness": 10}))["per_class"]["angry"]
    assert (angry["rows"], angry["agreement"], angry["vote_share"]) == (0, None, None)
