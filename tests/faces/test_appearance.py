import numpy as np

from ferlite.faces.appearance import describe, gradients
from ferlite.media.image import load


def test_a_face_is_like_itself_in_other_light_and_size_and_unlike_others(astronaut):
    image = load(astronaut)
    box = 180.0, 65.0, 90.0, 100.0
    face = describe(image, box)
    darker = describe((image * 0.5).astype(np.uint8), box)
    smaller = describe(np.ascontiguousarray(image[::2, ::2]), tuple(side / 2 for side in box))
    elsewhere = describe(image, (60.0, 180.0, 90.0, 100.0))
    assert face @ darker > 0.9
    assert face @ smaller > 0.8
    assert face @ elsewhere < 0.4


def test_any_box_has_an_appearance():
    image = np.zeros((40, 40, 3), np.uint8)
    for box in ((0.0, 0.0, 0.0, 0.0), (-90.0, 500.0, 3.0, 3.0), (float("nan"), 0.0, 1.0, 1.0)):
        assert np.isfinite(describe(image, box)).all()


def test_an_edge_is_counted_where_it_lies_and_by_its_direction():
    face = np.zeros((1, 48, 48), np.uint8)
    face[:, :, 27:] = 200
    cells = gradients(face).reshape(8, 8, 8)
    assert np.argwhere(cells > 0)[:, 1].tolist() == [4] * 8
    assert set(np.argwhere(cells > 0)[:, 2].tolist()) == {0}  # brighter to the right
