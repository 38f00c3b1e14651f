import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ferlite.faces.crop import crop, square

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
)
def test_any_box_of_any_picture_gives_a_crop_of_the_asked_size(image, box, margin, channels):
    face = crop(image, box, margin, (8, 12), channels)
    assert face.shape == (channels, 8, 12)
    assert face.dtype == np.uint8
    assert face.flags.c_contiguous


@given(boxes | near, margins, st.integers(0, 255))
def test_a_crop_of_one_colour_has_that_colour_and_no_border(box, margin, value):
    image = np.full((30, 50, 3), value, np.uint8)
    assert (crop(image, box, margin, (8, 8), 1) == value).all()


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
    blue[:, :, 0] = 255
    face = crop(blue, (0, 0, 10, 10), 1.0, (4, 4), 3)
    assert face[:, 0, 0].tolist() == [0, 0, 255]


def test_a_fine_pattern_is_averaged_when_it_shrinks():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.ptp(crop(stripes, (0, 0, 64, 64), 1.0, (16, 16), 1)) <= 1
