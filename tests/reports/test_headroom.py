"""Headroom: networks alone, together and beside people."""

import numpy as np
import pytest

from ferlite.lab.data.dataset import FaceDataset
from reports.headroom import PEOPLE_SEE, headroom


def sure_of(*classes: int) -> np.ndarray:
    return np.where(np.eye(7)[list(classes)], 0.94, 0.01).astype(np.float32)


LABELS = np.array([0, 1, 2, 3, 4])
FACES = FaceDataset("fer2013", np.zeros((5, 48, 48), np.uint8), LABELS, np.zeros(5, np.int8))
# Face 0: one network is right. Faces 1 to 4 are missed by both.
ONE, OTHER = sure_of(0, 6, 6, 6, 6), sure_of(6, 6, 6, 6, 6)
VOTES = np.eye(7)[[0, 1, 6, 5, 4]]
VOTES[4] = (0.5, 0, 0, 0, 0.5, 0, 0)


def test_people_see_in_what_all_miss_the_label_or_what_networks_say_or_neither() -> None:
    found = headroom(FACES, VOTES, {"one": (ONE, ONE), "other": (OTHER, OTHER)})
    assert found["missed_by_all"] == {"n": 4, "people_see": dict.fromkeys(PEOPLE_SEE, 1)}
    assert found["people_see"]["the label"] == 2
    assert found["n"] == sum(found["people_see"].values()) == 5


def test_faces_that_nobody_could_name_count_as_no_one_emotion() -> None:
    found = headroom(FACES, np.zeros((5, 7)), {"one": (ONE, ONE), "other": (OTHER, OTHER)})
    assert found["missed_by_all"]["people_see"]["no one emotion"] == 4


def test_networks_are_measured_alone_and_with_the_mirror_image() -> None:
    right = sure_of(*LABELS)
    found = headroom(FACES, VOTES, {"one": (ONE, right), "other": (OTHER, OTHER)})
    assert found["networks"]["one"]["alone"]["accuracy"] == pytest.approx(0.2)
    assert found["networks"]["one"]["alone"]["log_loss"] == pytest.approx(
        -(np.log(0.94) + 4 * np.log(0.01)) / 5
    )
    half = (0.94 + 0.01) / 2
    assert found["networks"]["one"]["mirrored"]["log_loss"] == pytest.approx(
        -(np.log(0.94) + 4 * np.log(half)) / 5
    )
    assert found["two_agree"] == pytest.approx(0.8)


def test_together_is_the_mean_of_their_answers() -> None:
    doubt = np.full((5, 7), 1 / 7, np.float32)
    found = headroom(FACES, VOTES, {"one": (ONE, ONE), "other": (doubt, doubt)})
    mean = (ONE + doubt) / 2
    rows = np.arange(5)
    assert found["together"]["alone"]["accuracy"] == pytest.approx(0.2)
    assert found["together"]["alone"]["log_loss"] == pytest.approx(
        -np.log(mean[rows, LABELS]).mean(), rel=1e-5
    )
