"""Work ahead in a thread of its own, so that the steps of a pipeline overlap."""

from collections import deque
from collections.abc import Generator, Iterator
from threading import Condition, Thread
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item], most: int) -> Generator[Item]:
    """The same items, made by a thread that is at most `most` items ahead of who takes them.

    It pays where making an item leaves Python's lock, as OpenCV and ONNX Runtime do. What goes
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
