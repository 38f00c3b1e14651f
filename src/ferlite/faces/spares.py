"""Share what only one thread at a time may use, by keeping as many as are used at once."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Spares(Generic[Thing]):
    """Lends things out; makes another one when all are taken. Safe to share between threads.

    A lock would do, too, but then threads would wait for each other and a second core be idle.

    >>> spares = Spares(list)
    >>> with spares.one() as first, spares.one() as second:
    ...     first is second
    False
    """

    def __init__(self, make: Callable[[], Thing]) -> None:
        """Make the first one now, so that what is wrong with it is told now."""
        self._make = make
        self._idle = deque([make()])  # its append and pop need no lock

    @contextmanager
    def one(self) -> Iterator[Thing]:
        """One of them, for the length of a block."""
        try:
            thing = self._idle.pop()
        except IndexError:
            thing = self._make()
        try:
            yield thing
        finally:
            self._idle.append(thing)
