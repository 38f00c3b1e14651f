import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ferlite.explain import Explanation
from ferlite.media.heat import heated


def gray(height: int = 100, width: int = 120) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def half_and_half(strength: float = 1.0) -> np.ndarray:
    """The left of the face speaks for the emotion, the right as much against it."""
    heat = np.full((48, 48), strength, np.float32)
    heat[:, 24:] = -strength
    return heat


def test_what_speaks_for_the_emotion_is_red_and_what_against_blue():
    drawn = heated(gray(), [Explanation("sad", half_and_half(), (20, 30, 40))]).astype(int)
    red, _, blue = drawn[50, 22]
    assert red > blue + 100
    red, _, blue = drawn[50, 57]
    assert blue > red + 50


def test_only_the_square_is_coloured():
    drawn = heated(gray(), [Explanation("sad", half_and_half(), (20, 30, 40))])
    outside = np.ones((100, 120), bool)
    outside[30:70, 20:60] = False
    assert (drawn[outside] == 128).all()


def test_each_face_has_its_own_scale():
    weak, strong = (
        heated(gray(), [Explanation("sad", half_and_half(strength), (20, 30, 40))])
        for strength in (0.001, 10)
    )
    assert np.abs(weak.astype(int) - strong).max() <= 1


def test_a_face_of_which_nothing_matters_stays_as_it_was():
    nothing = np.zeros((48, 48), np.float32)
    assert (heated(gray(), [Explanation("sad", nothing, (20, 30, 40))]) == 128).all()


def test_the_image_itself_is_not_changed():
    image = gray()
    heated(image, [Explanation("sad", half_and_half(), (20, 30, 40))])
    assert (image == 128).all()


@given(st.integers(-300, 300), st.integers(-300, 300), st.integers(1, 300))
def test_any_square_is_drawn_without_complaint(left: int, top: int, side: int):
    drawn = heated(gray(), [Explanation("sad", half_and_half(), (left, top, side))])
    assert drawn.shape == (100, 120, 3)


def test_the_heat_of_a_tilted_face_is_turned_with_it():
    """Turned by a quarter clockwise, what was left is above."""
    drawn = heated(gray(), [Explanation("sad", half_and_half(), (20, 30, 40), 90.0)]).astype(int)
    above, below = drawn[34, 40], drawn[66, 40]
    assert above[0] > above[2] + 100
    assert below[2] > below[0] + 50


@given(st.integers(-300, 300), st.integers(-300, 300), st.integers(1, 300), st.floats(-180, 180))
def test_any_turned_square_is_drawn_without_complaint(left, top, side, angle):
    drawn = heated(gray(), [Explanation("sad", half_and_half(), (left, top, side), angle)])
    assert drawn.shape == (100, 120, 3)
