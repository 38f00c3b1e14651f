"""Detectors err and films are damaged: whatever box comes, nothing that takes boxes may fail."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite import EmotionRecognizer, Face
from ferlite.explain import Explanation
from ferlite.faces.box import is_finite
from ferlite.faces.crop import crop, square
from ferlite.faces.detection import Detection
from ferlite.faces.track import Tracks, iou, match
from ferlite.media.draw import annotate
from ferlite.media.heat import heated

EVEN = (1 / 7,) * 7
side = st.one_of(
    st.floats(-400, 400),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1e-9, 1e9, -1e9, 1e300, -1e300, math.inf, -math.inf, math.nan]),
)
box = st.tuples(side, side, side, side)
boxes = st.lists(box, max_size=4)
whole = st.tuples(*[st.integers(-(10**20), 10**20) | st.integers(-400, 400)] * 4)
noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)


@given(box, st.integers(1, 300), st.integers(1, 300), st.floats(0.01, 10))
def test_a_square_is_never_empty_nor_outside_nor_huge(box, width, height, margin):
    left, top, side = square(box, margin, width, height)
    assert all(type(number) is int for number in (left, top, side))
    assert 1 <= side <= 2 * max(width, height)
    assert left < width
    assert top < height
    assert left + side > 0
    assert top + side > 0


@given(box, st.sampled_from([1, 3]))
def test_a_crop_holds_pixels_of_the_picture_and_no_others(box, channels):
    image = noise // 2 + 100
    face = crop(image, box, 1.0, (8, 8), channels)
    assert face.shape == (channels, 8, 8)
    assert image.min() <= face.min() <= face.max() <= image.max()


@given(box, box)
def test_an_overlap_is_a_fraction(a, b):
    assert 0 <= iou(a, b) <= 1
    assert iou(a, b) == iou(b, a)


@given(boxes, boxes)
def test_boxes_are_matched_one_to_one(tracks, detections):
    pairs = match(tracks, detections)
    assert len(set(pairs.values())) == len(pairs)
    assert set(pairs) <= set(range(len(tracks)))


@settings(max_examples=50)
@given(st.lists(boxes, min_size=1, max_size=5), st.integers(1, 3))
def test_a_tracker_gives_only_boxes_that_can_be_cut_out(frames, every):
    left = iter(frames)
    tracker = Tracks(lambda image: [Detection(box, 0.9) for box in next(left, [])], every)
    for i in range(len(frames)):
        for face in tracker(np.roll(noise, i, 1), i / 25):
            assert is_finite(face.box)
            assert crop(noise, face.box, 1.0, (8, 8), 1).shape == (1, 8, 8)


@given(st.lists(whole, max_size=3))
def test_a_box_is_drawn_as_far_as_it_lies_in_the_picture(boxes):
    faces = [Face.of(box, 0.5, EVEN, track_id=1) for box in boxes]
    assert annotate(noise, faces).shape == (480, 640, 3)


@given(box, st.floats(0.1, 10))
def test_an_explanation_is_laid_on_what_was_cut_out(box, margin):
    heat = np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8)
    why = Explanation("sad", heat, square(box, margin, 80, 60))
    assert heated(noise, [why]).shape == noise.shape


def test_a_recognizer_leaves_out_what_is_no_box(brightness_model, monkeypatch):
    recognizer = EmotionRecognizer(brightness_model)
    boxes = [(5.0, 5.0, 20.0, 20.0), (math.nan, 5.0, 20.0, 20.0), (5.0, 5.0, math.inf, 20.0)]
    found = [Detection(box, 0.9) for box in boxes]
    monkeypatch.setattr(recognizer._faces, "detect", lambda *_: found)
    assert [face.box for face in recognizer.recognize(noise)] == [(5, 5, 20, 20)]
