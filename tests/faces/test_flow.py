import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite.faces.flow import follow


def texture(seed: int = 0, height: int = 120, width: int = 160) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def moved(image: np.ndarray, dx: float, dy: float, growth: float = 1.0) -> np.ndarray:
    """The picture grown around its origin and then moved."""
    matrix = np.array([[growth, 0, dx], [0, growth, dy]])
    return cv2.warpAffine(image, matrix, image.shape[::-1], borderMode=cv2.BORDER_REFLECT)


BOX = (50.0, 40.0, 40.0, 50.0)


@settings(max_examples=20, deadline=None)
@given(st.floats(-12, 12), st.floats(-12, 12))
def test_a_box_goes_where_its_picture_goes(dx, dy):
    (box,) = follow(texture(), moved(texture(), dx, dy), [BOX])
    assert box == pytest.approx((BOX[0] + dx, BOX[1] + dy, BOX[2], BOX[3]), abs=1.5)


@pytest.mark.parametrize("growth", [0.9, 1.1])
def test_a_box_grows_with_its_picture(growth):
    (box,) = follow(texture(), moved(texture(), 0, 0, growth), [BOX])
    assert box == pytest.approx(tuple(side * growth for side in BOX), abs=1.5)


def test_boxes_move_each_by_itself():
    before = texture()
    after = before.copy()
    after[:, :80] = moved(before, 5, 0)[:, :80]
    after[:, 80:] = moved(before, 0, -5)[:, 80:]
    left, right = follow(before, after, [(20, 40, 40, 40), (100, 40, 40, 40)])
    assert left[:2] == pytest.approx((25, 40), abs=1)
    assert right[:2] == pytest.approx((100, 35), abs=1)


def test_a_few_points_that_stray_do_not_matter():
    after = moved(texture(), 4, 0)
    after[40:55, 60:80] = 0
    (box,) = follow(texture(), after, [BOX])
    assert box == pytest.approx((54, 40, 40, 50), abs=2)


def test_a_cut_loses_the_box():
    assert follow(texture(0), texture(1), [BOX]) == [None]


def test_a_hand_before_the_face_loses_the_box():
    after = texture()
    after[30:100, 40:100] = 128
    assert follow(texture(), after, [BOX]) == [None]


def test_where_nothing_can_be_seen_the_box_is_lost():
    flat = np.full((120, 160), 128, np.uint8)
    assert follow(flat, flat, [BOX]) == [None]


def test_a_box_that_leaves_the_picture_is_lost():
    edge = (125.0, 40.0, 40.0, 50.0)
    before = texture()
    for _ in range(5):
        after = moved(before, 8, 0)
        (box,) = follow(before, after, [edge])
        if box is None:
            break
        before, edge = after, box
    assert box is None


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.floats(-500, 500)] * 2, *[st.floats(0, 500)] * 2), min_size=1, max_size=4
    )
)
def test_any_box_is_answered(boxes):
    answers = follow(texture(), moved(texture(), 3, 1), boxes)
    assert len(answers) == len(boxes)
    for box in answers:
        assert box is None or np.isfinite(box).all()


def test_no_boxes_are_no_work():
    assert follow(texture(), texture(), []) == []
