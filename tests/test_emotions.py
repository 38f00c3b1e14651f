import pytest

from ferlite import EMOTIONS
from ferlite.emotions import emotion_index


def test_the_order_is_fer2013s():
    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.mark.parametrize("number", range(7))
def test_an_emotion_is_found_by_its_own_name(number: int):
    assert emotion_index(EMOTIONS[number]) == number


@pytest.mark.parametrize(
    ("name", "emotion"),
    [
        ("Anger", "angry"),
        ("disgusted", "disgust"),
        (" FEARFUL ", "fear"),
        ("joy", "happy"),
        ("Happiness", "happy"),
        ("sadness", "sad"),
        ("surprised", "surprise"),
    ],
)
def test_an_emotion_is_found_by_the_names_that_others_use(name: str, emotion: str):
    assert EMOTIONS[emotion_index(name)] == emotion


@pytest.mark.parametrize("name", ["", "contempt", "happ", "0"])
def test_any_other_name_is_refused(name: str):
    with pytest.raises(KeyError):
        emotion_index(name)
