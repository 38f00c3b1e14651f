"""The threads that do the work, and how a request waits for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any, Final, ParamSpec, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from ferlite.serve.metrics import Metrics
from ferlite.serve.problem import Problem

NEWEST: Final = 0.1
"""The weight of the last piece of work in the mean time that pieces take."""

P = ParamSpec("P")
Result = TypeVar("Result")


class Pool:
    """A fixed number of threads. Work that is given up before it began is never done."""

    def __init__(self, threads: int, metrics: Metrics) -> None:
        """Make the threads.

        Args:
            threads: how many.
            metrics: where to note how long work waited and took.
        """
        self._threads = ThreadPoolExecutor(threads, "ferlite")
        self._count = threads
        self._metrics = metrics
        self._pending, self._usual = 0, 0.0

    def wait(self, requests: int) -> float:
        """For how many seconds a request that comes now would wait for a thread.

        Args:
            requests: how many have come before it, the bodies of some of which may still arrive.
        """
        before = max(self._pending, requests)
        return max(0, before - self._count + 1) * self._usual / self._count

    async def run(
        self, path: str, work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """What `work(*args, **kwargs)` returns or raises.

        A thread cannot be stopped: when this is cancelled while the work is being done, the thread
        ends it before it takes the next.

        Args:
            path: under which to count it.
            work: what to do.
            args: for it.
            kwargs: for it.
        """
        asked = perf_counter()

        def timed() -> Result:
            began = perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                took = perf_counter() - began
                self._usual += NEWEST * (took - self._usual)
                self._metrics.worked(path, began - asked, took)

        self._pending += 1
        try:
            return await asyncio.wrap_future(self._threads.submit(timed))
        finally:
            self._pending -= 1

    def later(self, work: Callable[[], None]) -> None:
        """Have something done that nobody waits for, such as clearing up."""
        self._threads.submit(work)

    def close(self) -> None:
        """End the threads after what they are doing."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def awaited(work: Any, request: Request, seconds: float) -> Any:
    """The result of a coroutine, unless its client goes away or its time is over.

    Args:
        work: the coroutine.
        request: whose body has been read.
        seconds: how long it may take.

    Raises:
        ClientDisconnect: the client did not wait.
        Problem: 503, it took too long.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        if gone.done():
            raise ClientDisconnect
        raise late(seconds)
    finally:
        task.cancel()
        gone.cancel()


def late(seconds: float) -> Problem:
    """The refusal of what took too long."""
    return Problem(503, f"this took longer than {seconds:g} seconds; try again, or send less", 5)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
