"""Which image kills the workers that read it: counted where no worker's death reaches."""

from collections import Counter
from typing import Any, Final

MOST: Final = 3
"""An image that killed so many workers is not read again."""


class Deaths:
    """Counts the workers that died over each image of the parts that are at work.

    Workers say only when they begin and end a part. One that begins a part which another has begun
    and not ended goes carefully: it says before each step what it is about to do, so that it is
    known at which step it died, should it die too.

    >>> deaths = Deaths()
    >>> deaths.begin(7)  # a worker, which then dies
    (False, set())
    >>> for worker in range(3):  # others die too, at the same step
    ...     careful, deadly = deaths.begin(7)
    ...     deaths.at(7, "image 5")
    >>> deaths.begin(7)
    (True, {'image 5'})
    """

    def __init__(self) -> None:
        """Begin with no part."""
        self._at: dict[int, str | None] = {}
        self._died: dict[int, Counter[str]] = {}

    def begin(self, part: int) -> tuple[bool, set[str]]:
        """A worker begins a part: must it go carefully, and which steps must it leave out?"""
        careful = part in self._at
        if (step := self._at.get(part)) is not None:
            self._died.setdefault(part, Counter())[step] += 1
        self._at[part] = None
        died = self._died.get(part, Counter())
        return careful, {step for step, count in died.items() if count >= MOST}

    def at(self, part: int, step: str) -> None:
        """A worker is about to take a step."""
        self._at[part] = step

    def end(self, part: int) -> None:
        """A part is done."""
        self._at.pop(part, None)
        self._died.pop(part, None)


class RemoteDeaths:
    """`Deaths` in a Ray actor, asked from any process of the cluster."""

    def __init__(self, actor: Any) -> None:
        """Ask this actor."""
        self._actor = actor

    def begin(self, part: int) -> tuple[bool, set[str]]:
        """As `Deaths.begin`."""
        import ray

        answer: tuple[bool, set[str]] = ray.get(self._actor.begin.remote(part))
        return answer

    def at(self, part: int, step: str) -> None:
        """As `Deaths.at`; known there before the step is taken."""
        import ray

        ray.get(self._actor.at.remote(part, step))

    def end(self, part: int) -> None:
        """As `Deaths.end`."""
        self._actor.end.remote(part)
