from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite import EMOTIONS, Face, Frame
from ferlite.faces.timeline import BINS, MOST_PEOPLE, PORTRAIT, Timeline

IMAGE = np.zeros((60, 80, 3), np.uint8)


def face(emotion: str, track_id: int = 1, box=(10, 10, 20, 20)) -> Face:
    return Face.of(box, 0.9, tuple(float(e == emotion) for e in EMOTIONS), track_id)


def timeline(*frames: tuple[float, list[Face]], rate: float = 1.0) -> Timeline:
    made = Timeline(rate)
    for i, (time, faces) in enumerate(frames):
        made.add(Frame(i, time, IMAGE, tuple(faces)))
    return made


def test_it_knows_who_was_seen_when_and_what_they_showed():
    happy, sad, other = face("happy"), face("sad"), face("fear", 2)
    made = timeline((0.0, [happy]), (1.0, [happy, other]), (2.0, [happy, other]), (3.0, [sad]))
    one, two = made.people()
    assert [(p.number, p.summary.first, p.summary.last) for p in (one, two)] == [
        (1, 0, 3),
        (2, 1, 2),
    ]
    assert (one.summary.seconds, two.summary.seconds) == (4, 2)
    assert one.summary.shares["happy"] == 0.75
    assert (made.end, made.frames, made.step) == (4, 4, 1)


def test_a_frame_counts_until_the_next_one():
    made = timeline((0, [face("happy")]), (0.1, [face("sad")]), (1.0, [face("happy")]), rate=10)
    (person,) = made.people()
    assert person.summary.seconds == pytest.approx(1.1)
    assert person.summary.shares["sad"] == pytest.approx(0.9 / 1.1)


def test_the_last_frame_does_not_count_beyond_the_end_of_the_video():
    made = Timeline(rate=0.5, until=5.0)
    for i in range(3):
        made.add(Frame(i, 2.0 * i, IMAGE, (face("happy"),)))
    (person,) = made.people()
    assert (person.summary.seconds, made.end) == (5, 5)


def test_an_end_before_the_last_frame_is_not_believed():
    made = Timeline(rate=0.5, until=3.0)
    made.add(Frame(0, 4.0, IMAGE, (face("happy"),)))
    assert (made.people()[0].summary.seconds, made.end) == (2, 6)


def test_while_a_camera_is_lost_nobody_is_seen():
    made = timeline((0, [face("happy")]), (3600, [face("happy")]), rate=10)
    assert made.people()[0].summary.seconds == pytest.approx(2.1)


def test_people_are_counted_by_who_they_are_where_that_is_known():
    first, again = (replace(face("happy", track), person=1) for track in (1, 2))
    made = timeline((0, [first]), (1, [again]))
    assert [(p.number, p.summary.seconds) for p in made.people()] == [(1, 2)]


def test_a_curve_gives_probabilities_in_the_order_of_time():
    made = timeline((0.0, [face("happy")]), (0.5, [face("sad")]), (1.0, [face("fear")]))
    (person,) = made.people()
    shown = [(time, EMOTIONS[int(seen_7.argmax())]) for time, seen_7 in made.curve(person)]
    assert shown == [(0.0, "happy"), (0.5, "sad"), (1.0, "fear")]


def test_other_emotions_have_curves_too():
    made = Timeline(classes=("calm", "tense"))
    calm = Face.of((10, 10, 20, 20), 0.9, (0.75, 0.25), 1, classes=("calm", "tense"))
    made.add(Frame(0, 0, IMAGE, (calm,)))
    (person,) = made.people()
    ((time, seen_2),) = made.curve(person)
    assert (time, seen_2.tolist(), person.summary.mostly) == (0, [0.75, 0.25], "calm")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=60, unique=True).map(sorted))
def test_joining_loses_no_frame(times):
    made = timeline(*((time, [face(EMOTIONS[i % 7])]) for i, time in enumerate(times)))
    (person,) = made.people()
    assert sum(person._bins.values())[7] == len(times)
    points = list(made.curve(person))
    assert [time for time, _ in points] == sorted(time for time, _ in points)
    for time, seen_7 in points:
        assert 0 <= time <= times[-1]
        assert seen_7.sum() == pytest.approx(1)


def test_an_hour_takes_no_more_memory_than_a_minute():
    made = timeline(*((i * 0.5, [face("happy")]) for i in range(3 * BINS)))
    (person,) = made.people()
    assert BINS // 2 <= len(list(made.curve(person))) <= BINS


def test_of_a_crowd_that_passes_by_those_who_stay_are_remembered():
    made, count = Timeline(10), 5 * MOST_PEOPLE
    for i in range(count):
        stays, passes = face("happy", 1), face("sad", 2 + i)
        made.add(Frame(i, i / 10, IMAGE, (stays, passes)))
    people = made.people()
    numbers = [person.number for person in people]
    assert numbers == sorted(numbers)
    assert numbers[0] == 1
    assert numbers[-1] == 1 + count
    assert MOST_PEOPLE <= len(numbers) <= 2 * MOST_PEOPLE
    assert people[0].summary.seconds == pytest.approx(count / 10)
    assert len(numbers) + made.forgotten == 1 + count


def test_the_portrait_is_taken_where_the_face_is_large():
    dark, light = np.zeros((60, 80, 3), np.uint8), np.full((60, 80, 3), 255, np.uint8)
    made = Timeline()
    sizes = [(dark, 10), (light, 40), (dark, 20)]
    for i, (image, side) in enumerate(sizes):
        made.add(Frame(i, i, image, (face("happy", box=(10, 10, side, side)),)))
    (person,) = made.people()
    assert person.portrait_HWC.shape == (PORTRAIT, PORTRAIT, 3)
    assert person.portrait_HWC.min() == 255
