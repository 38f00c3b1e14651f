import threading
from threading import Barrier, Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferlite.media.ahead import ahead, in_threads

PATIENCE = 10.0  # seconds, for what should happen at once


@given(st.lists(st.integers()), st.integers(1, 5))
def test_all_items_come_in_order(items, most):
    assert list(ahead(iter(items), most)) == items


def test_items_are_made_while_others_are_used():
    third_begun = Event()

    def items():
        yield 1
        yield 2
        third_begun.set()
        yield 3

    taken = ahead(items(), most=2)
    assert next(taken) == 1
    assert third_begun.wait(PATIENCE)
    assert list(taken) == [2, 3]


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_than_so_many_wait(most):
    begun = []

    def items():
        for i in range(100):
            begun.append(i)
            yield i

    for taken, item in enumerate(ahead(items(), most), start=1):
        assert item == taken - 1
        assert len(begun) <= taken + most


def test_a_failure_comes_after_the_items_before_it():
    def items():
        yield 1
        raise OSError("gone")

    taken = ahead(items(), most=4)
    assert next(taken) == 1
    with pytest.raises(OSError, match="gone"):
        next(taken)


def test_closing_ends_the_thread_and_closes_what_it_took_from():
    closed = Event()

    def items():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = threading.active_count()
    taken = ahead(items(), most=2)
    next(taken)
    taken.close()
    assert closed.is_set()
    assert threading.active_count() == before


def test_steps_can_be_chained_and_close_together():
    before = threading.active_count()

    def doubled(items):
        try:
            for item in items:
                yield 2 * item
        finally:
            items.close()

    taken = ahead(doubled(ahead(iter(range(1000)), 2)), 2)
    assert [next(taken) for _ in range(5)] == [0, 2, 4, 6, 8]
    taken.close()
    assert threading.active_count() == before


def test_nothing_is_started_before_the_first_item_is_wanted():
    before = threading.active_count()
    ahead(iter([1]), 1)
    assert threading.active_count() == before


@given(st.lists(st.integers()), st.integers(0, 4))
def test_what_many_threads_do_comes_in_order(items, threads):
    assert list(in_threads(lambda item: -item, items, threads)) == [-item for item in items]


def test_threads_work_at_the_same_time():
    meeting = Barrier(3, timeout=PATIENCE)  # which only three at once can leave
    assert sorted(in_threads(lambda _: meeting.wait(), range(3), threads=3)) == [0, 1, 2]


def test_threads_take_no_more_items_than_they_soon_need():
    taken = []

    def items():
        for i in range(1000):
            taken.append(i)
            yield i

    for done, _ in enumerate(in_threads(abs, items(), threads=2), start=1):
        assert len(taken) <= done + 8


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failure_of_one_item_comes_in_its_place(threads):
    results = in_threads(lambda item: 1 / item, [1, 2, 0, 4], threads)
    assert [next(results), next(results)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_closing_leaves_undone_what_has_not_begun():
    begun, go_on = [], Event()

    def work(item):
        begun.append(item)
        if item:
            go_on.wait(PATIENCE)

    results = in_threads(work, range(100), threads=2)
    next(results)
    go_on.set()
    results.close()
    assert len(begun) <= 9
