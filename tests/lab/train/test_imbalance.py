"""Rare emotions count more or come more often, as the papers say."""

import pytest
import torch

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.recipe import Imbalance, load_recipe
from ferlite.lab.train.imbalance import class_weights, faces_per_epoch

FER2013 = torch.tensor([3995, 436, 4097, 7215, 4830, 3171, 4965])  # faces to train on


def test_class_weights_follow_the_papers_formula() -> None:
    weights = class_weights(FER2013)
    assert weights[EMOTIONS.index("disgust")] == pytest.approx(28709 / (7 * 436))
    assert weights[EMOTIONS.index("happy")] == pytest.approx(28709 / (7 * 7215))
    assert (weights * FER2013).sum() == pytest.approx(28709), "the mean over the faces is 1"


def test_a_class_without_faces_weighs_nothing() -> None:
    assert class_weights(torch.tensor([4, 0])).tolist() == [0.5, 0.0]


def test_light_emonet_shows_the_papers_numbers_of_faces_per_epoch() -> None:
    faces = faces_per_epoch(load_recipe("light_emonet").imbalance, FER2013, EMOTIONS)
    assert faces is not None
    assert dict(zip(EMOTIONS, faces.tolist(), strict=True)) == {
        "angry": 8000,
        "disgust": 5500,
        "fear": 8400,
        "happy": 7215,
        "sad": 4830,
        "surprise": 7500,
        "neutral": 4965,
    }


def test_dlfer_shows_every_emotion_as_often_as_the_most_frequent() -> None:
    faces = faces_per_epoch(load_recipe("dlfer").imbalance, FER2013, EMOTIONS)
    assert faces is not None
    assert faces.tolist() == [7215] * 7


def test_a_small_set_comes_several_times_every_class_alike() -> None:
    few = torch.tensor([30, 10, 0])
    faces = faces_per_epoch(Imbalance(min_faces=100), few, ["calm", "tense", "absent"])
    assert faces is not None
    assert faces.tolist() == [50, 50, 50]  # of none there are none to draw
    assert faces_per_epoch(Imbalance(min_faces=10), few, ["calm", "tense", "absent"]) is not None
    no_more = Imbalance(min_faces=100, max_repeats=2)
    limited = faces_per_epoch(no_more, few, ["calm", "tense", "absent"])
    assert limited is not None
    assert limited.tolist() == [40, 40, 40]


def test_nothing_asked_is_nothing_done() -> None:
    assert faces_per_epoch(Imbalance(), FER2013, EMOTIONS) is None


def test_an_emotion_that_the_data_lacks_gets_one_sentence() -> None:
    how = Imbalance(faces_per_epoch={"disgusted": 9000})
    with pytest.raises(FerliteError, match="no class 'disgusted' \\(did you mean 'disgust'"):
        faces_per_epoch(how, FER2013, EMOTIONS)
