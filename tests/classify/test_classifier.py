import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ferlite import EMOTIONS, FerliteError
from ferlite.classify.classifier import LARGEST_BATCH, Classifier
from ferlite.errors import ModelError
from ferlite.lab.photos import with_photos

Model = Callable[..., Path]


@pytest.fixture
def gray_faces(brightness_of: dict[str, int]) -> Callable[..., np.ndarray]:
    """Faces that the brightness network reads as these emotions."""
    return lambda *emotions: np.stack(
        [np.full((1, 48, 48), brightness_of[e], np.uint8) for e in emotions]
    )


def test_it_learns_size_channels_and_name_from_the_file(make_model: Model):
    file = make_model(channels=3, size=64)
    classifier = Classifier(file)
    assert (classifier.channels, classifier.size, classifier.name) == (3, (64, 64), "brightness")


def test_each_face_gets_its_own_probabilities(brightness_model: Path, gray_faces):
    probabilities_N7 = Classifier(brightness_model)(gray_faces(*EMOTIONS))
    assert probabilities_N7.dtype == np.float32
    assert probabilities_N7.argmax(1).tolist() == list(range(7))
    assert probabilities_N7.sum(1) == pytest.approx(np.ones(7), abs=1e-6)


def test_another_order_of_classes_is_put_right(make_model: Model, gray_faces):
    backwards = make_model(emotions=EMOTIONS[::-1])
    # In this file the darkest face is the last emotion.
    probabilities_N7 = Classifier(backwards)(gray_faces("angry", "disgust"))
    assert [EMOTIONS[i] for i in probabilities_N7.argmax(1)] == ["neutral", "surprise"]


def test_classes_may_have_their_other_names(make_model: Model, gray_faces):
    names = ["Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise", "Neutral"]
    file = make_model(emotions=names)
    assert Classifier(file)(gray_faces("happy")).argmax() == EMOTIONS.index("happy")


def test_contempt_may_be_an_eighth_class_wherever_it_stands(make_model: Model, gray_faces):
    classifier = Classifier(make_model(emotions=("Contempt", *EMOTIONS)))
    assert classifier.classes == (*EMOTIONS, "contempt")
    # In this file the darkest face shows contempt, the brightest is neutral as ever.
    probabilities_N8 = classifier(gray_faces("angry", "neutral"))
    assert [classifier.classes[i] for i in probabilities_N8.argmax(1)] == ["contempt", "neutral"]
    assert probabilities_N8.sum(1) == pytest.approx(np.ones(2), abs=1e-6)


@pytest.mark.parametrize(
    ("sources", "labels", "used", "answer"),
    [
        (1, "auto", "fer2013", "angry"),
        (2, "auto", "ferplus", "neutral"),
        (2, "fer2013", "fer2013", "angry"),
        (3, "ferplus", "ferplus", "neutral"),
        (3, "auto", "photos", "surprise"),
    ],
)
def test_a_file_may_have_several_label_sources(
    make_model: Model, gray_faces, sources: int, labels, used: str, answer: str
):
    # For votes this file takes the darkest face for the last emotion.
    file = make_model(voted=sources > 1)
    if sources > 2:
        # So much of the prior is taken out that the less frequent neighbour wins.
        with_photos(file, file, tau=5)
    classifier = Classifier(file, labels=labels)
    assert (classifier.labels, len(classifier.sources)) == (used, sources)
    assert EMOTIONS[classifier(gray_faces("angry")).argmax()] == answer
    again = pickle.loads(pickle.dumps(classifier))
    assert again.labels == used


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ("photos", "brightness has no answer for labels 'photos', only for fer2013"),
        ("people", "labels must be one of auto, photos, ferplus, fer2013, not 'people'"),
        ("original", "labels 'original' are now called 'fer2013'"),
    ],
)
def test_what_is_no_label_source_is_refused(make_model: Model, labels, sentence: str):
    with pytest.raises(ModelError, match=sentence):
        Classifier(make_model(), labels=labels)


@pytest.mark.parametrize("count", [0, 1, LARGEST_BATCH, LARGEST_BATCH + 1, 2 * LARGEST_BATCH + 3])
def test_any_number_of_faces_is_answered_face_by_face(
    brightness_model: Path, gray_faces, count: int
):
    wanted = np.arange(count) % 7
    faces = [gray_faces(*EMOTIONS)[i] for i in wanted]
    faces_NCHW = np.stack(faces) if faces else np.empty((0, 1, 48, 48), np.uint8)
    probabilities_N7 = Classifier(brightness_model)(faces_NCHW)
    assert probabilities_N7.shape == (count, 7)
    assert probabilities_N7.argmax(1).tolist() == wanted.tolist()


@pytest.mark.parametrize(
    "faces",
    [
        np.zeros((1, 1, 48, 48), np.float32),
        np.zeros((1, 3, 48, 48), np.uint8),
        np.zeros((1, 1, 64, 64), np.uint8),
        np.zeros((1, 48, 48), np.uint8),
    ],
)
def test_faces_of_another_shape_or_type_are_refused(brightness_model: Path, faces: np.ndarray):
    with pytest.raises(FerliteError, match=r"takes uint8 faces of shape \(N, 1, 48, 48\)"):
        Classifier(brightness_model)(faces)


@pytest.mark.parametrize(
    ("difference", "sentence"),
    [
        ({"input_name": "image"}, "its input is not 'faces'"),
        ({"channels": 2}, "its input is not 'faces'"),
        ({"batch": 1}, "its input is not 'faces'"),
        ({"output_name": "scores"}, "its output is not 'probabilities'"),
        ({"metadata": False}, "does not say which emotions"),
        ({"emotions": (*EMOTIONS, "bored")}, r"does not know \(bored\)"),
        ({"emotions": (*EMOTIONS[:6], "contempt")}, "lacks the emotions neutral"),
        ({"emotions": EMOTIONS[:6]}, "lacks the emotions neutral"),
        ({"emotions": (*EMOTIONS[:6], "anger")}, "lacks the emotions neutral"),
        ({"emotions": (*EMOTIONS, "anger")}, "its output is not 'probabilities'"),
    ],
)
def test_a_foreign_network_is_refused_and_told_apart(make_model: Model, difference, sentence):
    file = make_model(**difference)
    with pytest.raises(FerliteError, match=sentence) as error:
        Classifier(file)
    assert "made.onnx is not an emotion model of ferlite's" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x08\x12\x00" * 10])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, content: bytes, capfd):
    file = tmp_path / "broken.onnx"
    file.write_bytes(content)
    with pytest.raises(FerliteError, match=r"broken\.onnx is not"):
        Classifier(file)
    assert capfd.readouterr().err == ""


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FerliteError, match=r"no model file .*gone\.onnx"):
        Classifier(tmp_path / "gone.onnx")


def test_no_threads_is_refused(brightness_model: Path):
    with pytest.raises(FerliteError, match="threads must be at least 1"):
        Classifier(brightness_model, threads=0)
