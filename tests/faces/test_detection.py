import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferlite.faces.detection import Detection, tilt

UPRIGHT = ((30.0, 38.0), (68.0, 38.0), (49.0, 58.0), (36.0, 75.0), (62.0, 75.0))


def turned(landmarks, degrees: float, size: float = 1.0):
    """The same face turned clockwise as seen (y points down), and enlarged."""
    c, s = math.cos(math.radians(degrees)) * size, math.sin(math.radians(degrees)) * size
    return tuple((c * x - s * y, s * x + c * y) for x, y in landmarks)


@given(st.floats(-179, 179), st.floats(0.01, 100))
def test_a_face_is_tilted_by_as_much_as_it_was_turned(degrees: float, size: float):
    assert tilt(turned(UPRIGHT, degrees, size)) == pytest.approx(degrees, abs=1e-6)


def test_in_a_profile_the_line_from_eyes_to_mouth_decides():
    """The eyes lie nearly on each other, and one a little higher says nothing."""
    profile = ((30.0, 38.0), (31.0, 41.0), (10.0, 58.0), (28.0, 75.0), (33.0, 75.0))
    assert abs(tilt(profile)) < 8


def test_landmarks_on_one_point_are_no_tilt():
    assert tilt(((5.0, 5.0),) * 5) == 0


def test_a_detector_that_sees_no_eyes_takes_a_face_for_upright():
    assert Detection((0, 0, 10, 10), 0.9).angle == 0
