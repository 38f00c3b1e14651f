from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ferlite.recognizer
from ferlite import EMOTIONS, EmotionRecognizer, FerliteError
from ferlite.classify.classifier import Classifier
from ferlite.faces.track import iou
from ferlite.media import image
from tests.images import pixels, resized, to_size, turned


@pytest.fixture(scope="module")
def recognizer(brightness_model: Path) -> EmotionRecognizer:
    return EmotionRecognizer(brightness_model)


@pytest.fixture(scope="module")
def whole(brightness_model: Path) -> EmotionRecognizer:
    """One that takes every picture as a face, so that its brightness is its emotion."""
    return EmotionRecognizer(brightness_model, "none")


@pytest.fixture(scope="module")
def portrait(astronaut: Path) -> np.ndarray:
    return np.ascontiguousarray(pixels(astronaut)[:, :, ::-1])  # BGR, as OpenCV's


def test_a_face_has_all_that_it_promises(recognizer: EmotionRecognizer, astronaut: Path):
    (face,) = recognizer.recognize(astronaut)
    x, y, w, h = face.box
    assert all(type(side) is int for side in face.box)
    assert (x + w / 2, y + h / 2) == pytest.approx((224, 116), abs=10)
    assert 0.5 < face.detection_score <= 1
    assert face.emotion == max(face.probabilities, key=face.probabilities.__getitem__)
    assert face.confidence == max(face.probabilities.values())
    assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-12)
    assert face.track_id is None


def test_every_form_of_a_picture_gives_the_same_faces(
    recognizer: EmotionRecognizer, astronaut: Path, portrait: np.ndarray
):
    expected = recognizer.recognize(astronaut)
    assert recognizer.recognize(str(astronaut)) == expected
    assert recognizer.recognize(astronaut.read_bytes()) == expected
    assert recognizer.recognize(portrait, channels="bgr") == expected
    assert recognizer.recognize(portrait[:, :, ::-1]) == expected
    assert recognizer.recognize(portrait[:, :, ::-1].astype(np.float32) / 255) == expected
    with Image.open(astronaut) as pil:
        (face,) = recognizer.recognize(pil)
    assert face.box == expected[0].box


def test_where_there_is_no_face_the_answer_is_empty(recognizer: EmotionRecognizer):
    assert recognizer.recognize(np.zeros((100, 100, 3), np.uint8)) == []


def test_faces_come_largest_first(recognizer: EmotionRecognizer, portrait: np.ndarray):
    small = resized(portrait, 0.5)
    both = np.zeros((512, 768, 3), np.uint8)
    both[:256, :256] = small
    both[:, 256:] = portrait
    widths = [face.box[2] for face in recognizer.recognize(both, channels="bgr")]
    assert len(widths) == 2
    assert widths[0] > 1.5 * widths[1]


def test_more_faces_than_wanted_are_refused_before_any_is_read(
    recognizer: EmotionRecognizer, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    two = np.hstack([portrait, portrait])
    monkeypatch.setattr(type(recognizer.classifier), "__call__", None)
    with pytest.raises(FerliteError, match="has 2 faces, over the limit of 1"):
        recognizer.recognize(two, max_faces=1)


def test_a_sideways_photo_is_read_upright(
    recognizer: EmotionRecognizer, astronaut: Path, tmp_path: Path
):
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(astronaut) as image:
        sideways = image.transpose(Image.Transpose.ROTATE_90)
    sideways.save(tmp_path / "sideways.jpg", exif=exif, quality=95)
    (face,) = recognizer.recognize(tmp_path / "sideways.jpg")
    assert face.box == pytest.approx(recognizer.recognize(astronaut)[0].box, abs=4)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_without_a_detector_the_whole_picture_is_the_face(
    whole: EmotionRecognizer, brightness_of: dict[str, int], emotion: str
):
    (face,) = whole.recognize(np.full((30, 50), brightness_of[emotion], np.uint8))
    assert face.emotion == emotion
    assert face.box == (0, 0, 50, 30)
    assert face.detection_score == 1


def test_a_network_that_knows_contempt_is_no_reader_of_faces(make_model):
    file = make_model(emotions=(*EMOTIONS, "contempt"))
    with pytest.raises(FerliteError, match=r"made\.onnx tells contempt apart too") as error:
        EmotionRecognizer(file, "none")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("labels", "emotion"), [("auto", "neutral"), ("ferplus", "neutral"), ("fer2013", "angry")]
)
def test_faces_are_read_as_people_vote_where_the_network_can(make_model, labels, emotion):
    recognizer = EmotionRecognizer(make_model(voted=True), "none", labels=labels)
    (face,) = recognizer.recognize(np.zeros((60, 60), np.uint8))
    assert face.emotion == emotion


