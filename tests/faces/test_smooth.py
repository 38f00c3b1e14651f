import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferlite import FerliteError
from ferlite.faces.smooth import FORGET, Smoother

HAPPY = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
SAD = (0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)

probabilities = st.lists(st.floats(0.01, 1), min_size=7, max_size=7).map(
    lambda raw: tuple(p / sum(raw) for p in raw)
)
half_lives = st.floats(0.05, 5)
gaps = st.floats(0.001, 2)


@given(half_lives, probabilities)
def test_a_first_look_is_believed(half_life, seen):
    assert Smoother(half_life)(1, 3.0, seen) == seen


@given(half_lives, st.lists(gaps, min_size=1, max_size=20))
def test_half_of_a_change_has_arrived_after_one_half_life_however_frames_lie(half_life, gaps):
    smooth = Smoother(half_life)
    smooth(1, 0.0, HAPPY)
    time = 0.0
    for gap in gaps:  # any frames at all, brought to end exactly one half-life later
        time += gap * half_life / sum(gaps)
        shown = smooth(1, time, SAD)
    assert shown == pytest.approx([(h + s) / 2 for h, s in zip(HAPPY, SAD, strict=True)])


@given(half_lives, st.lists(st.tuples(gaps, probabilities), min_size=1, max_size=20))
def test_the_answer_is_a_distribution_between_past_and_present(half_life, frames):
    smooth = Smoother(half_life)
    time, before = 0.0, frames[0][1]
    for gap, seen in frames:
        time += gap
        shown = smooth(1, time, seen)
        assert sum(shown) == pytest.approx(1)
        for s, old, new in zip(shown, before, seen, strict=True):
            assert min(old, new) - 1e-12 <= s <= max(old, new) + 1e-12
        before = shown


@given(st.lists(st.tuples(gaps, probabilities), max_size=10))
def test_a_half_life_of_zero_changes_nothing(frames):
    smooth = Smoother(0)
    for gap, seen in frames:
        assert smooth(1, gap, seen) == seen


@given(half_lives, st.lists(st.tuples(st.integers(1, 3), gaps, probabilities), max_size=20))
def test_faces_do_not_mix(half_life, frames):
    together = Smoother(half_life)
    alone = {track: Smoother(half_life) for track in (1, 2, 3)}
    time = 0.0
    for track, gap, seen in frames:
        time += gap
        expected = alone[track](track, time, seen)
        assert together(track, time, seen) == pytest.approx(expected, abs=0.001)


def test_a_longer_half_life_turns_slower():
    turned = []
    for half_life in (0.1, 0.3, 1.0):
        smooth = Smoother(half_life)
        smooth(1, 0.0, HAPPY)
        turned.append(smooth(1, 0.2, SAD)[4])
    assert turned == sorted(turned, reverse=True)
    assert turned[0] > 0.7
    assert turned[-1] < 0.2


def test_two_frames_of_one_moment_are_no_crash():
    smooth = Smoother(0.5)
    smooth(1, 1.0, HAPPY)
    assert smooth(1, 1.0, SAD) == HAPPY
    assert smooth(1, 0.9, SAD) == HAPPY


def test_who_left_is_forgotten():
    smooth = Smoother(half_life=0.1)
    for person in range(1000):
        smooth(person, float(person), HAPPY)
    assert len(smooth._past) <= FORGET * 0.1 + 1


def test_who_stays_is_not_forgotten():
    smooth = Smoother(half_life=0.1)
    for i in range(100):
        smooth(1, i * 0.1, HAPPY)
        smooth(2 + i, i * 0.1, HAPPY)
    assert smooth(1, 10.0, SAD)[3] == pytest.approx(0.5)


@pytest.mark.parametrize("half_life", [-0.1, float("nan"), float("inf")])
def test_a_half_life_that_is_none_is_refused(half_life):
    with pytest.raises(FerliteError, match="half_life must be 0 or more seconds"):
        Smoother(half_life)
