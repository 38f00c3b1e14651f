"""Connections that keep the server waiting are closed; uvicorn itself waits without end."""

import asyncio
import json
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ferlite.serve.problem import MEDIA_TYPE, body

MOST_CONNECTIONS: Final = 500
"""Of one worker. Each is a file to the system, which gives a process some 1,000 by default."""
LOOKS: Final = 10
"""So often an idle connection is looked at before it is closed."""


class Connection(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(self, *args: Any, idle_seconds: float, **kwargs: Any) -> None:
        """Begin.

        Args:
            args: uvicorn's.
            idle_seconds: so long the head of a request, or the rest of a body that was refused,
                may take to arrive.
            kwargs: uvicorn's.
        """
        super().__init__(*args, **kwargs)
        self._idle_seconds = idle_seconds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for requests."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._seen: object = None
        self._since = self.loop.time()
        self.loop.call_later(self._idle_seconds / LOOKS, self._look)

    def _look(self) -> None:
        """Close the connection if no request has been complete, or answered, for long."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # it has ended, or is a WebSocket now
        at_work = self.cycle is not None and not self.cycle.response_complete
        if at_work or self.cycle is not self._seen:
            self._seen, self._since = self.cycle, self.loop.time()
        elif self.loop.time() - self._since > self._idle_seconds:
            self.transport.close()
            return
        self.loop.call_later(self._idle_seconds / LOOKS, self._look)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, as a problem like others."""
        content = json.dumps(body(400, "this is not a request of HTTP/1.1")).encode()
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + content)
        self.transport.close()
