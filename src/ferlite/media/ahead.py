"""Work ahead in threads: the steps of a pipeline overlap, or many items go through one step."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition, Thread
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(items: Iterator[Item], most: int) -> Generator[Item]:
    """The same items, made by a thread that is at most `most` items ahead of who takes them.

    It pays where making an item leaves Python's lock, as PyAV and ONNX Runtime do. What goes
    wrong in the thread is raised here, after the items before it. When the generator is closed or
    thrown away, the thread ends after the item that it is making, and `items` is closed too.

    >>> list(ahead(iter("abc"), most=2))
    ['a', 'b', 'c']
    """
    made: deque[Item] = deque()
    change = Condition()
    ended = closed = False
    failure: BaseException | None = None

    def work() -> None:
        nonlocal ended, failure
        try:
            for item in items:
                with change:
                    made.append(item)
                    change.notify_all()
                    change.wait_for(lambda: len(made) < most or closed)
                    if closed:
                        break
        except BaseException as error:
            failure = error
        finally:
            if isinstance(items, Generator):
                items.close()
            with change:
                ended = True
                change.notify_all()

    # A daemon, because a decoder that hangs must not keep the program from ending.
    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            with change:
                change.wait_for(lambda: made or ended)
                if not made:
                    break
                item = made.popleft()
                change.notify_all()
            yield item
        if failure is not None:
            raise failure
    finally:
        with change:
            closed = True
            change.notify_all()
        thread.join()


def in_threads(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Generator[Result]:
    """`work(item)` for each item, in the items' order, several at the same time.

    Items are taken, in the caller's thread, only when a thread will soon be free for them, so
    there may be any number. When the generator is closed, or `work` raises, what has not begun is
    left undone and what has is waited for.

    Args:
        work: what to do; it may be called by several threads at once.
        items: what to do it with.
        threads: how many; with 1 (or fewer) all happens in the caller's.

    >>> list(in_threads(str.upper, "abc", threads=2))
    ['A', 'B', 'C']
    """
    if threads <= 1:
        yield from map(work, items)
        return
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            # One item that takes long should not leave the other threads without work.
            if len(waiting) > 4 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """How many processor cores this process may use.

    >>> cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