def test_the_margin_says_how_much_around_the_face_is_seen(brightness_model: Path):
    dark_with_bright_middle = np.zeros((100, 100, 3), np.uint8)
    dark_with_bright_middle[25:75, 25:75] = 255
    read = {
        margin: EmotionRecognizer(brightness_model, "none", margin=margin)
        .recognize(dark_with_bright_middle)[0]
        .emotion
        for margin in (0.5, 2.0)
    }
    assert read == {0.5: "neutral", 2.0: "angry"}


def test_a_batch_gives_each_picture_its_own_faces(
    recognizer: EmotionRecognizer, astronaut: Path, portrait: np.ndarray
):
    nothing = np.zeros((100, 100, 3), np.uint8)
    mirrored = np.ascontiguousarray(portrait[:, ::-1, ::-1])
    pictures = [astronaut, nothing, mirrored, astronaut]
    found = recognizer.recognize_batch(iter(pictures))
    assert [len(faces) for faces in found] == [1, 0, 1, 1]
    assert found == [recognizer.recognize(picture) for picture in pictures]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many faces go through the network at a time, filled as they go."""
    sizes: list[int] = []
    classify = Classifier.__call__

    def counted(network: Classifier, faces_NCHW: np.ndarray) -> np.ndarray:
        sizes.append(len(faces_NCHW))
        return classify(network, faces_NCHW)

    monkeypatch.setattr(Classifier, "__call__", counted)
    return sizes


def test_a_batch_goes_through_the_network_at_once(
    recognizer: EmotionRecognizer, astronaut: Path, batches: list[int]
):
    recognizer.recognize_batch([astronaut] * 3)
    assert batches == [3]


def test_the_faces_of_one_picture_go_through_the_network_at_once(
    recognizer: EmotionRecognizer, portrait: np.ndarray, batches: list[int]
):
    crowd = np.tile(to_size(portrait[36:196, 144:304], (100, 100)), (3, 4, 1))
    assert len(recognizer.recognize(crowd, channels="bgr")) == 12
    assert batches == [12]


def test_a_large_photo_is_searched_small_but_cropped_at_full_size(
    recognizer: EmotionRecognizer, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    """What a face shows is the same in a photo five times as large as in the photo itself."""
    cut = []
    real = ferlite.recognizer.crop

    def seen(image, box, *rest):
        cut.append((image.shape, box[2]))
        return real(image, box, *rest)

    monkeypatch.setattr(ferlite.recognizer, "crop", seen)
    large = resized(portrait, 5)
    (face,) = recognizer.recognize(large, channels="bgr")
    assert cut == [(large.shape, pytest.approx(face.box[2], abs=1))]
    assert face.box[2] == pytest.approx(5 * 123, abs=5 * 15)


def test_a_tilted_face_is_read_upright(
    brightness_model: Path, yunet_file: Path, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    """In images, in videos and where an answer is explained."""
    tilted = turned(resized(portrait, 2), 30, (448, 232))
    recognizer = EmotionRecognizer(brightness_model, "yunet", yunet=yunet_file)
    (face,) = recognizer.recognize(tilted, channels="bgr")
    assert face.angle == pytest.approx(30, abs=10)
    assert recognizer.explain(tilted, face, channels="bgr").angle == face.angle
    (seen,) = recognizer.tracker(channels="bgr").update(tilted, 0.0).faces
    assert seen.angle == face.angle


def test_an_empty_batch_is_answered(recognizer: EmotionRecognizer):
    assert recognizer.recognize_batch([]) == []


def test_one_image_is_no_batch_and_several_are_no_image(recognizer: EmotionRecognizer):
    with pytest.raises(FerliteError, match="give a list"):
        recognizer.recognize_batch("photo.jpg")
    with pytest.raises(FerliteError, match="recognize_batch takes several"):
        recognizer.recognize(["photo.jpg"])


def test_a_bad_picture_of_a_batch_is_counted_and_named(
    whole: EmotionRecognizer, astronaut: Path, tmp_path: Path
):
    with pytest.raises(FerliteError, match=r"image 1 of the batch: .*gone\.jpg: there is no such"):
        whole.recognize_batch([astronaut, tmp_path / "gone.jpg"])


def test_it_may_be_shared_between_threads(
    recognizer: EmotionRecognizer, astronaut: Path, portrait: np.ndarray
):
    half = resized(portrait, 0.6)[:, :, ::-1]
    pictures = [astronaut, half] * 4
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(recognizer.recognize, pictures))
    assert together == [recognizer.recognize(picture) for picture in pictures]


def test_a_colour_network_sees_rgb(make_model, brightness_of: dict[str, int]):
    recognizer = EmotionRecognizer(make_model(channels=3, size=32), "none")
    (face,) = recognizer.recognize(np.full((9, 9, 3), brightness_of["fear"], np.uint8))
    assert face.emotion == "fear"


def test_it_may_be_sent_to_spawned_processes(make_model, astronaut: Path):
    recognizer = EmotionRecognizer(make_model(voted=True), labels="fer2013", min_size=60)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        elsewhere = pool.submit(recognizer.recognize, astronaut).result()
    assert elsewhere == recognizer.recognize(astronaut)
    assert len(elsewhere) == 1


def test_all_detectors_find_the_same_face(
    brightness_model: Path, yunet_file: Path, recognizer: EmotionRecognizer, astronaut: Path
):
    (known,) = recognizer.recognize(astronaut)
    pytest.importorskip("cv2")
    for detector, file in (("haar", None), ("yunet", yunet_file)):
        (face,) = EmotionRecognizer(brightness_model, detector, yunet=file).recognize(astronaut)
        assert iou(face.box, known.box) > 0.6


@pytest.mark.parametrize("asked", [{"min_size": 130}, {"min_score": 0.99}])
def test_small_and_unsure_faces_can_be_left_out(brightness_model: Path, astronaut: Path, asked):
    assert EmotionRecognizer(brightness_model, **asked).recognize(astronaut) == []


def test_sizes_are_those_of_the_whole_image_where_a_jpeg_is_decoded_smaller(
    brightness_model: Path, astronaut: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(image, "DECODED_PIXELS", 130 * 130)  # a quarter of each side
    (face,) = EmotionRecognizer(brightness_model, min_size=100).recognize(astronaut)
    assert face.box[2] == pytest.approx(123, abs=12)
    assert EmotionRecognizer(brightness_model, min_size=140).recognize(astronaut) == []


def test_an_explanation_shows_the_regions_that_drove_the_answer(whole: EmotionRecognizer):
    """The brightness network takes gray for happy, and would miss the light of the left half."""
    picture = np.zeros((60, 60), np.uint8)
    picture[:, :30] = 255
    (face,) = whole.recognize(picture)
    why = whole.explain(picture, face)
    assert (why.emotion, why.square) == (face.emotion, (0, 0, 60))
    assert why.heat_HW.shape == (48, 48)
    light = whole.explain(picture, face, emotion="neutral").heat_HW
    assert light[:, :16].min() > 0 > light[:, 32:].max()


def test_an_explanation_lies_on_what_the_network_saw_of_the_face(
    recognizer: EmotionRecognizer, astronaut: Path
):
    (face,) = recognizer.recognize(astronaut)
    left, top, side = recognizer.explain(astronaut, face).square
    assert side == pytest.approx(recognizer.margin * face.box[2], abs=1)
    assert (left + side / 2, top + side / 2) == pytest.approx((224, 116), abs=10)


def test_an_emotion_that_is_none_is_not_explained(whole: EmotionRecognizer):
    picture = np.zeros((60, 60), np.uint8)
    with pytest.raises(FerliteError, match=r"emotion must be one of angry, .*not 'joy'"):
        whole.explain(picture, whole.recognize(picture)[0], emotion="joy")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"detector": "dlib"}, "detector must be one of blazeface, yunet, haar, none, not 'dlib'"),
        ({"detector": "yunet"}, "there is no YuNet file .*models pull yunet"),
        ({"yunet": "file.onnx"}, "the detector is 'blazeface'; choose the detector 'yunet'"),
        ({"detector": "yunet", "yunet": "gone.onnx"}, r"there is no YuNet file gone\.onnx"),
        ({"min_score": 1.5}, "min_score must be between 0 and 1"),
        ({"min_size": 0}, "min_size must be at least 1 pixel"),
        ({"margin": 0}, "margin must be more than 0"),
        ({"margin": float("nan")}, "margin must be more than 0"),
        ({"margin": 11}, "at most 10"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"model": "nonsense"}, "there is no model 'nonsense'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(brightness_model: Path, arguments, sentence):
    with pytest.raises(FerliteError, match=sentence):
        EmotionRecognizer(**{"model": brightness_model, **arguments})
