"""The web page at /, where it has been built."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

HEADERS: Final[Mapping[bytes, bytes]] = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
        b"img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self' blob:; "
        b"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        b"frame-ancestors 'none'"
    ),
    b"cross-origin-opener-policy": b"same-origin",  # with the next: threads for WASM
    b"cross-origin-embedder-policy": b"require-corp",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
"""Nothing that the page has seen leaves the device: it may talk to this server alone."""


def built_page() -> Path | None:
    """The folder of the page that `make web` builds, or None where it has not."""
    built = Path(__file__).parents[3] / "web" / "dist"
    return built if (built / "index.html").is_file() else None


class Page(StaticFiles):
    """The files of the page, with headers that keep it to this server."""

    def __init__(self, folder: Path) -> None:
        """Serve a folder.

        Args:
            folder: with an `index.html`.
        """
        super().__init__(directory=folder, html=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with one of the files."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS.items()]
            await send(message)

        await super().__call__(scope, receive, guarded)
