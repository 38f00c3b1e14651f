"""Both detectors promise the same; what only one promises stands below."""

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ferlite import FerliteError, ModelError
from ferlite.faces.haar import Haar
from ferlite.faces.yunet import YuNet
from ferlite.media.image import load
from tests.images import resized, to_size, turned


@pytest.fixture(params=["haar", "yunet"])
def detector(request: pytest.FixtureRequest) -> Haar | YuNet:
    if request.param == "haar":
        pytest.importorskip("cv2")
        return Haar()
    return YuNet(request.getfixturevalue("yunet_file"))


@pytest.fixture(scope="module")
def portrait(astronaut: Path) -> np.ndarray:
    return load(astronaut)


def centre(box):
    x, y, w, h = box
    return x + w / 2, y + h / 2


def test_the_face_of_a_portrait_is_found(detector, portrait):
    (found,) = detector.detect(portrait)
    box, score = found[:2]
    assert centre(box) == pytest.approx((224, 116), abs=10)
    assert box[2] == pytest.approx(95, abs=15)
    assert 0.5 < score <= 1


def test_nothing_is_found_where_there_is_nothing(detector):
    assert detector.detect(np.full((200, 300, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 2000, 3), (3000, 2, 3), (32, 500, 3)])
def test_the_oddest_image_is_searched_without_complaint(detector, shape):
    assert detector.detect(np.zeros(shape, np.uint8)) == []


def test_a_face_that_fills_the_image_is_found(detector, portrait):
    face = portrait[76:160, 182:266]
    found = max(detector.detect(face), key=lambda each: each.box[2])
    assert centre(found.box) == pytest.approx((42, 42), abs=12)
    assert 0.6 < found.box[2] / 84 < 1.5


def test_a_face_of_40_pixels_is_found_in_a_photo(detector, portrait):
    small = resized(portrait, 40 / 95)
    canvas = np.full((480, 640, 3), 90, np.uint8)
    canvas[100 : 100 + small.shape[0], 300 : 300 + small.shape[1]] = small
    (found,) = detector.detect(canvas)
    assert centre(found.box) == pytest.approx((300 + 224 * 40 / 95, 100 + 116 * 40 / 95), abs=6)


@pytest.mark.parametrize("angle", [-30, -15, 15, 30])
def test_yunet_tells_how_a_head_is_tilted(portrait, yunet_file, angle: int):
    """For faces of 180 pixels or more: in smaller ones YuNet sees only a part of the tilt."""
    yunet, large = YuNet(yunet_file), resized(portrait, 2)
    (upright,), (tilted,) = yunet.detect(large), yunet.detect(turned(large, angle, (448, 232)))
    assert tilted.angle - upright.angle == pytest.approx(angle, abs=10)


def test_boxes_in_a_large_image_are_in_its_own_pixels(detector, portrait):
    large = resized(portrait, 4)
    (found,) = detector.detect(large)
    assert centre(found[0]) == pytest.approx((4 * 224, 4 * 116), abs=40)


def test_two_images_at_once_do_not_disturb_each_other(detector, portrait):
    half = resized(portrait, 0.5)
    alone = {id(image): detector.detect(image) for image in (portrait, half)}
    images = [portrait, half] * 4
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.detect, images))
    assert together == [alone[id(image)] for image in images]


def test_yunet_gives_the_landmarks_of_a_face(portrait, yunet_file):
    (face,) = YuNet(yunet_file).detect(portrait)
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_eye[1] < nose[1] < right_mouth[1]
    assert right_mouth[0] < left_mouth[0]


@pytest.mark.parametrize("size", [(512, 512), (350, 200), (63, 97)])
def test_yunet_answers_as_opencv_does(portrait, yunet_file, size):
    cv2 = pytest.importorskip("cv2")
    image = to_size(portrait[:300, 70:370], size)
    (ours,) = YuNet(yunet_file).detect(image)
    theirs = cv2.FaceDetectorYN.create(str(yunet_file), "", size, 0.6).detect(image[:, :, ::-1])[1]
    expected = [*ours.box, *np.ravel(ours.landmarks), ours.score]
    np.testing.assert_allclose(theirs, [expected], atol=0.01)


def test_of_a_crowd_yunet_finds_everyone(portrait, yunet_file):
    crowd = np.tile(portrait[:300, 70:370], (2, 3, 1))
    found = YuNet(yunet_file).detect(crowd)
    (alone,) = YuNet(yunet_file).detect(portrait[:300, 70:370])
    x, y = centre(alone.box)
    places = [centre(face.box) for face in found]
    expected = [(x + dx, y + dy) for dx in (0, 300, 600) for dy in (0, 300)]
    for place in expected:
        assert min(abs(a - place[0]) + abs(b - place[1]) for a, b in places) < 5
    assert len(found) == 6


def test_a_yunet_file_that_is_missing_is_refused_with_the_way_to_get_it(tmp_path):
    with pytest.raises(ModelError, match="models pull yunet"):
        YuNet(tmp_path / "none.onnx")


def test_another_network_is_not_taken_for_yunet(brightness_model):
    with pytest.raises(ModelError, match="not a YuNet"):
        YuNet(brightness_model)


def test_an_opencv_without_cascades_is_named(monkeypatch):
    monkeypatch.delattr(pytest.importorskip("cv2"), "CascadeClassifier")
    with pytest.raises(FerliteError, match="opencv-python-headless<5"):
        Haar()


def test_haar_without_opencv_is_refused_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    needs = r"detector 'haar' needs OpenCV: pip install 'ferlite\[lab\]'"
    with pytest.raises(FerliteError, match=needs):
        Haar()


def test_a_detector_can_be_pickled(detector, portrait):
    assert pickle.loads(pickle.dumps(detector)).detect(portrait) == detector.detect(portrait)
