import json

import pytest

from ferlite import EMOTIONS
from ferlite.faces.summary import LONGEST_LINK, Episode, Summary, valence


def sure(emotion: str) -> dict[str, float]:
    return {name: float(name == emotion) for name in EMOTIONS}


def summary(*frames: tuple[float, float, str]) -> Summary:
    """Of frames that begin and last so long and show one emotion."""
    made = Summary()
    for time, seconds, emotion in frames:
        made.add(time, seconds, emotion, sure(emotion))
    return made


def test_shares_are_of_time_not_of_frames():
    made = summary((1, 3, "happy"), (4, 0.5, "sad"), (4.5, 0.5, "sad"))
    assert (made.first, made.last, made.seconds, made.mostly) == (1, 4.5, 4, "happy")
    assert made.shares == {**dict.fromkeys(EMOTIONS, 0.0), "happy": 0.75, "sad": 0.25}
    assert made.probabilities == made.shares
    assert made.valence == 0.5


def test_an_episode_ends_with_the_emotion_and_with_a_long_absence():
    away = LONGEST_LINK + 0.1
    made = summary(
        (0, 1, "happy"), (1, 1, "happy"), (2, 1, "sad"),
        (3 + away, 1, "sad"), (4 + away, 1, "sad"), (5 + away, 1, "sad"),
    )  # fmt: skip
    assert made.longest == Episode("sad", 3 + away, pytest.approx(3))
    assert made.changes == 1


def test_a_short_absence_interrupts_nothing():
    made = summary((0, 1, "happy"), (1.5, 1, "happy"))
    assert made.longest == Episode("happy", 0, 2.5)
    assert made.seconds == 2


def test_what_changed_while_nobody_saw_it_is_no_change():
    assert summary((0, 1, "happy"), (10, 1, "sad")).changes == 0
    assert summary((0, 1, "happy"), (1, 1, "sad"), (2, 1, "happy")).changes == 2


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        (sure("happy"), 1),
        (sure("disgust"), -1),
        (sure("surprise"), 0),
        ({"happy": 0.3, "angry": 0.1, "sad": 0.4, "neutral": 0.2}, -0.1),
        ({"calm": 1.0}, 0),
    ],
)
def test_valence_is_happy_minus_the_strongest_negative_emotion(probabilities, expected):
    assert valence(probabilities) == pytest.approx(expected)


def test_it_is_ready_for_json():
    told = json.loads(json.dumps(summary((0, 1, "fear"), (1, 2, "sad")).to_dict()))
    assert told["longest_episode"] == {"emotion": "sad", "start": 1, "seconds": 2}
    assert (told["seconds"], told["mostly"], told["changes"], told["valence"]) == (3, "sad", 1, -1)
    assert set(told["shares"]) == set(told["probabilities"]) == set(EMOTIONS)
