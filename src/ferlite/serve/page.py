"""The web page at /, where it has been built."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
        "img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",  # with the next: threads for WASM
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Nothing that the page has seen leaves the device: it may talk to this server alone."""
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".html": "text/html",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",  # or browsers compile it only when all of it is there
    ".webmanifest": "application/manifest+json",
}
"""By suffix, whatever the system thinks of them."""
ENCODINGS: Final[Mapping[str, str]] = {"br": ".br", "gzip": ".gz"}
"""What the build has compressed beforehand, best first, and how those files end."""
NOT_BUILT: Final = """\
ferlite answers here: POST an image to /v1/predict; /openapi.json tells all that can be asked.

The web page has not been built. In a clone of the repository, 'make web' builds it (needs Node);
then start the server again.
"""
_HASHED: Final = re.compile(r"[-.][\w-]{8,}\.\w+$")
"""Names that the build makes anew whenever what is in the file changes."""


def built_page() -> Path | None:
    """The folder of the page that came with the package or that `make web` has built, or None."""
    here = Path(__file__)
    for folder in (here.parent / "static", here.parents[3] / "web" / "dist"):
        if (folder / "index.html").is_file():
            return folder
    return None


def routes(folder: Path | None) -> Iterator[Route]:
    """A route for each file of the page, and / for its index.

    The files are listed now and never looked for again: no path is read on a client's word.

    Args:
        folder: with an `index.html`; None where there is no page, which / then says.
    """
    if folder is None:
        yield Route("/", lambda request: PlainTextResponse(NOT_BUILT), include_in_schema=False)
        return
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.suffix in ENCODINGS.values() or "{" in name:
            continue  # a brace would make the router take other paths, too
        file = _File.of(path, forever=_HASHED.search(name) is not None)
        for route in ("/", "/index.html") if name == "index.html" else (f"/{name}",):
            yield Route(route, file.answer, include_in_schema=False)


@dataclass(frozen=True)
class _File:
    """A file of the page, and how it is sent."""

    encodings: Mapping[str, Path]
    """As it is under "identity", and what was compressed beforehand."""
    media_type: str
    digest: str
    caching: str

    @classmethod
    def of(cls, path: Path, forever: bool) -> "_File":
        encodings = {name: path.with_name(path.name + end) for name, end in ENCODINGS.items()}
        return cls(
            {**{name: file for name, file in encodings.items() if file.is_file()},
             "identity": path},
            MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
            hashlib.sha256(path.read_bytes()).hexdigest()[:20],
            "public, max-age=31536000, immutable" if forever else "no-cache",
        )  # fmt: skip

    async def answer(self, request: Request) -> Response:
        accepted = _accepted(request.headers.get("accept-encoding", ""))
        encoding = next(e for e in self.encodings if e in accepted or e == "identity")
        headers = {
            **HEADERS,
            "cache-control": self.caching,
            "etag": f'"{self.digest}-{encoding}"',
            "vary": "accept-encoding",
        }
        known = request.headers.get("if-none-match", "")
        if headers["etag"] in (tag.strip().removeprefix("W/") for tag in known.split(",")):
            return Response(status_code=304, headers=headers)
        if encoding != "identity":
            headers["content-encoding"] = encoding
        return FileResponse(self.encodings[encoding], 200, headers, self.media_type)


def _accepted(header: str) -> frozenset[str]:
    """The encodings that a client takes.

    >>> sorted(_accepted("gzip;q=0.5, br, zstd;q=0"))
    ['br', 'gzip']
    """
    parts = (part.partition(";") for part in header.lower().split(","))
    return frozenset(
        name.strip() for name, _, rank in parts if not re.fullmatch(r"\s*q=0(\.0*)?\s*", rank)
    )
