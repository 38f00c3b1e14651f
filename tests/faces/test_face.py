import json

import pytest

from ferlite import EMOTIONS, Face
from ferlite.faces.face import COLUMNS

FACE = Face.of((10, 20, 30, 40), 0.9, (0.0, 0.0, 0.0, 0.75, 0.0, 0.25, 0.0))


def test_the_emotion_is_the_most_probable_one():
    assert (FACE.emotion, FACE.confidence) == ("happy", 0.75)


def test_as_a_dictionary_it_is_ready_for_json():
    assert json.loads(json.dumps(FACE.to_dict())) == {
        "box": [10, 20, 30, 40],
        "detection_score": 0.9,
        "emotion": "happy",
        "confidence": 0.75,
        "probabilities": dict(zip(EMOTIONS, (0.0, 0.0, 0.0, 0.75, 0.0, 0.25, 0.0), strict=True)),
        "track_id": None,
    }


def test_as_a_row_it_fits_the_columns():
    row = dict(zip(COLUMNS, FACE.to_row(), strict=True))
    assert (row["x"], row["y"], row["w"], row["h"]) == FACE.box
    assert row["emotion"] == "happy"
    assert [row[emotion] for emotion in EMOTIONS] == list(FACE.probabilities.values())


def test_a_face_cannot_be_changed():
    with pytest.raises(AttributeError):
        FACE.emotion = "sad"  # type: ignore[misc]
