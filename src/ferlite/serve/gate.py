"""Who comes in: the key, a place for each request, and a body that is small and quick enough.

Pure ASGI middleware before everything else, so that a request is refused before any of its body is
read and for little more than the cost of its head.
"""

import asyncio
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ferlite.serve.limits import Limits
from ferlite.serve.metrics import Metrics
from ferlite.serve.pool import Pool
from ferlite.serve.problem import Problem, answer

SUBPROTOCOL: Final = "ferlite"
"""The protocol of `/v1/stream`, for clients that name one."""
KEY_PROTOCOL: Final = f"{SUBPROTOCOL}.key."
"""Before the key, as another protocol that a client names: a page in a browser can add no header to
a WebSocket, and addresses are written to logs."""
RETRY_AFTER: Final = 1
"""In seconds. A place gets free in less."""


class Door:
    """The places of one path, and how large a body may be that comes in."""

    def __init__(self, places: int, most_bytes: int, waits: bool = False) -> None:
        """Open a door.

        Args:
            places: how many requests may be inside at the same time.
            most_bytes: of one body.
            waits: whether who comes in waits for a thread, and is refused where that takes long.
        """
        self.places = places
        self.most_bytes = most_bytes
        self.waits = waits
        self.inside = 0


class Gate:
    """Lets requests in to an app, or refuses them as problems."""

    def __init__(
        self,
        app: ASGIApp,
        doors: Mapping[str, Door],
        limits: Limits,
        pool: Pool,
        metrics: Metrics,
        api_key: str | None,
    ) -> None:
        """Wrap an app.

        Args:
            app: what answers those who come in.
            doors: by path; the other paths read no bodies and need no place.
            limits: how quickly a body has to arrive.
            pool: who does the work.
            metrics: where to say how many are inside.
            api_key: what clients must show for all but the page and the health checks.
        """
        self._app = app
        self._doors = doors
        self._limits = limits
        self._pool = pool
        self._metrics = metrics
        self._key = None if api_key is None else api_key.encode()
        for path in doors:
            metrics.inside(path, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path, headers = scope["path"], Headers(scope=scope)
        door = self._doors.get(path) if scope.get("method") != "GET" else None
        try:
            self._check_key(path, headers)
            if scope["type"] == "websocket":
                _check_origin(headers)
            if door is not None:
                _check_length(headers, door.most_bytes)
                late = door.waits and self._pool.wait(door.inside) > self._limits.wait
                if door.inside >= door.places or late:
                    raise Problem(
                        429,
                        f"the server is busy: {door.inside} requests are at work or waiting; "
                        "try again soon",
                        RETRY_AFTER,
                    )
        except Problem as problem:
            refusal = answer(problem.status_code, problem.detail, problem.headers)
            await refusal(scope, receive, send)
            return
        if door is None:
            await self._app(scope, receive, send)
            return
        self._enter(path, door, 1)
        try:
            if scope["type"] == "http":
                receive = self._limited(receive, door.most_bytes)
            await self._app(scope, receive, send)
        finally:
            self._enter(path, door, -1)

    def _enter(self, path: str, door: Door, step: int) -> None:
        door.inside += step
        self._metrics.inside(path, door.inside)

    def _check_key(self, path: str, headers: Headers) -> None:
        if self._key is None or not (path.startswith("/v1/") or path == "/metrics"):
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        for protocol in headers.get("sec-websocket-protocol", "").split(","):
            if protocol.strip().startswith(KEY_PROTOCOL):
                scheme, given = "bearer", protocol.strip().removeprefix(KEY_PROTOCOL)
        given_bytes = given.strip().encode("utf-8", "surrogateescape")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given_bytes, self._key):
            problem = Problem(
                401, "give the server's key in the header 'Authorization: Bearer KEY'"
            )
            problem.headers = {"WWW-Authenticate": "Bearer"}
            raise problem

    def _limited(self, receive: Receive, most: int) -> Receive:
        """The same messages, as long as the body is not too large and arrives quickly enough."""
        limits = self._limits
        clock = asyncio.get_running_loop().time
        began, arrived, complete = clock(), 0, False

        async def limited() -> Message:
            nonlocal arrived, complete
            if complete:  # all that can come now is that the client goes away
                return await receive()
            deadline = began + limits.upload_seconds + arrived / limits.upload_rate
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise Problem(
                    408,
                    f"only {arrived} bytes arrived in {clock() - began:.0f} seconds; send the "
                    "body faster",
                ) from None
            arrived += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if arrived > most:
                raise _too_large(most)
            return message

        return limited


def _check_length(headers: Headers, most: int) -> None:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > most:
        raise _too_large(most)


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most / 1e6:g} MB; send less at a time")


def _check_origin(headers: Headers) -> None:
    """Refuse a WebSocket that another site's page opens; browsers ask nobody about these."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        raise Problem(403, "the page that opened this stream is of another site")
