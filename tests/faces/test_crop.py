import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ferlite.faces.crop import crop, square
from tests.images import blurred, turned

anything = st.floats(allow_nan=True, allow_infinity=True)
boxes = st.tuples(anything, anything, anything, anything)
near = st.tuples(*[st.floats(-300, 300)] * 2, *[st.floats(0, 300)] * 2)
margins = st.floats(0.01, 10)
sides = st.integers(1, 200)


@given(boxes | near, margins, sides, sides)
def test_a_square_always_shows_some_of_the_picture(box, margin, width, height):
    left, top, side = square(box, margin, width, height)
    assert 1 <= side <= 2 * max(width, height)
    assert left < width
    assert top < height
    assert left + side > 0
    assert top + side > 0


@given(*[st.floats(0, 80)] * 2, *[st.floats(4, 100)] * 2, st.floats(0.5, 10))
def test_a_square_has_the_boxs_centre_and_margin_times_its_longer_side(x, y, w, h, margin):
    left, top, side = square((x, y, w, h), margin, 1000, 1000)
    assert side == pytest.approx(max(w, h) * margin, abs=0.51)
    assert left + side / 2 == pytest.approx(x + w / 2, abs=0.51)
    assert top + side / 2 == pytest.approx(y + h / 2, abs=0.51)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))),
    boxes | near,
    margins,
    st.sampled_from([1, 3]),
    st.just(0.0) | anything,
)
def test_any_box_of_any_picture_gives_a_crop_of_the_asked_size(image, box, margin, channels, angle):
    face = crop(image, box, margin, (8, 12), channels, angle)
    assert face.shape == (channels, 8, 12)
    assert face.dtype == np.uint8
    assert face.flags.c_contiguous


@given(boxes | near, margins, st.integers(0, 255), st.floats(-180, 180))
def test_a_crop_of_one_colour_has_that_colour_and_no_border(box, margin, value, angle):
    image = np.full((30, 50, 3), value, np.uint8)
    assert (crop(image, box, margin, (8, 8), 1, angle) == value).all()


@given(hnp.arrays(np.uint8, (48, 48)))
def test_a_gray_picture_of_the_networks_size_comes_through_unchanged(gray):
    image = np.repeat(gray[:, :, None], 3, axis=2)
    assert (crop(image, (0, 0, 48, 48), 1.0, (48, 48), 1)[0] == gray).all()


def test_beyond_the_edge_the_nearest_pixel_is_repeated():
    image = np.zeros((10, 10, 3), np.uint8)
    image[:, 0] = 200
    face = crop(image, (-10, 0, 10, 10), 2.0, (20, 20), 1)[0]
    assert (face[:, :16] == 200).all()
    assert (face[:, 16:] == 0).all()


def test_colours_come_out_as_rgb():
    blue = np.zeros((10, 10, 3), np.uint8)
    blue[:, :, 2] = 255
    face = crop(blue, (0, 0, 10, 10), 1.0, (4, 4), 3)
    assert face[:, 0, 0].tolist() == [0, 0, 255]


def test_a_fine_pattern_is_averaged_when_it_shrinks():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.ptp(crop(stripes, (0, 0, 64, 64), 1.0, (16, 16), 1)) <= 1


def blobs(side: int = 200) -> np.ndarray:
    """A picture without fine detail, so that turning it twice changes little."""
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    smooth = blurred(noise, 8).astype(float)
    return ((smooth - smooth.min()) * 255 / np.ptp(smooth)).astype(np.uint8)


@given(st.floats(-180, 180), st.integers(20, 70))
def test_a_tilted_face_comes_upright(angle: float, side: int):
    upright = blobs()
    tilted = turned(upright, angle, (100, 100))
    box = (100 - side / 2, 100 - side / 2, side, side)
    expected = crop(upright, box, 1.0, (16, 16), 1).astype(int)
    level = crop(tilted, box, 1.0, (16, 16), 1, angle).astype(int)
    assert np.abs(level - expected).mean() < 6


def test_a_very_large_face_is_turned_too():
    image = np.zeros((40, 40_000, 3), np.uint8)  # OpenCV turns nothing beyond 32,767 pixels
    assert crop(image, (0, -20_000, 40_000, 40_000), 1.0, (48, 48), 1, 30.0).shape == (1, 48, 48)
