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

import ferlite
from ferlite.classify import zoo

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

The web page is not there. In a clone of the repository, 'make web' builds it (needs Node). Then
install ferlite from there again, or start the server with --page web/dist.
"""
_PACKAGE: Final = Path(ferlite.__file__).parent
MODELS: Final = (
    *sorted(zoo.WEIGHTS.glob("*.onnx")),
    *sorted((_PACKAGE / "faces" / "weights").glob("*.onnx")),
    _PACKAGE / "faces" / "appearance.npz",
)
"""What the page reads faces with: the package's own files, where the page came without them."""
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
    for name, encodings in _listed(folder).items():
        file = _File.of(encodings, name)
        for path in ("/", "/index.html") if name == "index.html" else (f"/{name}",):
            yield Route(path, file.answer, include_in_schema=False)


def _listed(folder: Path) -> dict[str, dict[str, Path]]:
    """The files by their names in the page, each as it is ("identity") and as it was compressed."""
    endings = {end: encoding for encoding, end in ENCODINGS.items()}
    files: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        encoding = endings.get(path.suffix, "identity")
        if path.is_file() and "{" not in name:  # a brace would make the router take other paths
            files.setdefault(name.removesuffix(ENCODINGS.get(encoding, "")), {})[encoding] = path
    for path in MODELS:
        files.setdefault(f"models/{path.name}", {}).setdefault("identity", path)
    return {name: encodings for name, encodings in files.items() if "identity" in encodings}


@dataclass(frozen=True)
class _File:
    """A file of the page, and how it is sent."""

    encodings: Mapping[str, Path]
    media_type: str
    digest: str
    hashed: bool
    """Whether its name changes with what is in it."""

    @classmethod
    def of(cls, encodings: Mapping[str, Path], name: str) -> "_File":
        return cls(
            encodings,
            MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream"),
            hashlib.sha256(encodings["identity"].read_bytes()).hexdigest()[:20],
            _HASHED.search(name) is not None,
        )

    async def answer(self, request: Request) -> Response:
        accepted = _accepted(request.headers.get("accept-encoding", ""))
        encoding = next((e for e in ENCODINGS if e in accepted & self.encodings.keys()), "identity")
        # The page asks for its models with a hash behind the name.
        forever = self.hashed or request.url.query != ""
        headers = {
            **HEADERS,
            "cache-control": "public, max-age=31536000, immutable" if forever else "no-cache",
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
