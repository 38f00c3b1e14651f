"""The rules of the tracker, told with a detector that says what a test wants it to."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite import FerliteError
from ferlite.faces.detection import Detection
from ferlite.faces.track import LONGEST_SIDE, MISSES, OVERLAP, Tracker, iou, match

FLAT = np.full((100, 150, 3), 128, np.uint8)
A, B = (10.0, 10.0, 30.0, 30.0), (90.0, 40.0, 40.0, 40.0)


class Script:
    """A detector that gives the next list of boxes each time, and counts how often it is asked."""

    def __init__(self, *frames):
        self.frames = list(frames)
        self.asked = 0

    def __call__(self, image):
        self.asked += 1
        boxes = self.frames.pop(0) if len(self.frames) > 1 else self.frames[0]
        return [Detection(box, 0.9) for box in boxes]


def run(script: Script, count: int, every: int = 1, images=None, fps: float = 25.0):
    """For each frame its faces as {track_id: box}."""
    tracker = Tracker(script, every)
    frames = []
    for i in range(count):
        faces = tracker(FLAT if images is None else images[i], i / fps)
        assert [face.track_id for face in faces] == sorted({face.track_id for face in faces})
        frames.append({face.track_id: face.box for face in faces})
    return frames


def textured(count: int, dx: float = 0, dy: float = 0) -> list[np.ndarray]:
    """Frames of a pattern that moves."""
    noise = np.random.default_rng(0).integers(0, 256, (140, 200, 3), np.uint8)
    pattern = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)
    return [
        cv2.warpAffine(
            pattern, np.array([[1.0, 0, i * dx], [0, 1, i * dy]]), (200, 140), borderMode=4
        )
        for i in range(count)
    ]


def test_a_face_of_the_first_frame_counts_at_once():
    assert run(Script([A, B]), 1) == [{1: A, 2: B}]


def test_a_face_that_comes_later_counts_when_seen_twice():
    assert run(Script([A], [A, B], [A, B]), 3) == [{1: A}, {1: A}, {1: A, 2: B}]


def test_a_false_alarm_is_not_reported_and_takes_no_number():
    frames = run(Script([A], [A, B], [A], [A, B], [A, B]), 5)
    assert frames == [{1: A}, {1: A}, {1: A}, {1: A}, {1: A, 2: B}]


def test_a_face_keeps_its_number_through_a_drop_out():
    frames = run(Script([A], *[[]] * (MISSES - 1), [A]), MISSES + 1, images=textured(MISSES + 1))
    assert all(frame.keys() == {1} for frame in frames)


def test_a_face_that_cannot_be_followed_is_not_reported_until_it_is_seen_again():
    assert run(Script([A], [], [A]), 3) == [{1: A}, {}, {1: A}]


def test_a_track_ends_with_the_third_miss_and_its_number_is_not_used_again():
    frames = run(Script([A], *[[]] * MISSES, [A], [A]), MISSES + 3, images=textured(MISSES + 3))
    assert [set(frame) for frame in frames] == [{1}] * MISSES + [set(), set(), {2}]


def test_between_detections_a_face_is_followed():
    images = textured(5, dx=3, dy=2)
    script = Script([(80.0, 40.0, 40.0, 40.0)])
    frames = run(script, 5, every=5, images=images)
    assert script.asked == 1
    for i, frame in enumerate(frames):
        assert frame[1] == pytest.approx((80 + 3 * i, 40 + 2 * i, 40, 40), abs=1.5)


def test_the_detector_is_asked_every_few_frames():
    script = Script([B])
    run(script, 11, every=5, images=textured(11))
    assert script.asked == 3  # frames 0, 5 and 10


def test_with_few_frames_a_second_it_is_asked_more_often():
    script = Script([B])
    run(script, 5, every=5, images=textured(5), fps=2)
    assert script.asked == 5


def test_it_is_asked_at_once_when_a_face_is_lost_and_then_without_hurry():
    images = [*textured(2), *[np.zeros((140, 200, 3), np.uint8)] * 4]
    script = Script([B], [])
    frames = run(script, 6, every=100, images=images)
    assert [set(frame) for frame in frames] == [{1}, {1}, set(), set(), set(), set()]
    assert script.asked == 2


def test_it_is_asked_again_at_once_about_a_new_face():
    script = Script([], [B], [B])
    frames = run(script, 7, every=5, images=textured(7))
    assert [set(frame) for frame in frames] == [*[set()] * 6, {1}]
    assert script.asked == 3  # frames 0, 5 and 6


def test_boxes_in_a_large_frame_are_in_its_own_pixels():
    seen = []

    def detect(image):
        seen.append(image.shape)
        return [Detection((10.0, 10.0, 20.0, 20.0), 0.9)]

    (face,) = Tracker(detect)(np.zeros((4 * 100, 2 * LONGEST_SIDE, 3), np.uint8), 0.0)
    assert seen == [(200, LONGEST_SIDE, 3)]
    assert face.box == (20, 20, 40, 40)


def test_a_face_keeps_the_tilt_of_its_last_detection():
    angles = iter([10.0, -20.0])
    tracker = Tracker(lambda image: [Detection(B, 0.9, next(angles))], every=2)
    seen = [tracker(image, i / 25)[0].angle for i, image in enumerate(textured(4))]
    assert seen == [10, 10, -20, -20]


def test_a_frame_of_another_size_is_no_crash():
    assert run(Script([A]), 2, images=[FLAT, FLAT[:50, :70]]) == [{1: A}, {1: A}]


@settings(max_examples=50, deadline=None)
@given(st.floats(-8, 8), st.floats(-8, 8), st.floats(0.95, 1.05), st.integers(1, 20))
def test_who_moves_less_than_the_overlap_allows_keeps_their_number(dx, dy, growth, count):
    path = [(70 + i * dx, 30 + i * dy, 40 * growth**i, 40 * growth**i) for i in range(count)]
    if any(iou(a, b) < OVERLAP for a, b in pairwise(path)):
        return
    frames = run(Script(*[[box] for box in path]), count)
    assert frames == [{1: box} for box in path]


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(4)), st.data())
def test_the_order_of_detections_does_not_matter(order, data):
    people = [(x, y, 40.0, 40.0) for x in (0.0, 80.0) for y in (0.0, 55.0)]
    steps = [data.draw(st.permutations(order)) for _ in range(4)]
    frames = run(Script(people, *[[people[i] for i in step] for step in steps]), 5)
    assert frames == [dict(enumerate(people, start=1))] * 5


sides = st.integers(0, 80).map(float)
corners = st.integers(-20, 150).map(float)
boxes = st.lists(st.tuples(corners, corners, sides, sides), max_size=5)


@settings(max_examples=100, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=12))
def test_whatever_is_detected_numbers_are_consecutive_and_never_come_back(frames):
    tracker = Tracker(Script(*frames), every=1)
    seen, ended, reported = set(), set(), {}
    for i, found in enumerate(frames):
        faces = tracker(FLAT, i / 25)
        ids = {face.track_id for face in faces}
        assert len(ids) == len(faces) <= len(found)
        assert not ids & ended
        assert {face.box for face in faces} <= set(found)
        seen |= ids
        reported |= dict.fromkeys(ids, i)
        ended = {track for track, last in reported.items() if i - last >= MISSES}
    assert seen <= set(range(1, len(seen) + 1))


@given(boxes, boxes)
def test_a_match_is_one_to_one_and_only_between_boxes_that_overlap(tracks, detections):
    pairs = match(tracks, detections)
    assert len(set(pairs.values())) == len(pairs)
    assert all(iou(tracks[t], detections[d]) >= OVERLAP for t, d in pairs.items())
    unmatched = [
        (t, d)
        for t in range(len(tracks))
        for d in range(len(detections))
        if t not in pairs and d not in pairs.values()
    ]
    assert all(iou(tracks[t], detections[d]) < OVERLAP for t, d in unmatched)


@given(boxes, boxes)
def test_iou_is_symmetric_and_a_fraction(some, others):
    for a, b in zip(some, others, strict=False):
        assert iou(a, b) == pytest.approx(iou(b, a))
        assert 0 <= iou(a, b) <= 1
        assert iou(a, a) == (1 if a[2] * a[3] else 0)


@pytest.mark.parametrize("every", [0, -3])
def test_every_frame_is_the_most_that_can_be_asked(every):
    with pytest.raises(FerliteError, match="every must be at least 1"):
        Tracker(Script([]), every)
