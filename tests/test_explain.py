import numpy as np
import pytest

from ferlite import EMOTIONS
from ferlite.explain import occlusion

HAPPY = EMOTIONS.index("happy")
EYE = np.s_[8:18, 28:40]


class EyeReader:
    """A network that looks at one region only: the brighter it is, the happier the face."""

    def __init__(self, slope: float = 0.02) -> None:
        self.slope = slope
        self.calls: list[int] = []

    def __call__(self, faces_NCHW: np.ndarray) -> np.ndarray:
        self.calls.append(len(faces_NCHW))
        light_N = faces_NCHW[:, :, *EYE].mean((1, 2, 3))
        p_N = 1 / (1 + np.exp(-self.slope * light_N))
        out_N7 = np.repeat((1 - p_N)[:, None] / 6, 7, axis=1)
        out_N7[:, HAPPY] = p_N
        return out_N7.astype(np.float32)


@pytest.fixture
def face() -> np.ndarray:
    """A dim face with one bright eye."""
    face = np.random.default_rng(0).integers(0, 60, (1, 48, 48), np.uint8)
    face[:, *EYE] = 220
    return face


def far_from_the_eye() -> np.ndarray:
    """Pixels whose every cover misses the eye: it is 12 pixels wide."""
    far = np.ones((48, 48), bool)
    far[:30, 16:] = False
    return far


def test_the_heat_is_where_the_network_looks_and_nowhere_else(face: np.ndarray):
    heat = occlusion(EyeReader(), face, HAPPY)
    assert (heat.shape, heat.dtype) == ((48, 48), np.float32)
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    assert 8 <= y < 18
    assert 28 <= x < 40
    assert heat[13, 34] > 1
    assert (heat[far_from_the_eye()] == 0).all()


def test_what_speaks_against_an_emotion_is_negative(face: np.ndarray):
    assert occlusion(EyeReader(), face, EMOTIONS.index("sad"))[13, 34] < -1
    assert occlusion(EyeReader(slope=-0.02), face, HAPPY)[13, 34] < -1


def test_the_heat_is_the_log_odds_that_covering_takes(face: np.ndarray):
    """A cover of 12×12 on the middle hides the eye; its place takes the mean colour."""
    mean = round(float(face.mean()))
    most = occlusion(EyeReader(), face, HAPPY).max()
    assert 0.5 < most / (0.02 * (220 - mean)) <= 1


def test_a_network_that_is_quite_sure_is_explained_too(face: np.ndarray):
    heat = occlusion(EyeReader(slope=0.1), face, HAPPY)
    assert np.isfinite(heat).all()
    assert heat[13, 34] > 1


def test_a_face_of_one_colour_has_nothing_to_cover():
    assert (occlusion(EyeReader(), np.full((1, 48, 48), 90, np.uint8), HAPPY) == 0).all()


def test_all_covered_faces_go_through_the_network_in_one_call(face: np.ndarray):
    network = EyeReader()
    occlusion(network, face, HAPPY)
    assert network.calls == [1 + 13 * 13]


@pytest.mark.parametrize("shape", [(3, 64, 48), (1, 224, 224), (3, 41, 57)])
def test_a_network_of_any_size_is_explained(shape: tuple[int, int, int]):
    face = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    heat = occlusion(EyeReader(), face, HAPPY)
    assert heat.shape == shape[1:]
    assert np.isfinite(heat).all()
    assert heat.any()
