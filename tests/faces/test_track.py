"""The rules by which faces are followed, told with a detector that says what a test wants it to."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite import FerliteError
from ferlite.faces.detection import Detection
from ferlite.faces.track import MISSES, OVERLAP, Tracks, iou, match

HERE, THERE = np.random.default_rng(0).integers(0, 256, (2, 36, 64, 3), np.uint8)
FLAT = np.full((36, 64, 3), 128, np.uint8)
"""All faces in it look alike."""
A, B = (10.0, 5.0, 10.0, 10.0), (40.0, 20.0, 12.0, 12.0)


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
    tracks = Tracks(script, every, cuts=images is not None)
    frames = []
    for i in range(count):
        faces = tracks(FLAT if images is None else images[i], i / fps)
        assert [face.track_id for face in faces] == sorted({face.track_id for face in faces})
        frames.append({face.track_id: face.box for face in faces})
    return frames


def test_a_face_of_the_first_frame_counts_at_once_and_a_later_one_when_seen_twice():
    frames = run(Script([A], [A, B], [A], [A, B], [A, B]), 5)
    assert frames == [{1: A}, {1: A}, {1: A}, {1: A}, {1: A, 2: B}]


def test_where_frames_are_rare_every_face_counts_at_once():
    frames = run(Script([], [A], [A, B], [B]), 4, fps=2.1)  # stamps are not quite regular
    assert frames == [{}, {1: A}, {1: A, 2: B}, {2: B}]


def test_a_face_keeps_its_number_through_a_drop_out_but_is_not_reported_in_it():
    assert run(Script([A], [], [], [A]), 4) == [{1: A}, {}, {}, {1: A}]


def test_a_track_ends_after_half_a_second_and_three_misses_and_its_number_is_not_used_again():
    frames = run(Script([A], *[[]] * 14, [A], [A]), 17)
    assert [set(frame) for frame in frames[-2:]] == [set(), {2}]
    frames = run(Script([A], *[[]] * (MISSES - 1), [A]), MISSES + 1, fps=1)
    assert set(frames[-1]) == {1}


def test_between_searches_a_face_moves_on_as_it_did():
    path = [(10.0 + 2 * i, 5.0, 20.0, 20.0) for i in range(9)]
    script = Script([path[0]], [path[4]], [path[8]])
    frames = run(script, 12, every=4)
    assert script.asked == 3
    assert [frame[1][0] for frame in frames[8:]] == pytest.approx([26, 27.5, 29, 30.5])


def test_who_moves_further_than_their_size_is_followed_once_their_speed_is_known():
    steps = [0, 3, 8, 15, 24, 33, 42]
    frames = run(Script(*[[(float(x), 5.0, 10.0, 10.0)] for x in steps]), len(steps))
    assert all(set(frame) == {1} for frame in frames)


def followed(script: Script, look, count: int, fps: float = 25.0):
    tracks = Tracks(script, cuts=False, look=look)
    return [{f.track_id: f.box for f in tracks(FLAT, i / fps)} for i in range(count)]


def test_between_searches_known_faces_are_looked_at_where_they_are_expected():
    asked = []

    def look(image, boxes):
        asked.append(list(boxes))
        return [Detection((x + 0.1, y, w, h), 0.8) for x, y, w, h in boxes]

    script = Script([A])
    frames = followed(script, look, 11, fps=10)
    assert script.asked == 3  # at 0, 0.5 and 1 second
    assert len(asked) == 8
    assert frames[1] == {1: (A[0] + 0.1, *A[1:])}
    assert all(set(frame) == {1} for frame in frames)


def test_a_frame_is_searched_whole_where_a_known_face_is_missing_or_two_become_one():
    for answer in ([], [Detection(A, 0.9), Detection(A, 0.9)]):
        script = Script([A, B])
        frames = followed(script, lambda image, boxes, answer=answer: answer, 4)
        assert script.asked == 4
        assert all(frame == {1: A, 2: B} for frame in frames)


def test_a_new_face_is_seen_half_a_second_later_and_confirmed_in_the_next_frame():
    script = Script([A], [A, B])
    frames = followed(script, lambda image, boxes: [Detection(box, 0.9) for box in boxes], 8, 10)
    assert [set(frame) for frame in frames] == [{1}] * 6 + [{1, 2}] * 2


def test_frames_in_which_no_face_is_known_are_all_searched():
    script = Script([])
    followed(script, lambda image, boxes: [], 5)
    assert script.asked == 5


def test_the_detector_is_asked_every_few_frames_more_often_where_frames_are_few():
    for fps, asked in ((25, 3), (2, 11)):
        script = Script([B])
        run(script, 11, every=5, fps=fps)
        assert script.asked == asked


def test_it_is_asked_again_at_once_about_a_new_face():
    script = Script([], [B], [B])
    frames = run(script, 7, every=5)
    assert [set(frame) for frame in frames] == [*[set()] * 6, {1}]
    assert script.asked == 3  # frames 0, 5 and 6


def test_nothing_is_followed_over_a_cut_which_is_searched_at_once():
    frames = run(Script([A]), 4, every=5, images=[HERE, HERE, THERE, THERE])
    assert [set(frame) for frame in frames] == [{1}, {1}, {2}, {2}]


def test_a_face_that_is_suddenly_another_is_not_followed():
    # The same room, but who is in it is replaced by somebody of about the same brightness.
    room = np.full((180, 320, 3), 128, np.uint8)
    one, other = room.copy(), room.copy()
    one[40:140, 40:140], other[40:140, 40:140] = (
        np.kron(np.random.default_rng(seed).integers(0, 256, (10, 10, 1)), np.ones((10, 10, 3)))
        for seed in (2, 3)
    )
    frames = run(Script([(40.0, 40.0, 100.0, 100.0)]), 4, images=[one, one, other, other])
    assert [set(frame) for frame in frames] == [{1}, {1}, {2}, {2}]


def test_a_face_that_is_not_where_it_was_expected_must_look_alike():
    boxes = [[(10.0, 5.0, 14.0, 14.0)], [(15.0, 5.0, 14.0, 14.0)]]
    for after, followed in ((np.roll(HERE, 5, axis=1), {1}), (HERE, set())):
        tracks = Tracks(Script(*boxes), cuts=False)
        assert len(tracks(HERE, 0.0)) == 1
        assert {face.track_id for face in tracks(after, 0.2)} == followed


def test_points_angle_and_score_are_those_of_the_detection():
    face = Detection(A, 0.7, 12.0, points=((1, 2), (3, 2), (2, 3), (2, 4)))
    (tracked,) = Tracks(lambda image: [face])(HERE, 0.0)
    assert tracked[1:5] == (A, 0.7, 12.0, face.points)
    assert tracked.look_D is not None


def test_a_frame_of_another_size_is_no_crash():
    assert len(run(Script([A]), 2, images=[HERE, np.zeros((9, 7, 3), np.uint8)])) == 2


@settings(max_examples=20, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.95, 1.05), st.integers(1, 8))
def test_who_moves_less_than_the_overlap_allows_keeps_their_number(dx, dy, growth, count):
    path = [(30 + i * dx, 12 + i * dy, 12 * growth**i, 12 * growth**i) for i in range(count)]
    if any(iou(a, b) < OVERLAP for a, b in pairwise(path)):
        return
    assert run(Script(*[[box] for box in path]), count) == [{1: box} for box in path]


sides = st.integers(0, 40).map(float)
corners = st.integers(-20, 60).map(float)
boxes = st.lists(st.tuples(corners, corners, sides, sides), max_size=5)


@settings(max_examples=20, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=8))
def test_whatever_is_detected_numbers_never_come_back(frames):
    tracks = Tracks(Script(*frames), cuts=False)
    ended: set[int] = set()
    before: set[int] = set()
    for i in range(len(frames)):
        faces = tracks(FLAT, i / 5)
        ids = {face.track_id for face in faces}
        assert len(ids) == len(faces)
        assert ids <= tracks.alive
        assert not ids & ended
        ended |= before - tracks.alive
        before = tracks.alive


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
        Tracks(Script([]), every)
