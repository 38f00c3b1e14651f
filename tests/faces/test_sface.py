import numpy as np
import pytest

from ferlite.errors import ModelError
from ferlite.faces.sface import PLACES, SFace, aligned


@pytest.fixture
def sface(tmp_path):
    """A network of SFace's form that gives the mean of each colour, thrice as wide."""
    from onnx import TensorProto, helper, save

    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["data"], ["fc1"], axes=[2, 3], keepdims=0),
        ],
        "means",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 112, 112])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, [1, 3])],
    )
    save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
        tmp_path / "sface.onnx",
    )
    return tmp_path / "sface.onnx"


def test_the_network_sees_the_face_in_rgb_and_its_answer_has_length_1(sface):
    image = np.zeros((200, 200, 3), np.uint8)
    image[:, :, 0], image[:, :, 2] = 60, 80
    seen = SFace(sface).embed(image, [(x + 40, y + 40) for x, y in PLACES])
    assert seen == pytest.approx([0.6, 0, 0.8], abs=1e-3)


@pytest.mark.parametrize(("turn", "size"), [(0, 1.0), (30, 0.5), (-75, 1.7), (160, 4.2)])
def test_points_come_to_their_places(turn, size):
    z = np.array([complex(*place) for place in PLACES])
    points = (z - z.mean()) * size * np.exp(1j * np.deg2rad(turn)) + complex(330, 290)
    image = np.zeros((600, 660, 3), np.uint8)
    y, x = np.indices(image.shape[:2])
    for channel, point in enumerate(points[:3]):  # a spot of its own colour at each
        image[abs(x + 1j * y - point) <= 3 * size, channel] = 255
    face = aligned(image, [(p.real, p.imag) for p in points])
    assert face.shape == (112, 112, 3)
    for channel, place in enumerate(PLACES[:3]):
        y, x = np.argwhere(face[:, :, channel] > 127).mean(0)
        assert (x, y) == pytest.approx(place, abs=1.5)


@pytest.mark.parametrize(
    "points", [[(-500, -500)] * 4, [(5, 5)] * 4, [(9e6, 9e6), (0, 0), (1, 1), (2, 2)]]
)
def test_points_that_are_no_face_are_no_crash(points):
    assert aligned(np.zeros((50, 50, 3), np.uint8), points).shape == (112, 112, 3)


def test_another_file_is_refused_in_a_sentence(tmp_path, brightness_model):
    with pytest.raises(ModelError, match="get it: ferlite models pull sface"):
        SFace(tmp_path / "gone.onnx")
    with pytest.raises(ModelError, match="is not SFace"):
        SFace(brightness_model)
