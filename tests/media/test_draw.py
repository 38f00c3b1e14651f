from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferlite import Face
from ferlite.media.draw import SMALLEST, annotate

HAPPY = (0.01, 0.01, 0.01, 0.9, 0.02, 0.02, 0.03)
FACE = Face.of((300, 300, 200, 200), 1.0, HAPPY)


def gray(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def changed(image: np.ndarray) -> np.ndarray:
    return (annotate(image, [Face.of((300, 300, 200, 200), 1.0, HAPPY)]) != image).any(2)


def test_the_face_is_framed_and_its_inside_stays_visible():
    drawn = changed(gray(1000, 1000))
    assert drawn[300, 300:500].all()
    assert drawn[500, 300:500].all()
    assert not drawn[310:490, 310:490].any()


def test_the_emotion_stands_above_and_the_bars_beside_the_face():
    drawn = changed(gray(1000, 1000))
    assert drawn[260:298, 300:400].mean() > 0.5
    assert drawn[300:450, 510:700].mean() > 0.5


def test_the_bar_of_the_emotion_is_the_longest():
    light, sad = (
        annotate(gray(1000, 1000), [Face.of((300, 300, 200, 200), 1.0, p)])
        for p in (HAPPY, (*HAPPY[:3], 0.0, 0.92, 0.02, 0.03))
    )
    assert (light != sad).any()


def test_a_person_keeps_their_number_over_tracks():
    first, returned, other = (
        annotate(gray(640, 640), [replace(FACE, track_id=track, person=person)])
        for track, person in ((1, 1), (2, 1), (1, 2))
    )
    assert (first == returned).all()
    assert (first != other).any()


def test_the_picture_itself_is_not_changed():
    image = gray(700, 700)
    annotate(image, [Face.of((10, 10, 100, 100), 1.0, HAPPY)])
    assert (image == 128).all()


def test_a_small_picture_is_enlarged_until_text_fits():
    assert annotate(gray(48, 24), []).shape == (SMALLEST, SMALLEST // 2, 3)


def test_a_large_picture_keeps_its_size():
    assert annotate(gray(2000, 1000), []).shape == (2000, 1000, 3)


def test_bars_do_not_cover_another_face():
    image = gray(700, 1000)
    left, right = (Face.of((x, 300, 150, 150), 1.0, HAPPY) for x in (200, 360))
    inside_right = annotate(image, [left, right])[310:440, 370:500]
    assert (inside_right == 128).all()


def test_what_is_drawn_on_a_small_face_of_a_crowd_is_no_wider_than_it():
    def drawn(side: int) -> np.ndarray:
        crowd = [Face.of((x, 300, side, side), 1.0, HAPPY) for x in (200, 600)]
        return (annotate(gray(1000, 1000), crowd) != 128).any(2)[:, :500]

    tiny, small, large = drawn(25), drawn(70), drawn(300)
    for side, marked in ((25, tiny), (70, small)):
        assert not marked[:, : 200 - 2].any()
        assert not marked[:, 200 + side + 2 :].any()
    assert not tiny[:298].any()  # no letters that nobody can read
    assert small[280:298].any()
    assert tiny[300].sum() <= 26 + 2
    assert tiny[:, 213].sum() == 2  # a line of one pixel above and below
    assert large[:, 350].sum() > 4


def test_no_answer_is_drawn_as_certain():
    sure = (0.0, 0.0, 0.0, 0.9994, 0.0002, 0.0002, 0.0002)
    certain = (*sure[:3], 1.0, 0.0, 0.0, 0.0)
    drawn, same = (
        annotate(gray(1000, 1000), [Face.of((300, 300, 200, 200), 1.0, p)])[:298]
        for p in (sure, certain)
    )
    assert (drawn == same).all()  # happy 99.9%


def test_a_face_that_fills_the_picture_still_gets_its_label_and_bars():
    drawn = annotate(gray(640, 640), [Face.of((0, 0, 640, 640), 1.0, HAPPY)])
    assert (drawn[:30, :80] != 128).any(2).mean() > 0.5
    assert (drawn[500:, :150] != 128).any(2).mean() > 0.5


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.lists(st.tuples(*[st.integers(-400, 400)] * 2, *[st.integers(0, 400)] * 2), max_size=4),
)
def test_any_boxes_on_any_picture_are_drawn_without_complaint(size, boxes):
    drawn = annotate(gray(*size), [Face.of(box, 1.0, HAPPY) for box in boxes])
    assert max(drawn.shape) == SMALLEST


@pytest.mark.parametrize("shape", [(1, 20_000), (20_000, 1)])
def test_the_oddest_picture_is_drawn_on(shape: tuple[int, int]):
    face = Face.of((0, 0, shape[1], shape[0]), 1.0, HAPPY)
    assert annotate(gray(*shape), [face]).shape[:2] == shape
