"""Fetch the few files that are in no package. Nothing else in ferlite uses the network."""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from ferlite import files
from ferlite.errors import FerliteError

TIMEOUT: Final = 30.0
"""Seconds of silence after which a server is given up."""
_CHUNK: Final = 1 << 16
_AGAIN: Final = "run the same command again to go on from there"

Progress = Callable[[int, int], None]
"""Is told how many bytes are there, and how many there will be."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file to fetch: what it is, where it lies, and how to know that it is the right one."""

    summary: str
    file: str
    url: str
    size: int
    sha256: str
    licence: str


DOWNLOADS: Final = {
    "yunet": Download(
        summary="YuNet (Wu et al. 2023), better at small faces and crowds",
        file="face_detection_yunet_2023mar.onnx",
        url="https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
        "face_detection_yunet_2023mar.onnx",
        size=232_589,
        sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        licence="MIT",
    ),
    "sface": Download(
        summary="SFace (Zhong et al. 2021), which recognises people who come back in a video",
        file="face_recognition_sface_2021dec.onnx",
        url="https://github.com/opencv/opencv_zoo/raw/main/models/face_recognition_sface/"
        "face_recognition_sface_2021dec.onnx",
        size=38_696_353,
        sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        licence="Apache-2.0",
    ),
}


def path(name: str) -> Path:
    """Where a fetched file lies, whether it is there or not.

    >>> path("yunet").name
    'face_detection_yunet_2023mar.onnx'

    Raises:
        FerliteError: there is no download of that name; the nearest name is offered.
    """
    return files.home() / "models" / _known(name).file


def is_there(name: str) -> bool:
    """Whether the file has been fetched and is whole.

    Raises:
        FerliteError: there is no download of that name.
    """
    try:
        return _is_right(path(name), _known(name))
    except OSError:
        return False


def pull(
    name: str,
    source: str | None = None,
    *,
    progress: Progress | None = None,
    timeout: float = TIMEOUT,
) -> bool:
    """Fetch a file, unless it is there and whole.

    It appears in its place only once its SHA-256 is right. What came of a download that broke off
    is kept, and the next one goes on from there if the server can. Proxies are taken from the
    environment (`https_proxy`, `http_proxy`, `no_proxy`).

    Args:
        name: one of `DOWNLOADS`.
        source: another address (http or https), or a file of this machine, to take it from.
        progress: called with the bytes that are there and those there will be.
        timeout: seconds of silence after which the server is given up.

    Returns:
        True if it was fetched, False if it was there already.

    Raises:
        FerliteError: there is no download of that name, the source cannot be reached or breaks
            off, what it gives is another file, or the file cannot be written.

    >>> pull("yunet")  # doctest: +SKIP
    True
    """
    wanted, target = _known(name), path(name)
    if is_there(name):
        return False
    source = source or wanted.url
    by_hand = f"download {wanted.url} by hand and run 'ferlite models pull {name} --from FILE'"
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if "://" in source:
            _fetch(source, part, wanted, by_hand, progress or (lambda done, size: None), timeout)
        else:
            _copy(Path(source), part, wanted, by_hand)
        if not _is_right(part, wanted):
            part.unlink()
            raise FerliteError(_wrong(source, wanted, "its SHA-256 is another", by_hand))
        part.replace(target)
    except OSError as error:
        raise FerliteError(
            f"{error.filename or target}: cannot be read or written ({error.strerror}); make room "
            "or grant access, or set FERLITE_HOME to another folder"
        ) from error
    return True


def _known(name: str) -> Download:
    if name in DOWNLOADS:
        return DOWNLOADS[name]
    near = get_close_matches(name, DOWNLOADS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"what can be fetched is {', '.join(DOWNLOADS)}"
    raise FerliteError(f"there is nothing called {name!r} to pull; {hint}")


def _is_right(file: Path, wanted: Download) -> bool:
    if not file.is_file() or file.stat().st_size != wanted.size:
        return False
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == wanted.sha256


def _other_size(size: int, wanted: Download) -> str:
    return f"it has {size:,} bytes instead of {wanted.size:,}"


def _wrong(source: str, wanted: Download, why: str, by_hand: str) -> str:
    return f"what {source} gives is not {wanted.file} ({why}), so it was not kept; {by_hand}"


def _copy(source: Path, part: Path, wanted: Download, by_hand: str) -> None:
    if not source.is_file():
        raise FerliteError(
            f"--from {source}: there is no such file; give a file, or an address with http://"
        )
    if (size := source.stat().st_size) != wanted.size:
        raise FerliteError(_wrong(str(source), wanted, _other_size(size, wanted), by_hand))
    shutil.copyfile(source, part)


def _fetch(
    url: str, part: Path, wanted: Download, by_hand: str, progress: Progress, timeout: float
) -> None:
    """Go on with what is kept of an earlier download; if that comes to nothing, begin anew."""
    kept = part.stat().st_size if part.is_file() else 0
    if 0 < kept < wanted.size:
        _write(part, _receive(url, kept, wanted, by_hand, timeout), wanted, progress)
    if not _is_right(part, wanted):  # what was kept may have been of another file
        _write(part, _receive(url, 0, wanted, by_hand, timeout), wanted, progress)


def _write(
    part: Path, pieces: Iterable[tuple[int, bytes]], wanted: Download, progress: Progress
) -> None:
    part.touch()
    with part.open("r+b") as stream:
        for at, piece in pieces:
            stream.seek(at)
            stream.write(piece)
            progress(stream.tell(), wanted.size)
        stream.truncate()  # what was kept may have been longer


def _receive(
    url: str, start: int, wanted: Download, by_hand: str, timeout: float
) -> Iterator[tuple[int, bytes]]:
    """The pieces of a file from `start` on, each with its place in the file.

    They are from the beginning if the server knows no ranges; there are none if it has nothing
    that begins at `start`.
    """
    # Only here: 20 ms that reading a photo need not wait for.
    import http.client
    import urllib.error
    import urllib.request

    if not url.lower().startswith(("http://", "https://")):
        raise FerliteError(f"--from {url}: only http:// and https:// are understood; {by_hand}")
    headers = {"User-Agent": "ferlite"}
    if start:
        headers["Range"] = f"bytes={start}-"
    at, answered = start, False
    try:
        request = urllib.request.Request(url, headers=headers)
        # An opener of our own, because the library's keeps the proxies of its first use.
        with urllib.request.build_opener().open(request, timeout=timeout) as response:
            answered = True
            if response.status != 206:
                at = 0
            elif not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                return
            length = response.headers.get("Content-Length", "")
            if length.isdecimal() and at + int(length) != wanted.size:
                why = _other_size(at + int(length), wanted)
                raise FerliteError(_wrong(url, wanted, why, by_hand))
            while at <= wanted.size and (piece := response.read1(_CHUNK)):
                yield at, piece
                at += len(piece)
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:
            return
        reason = _one_line(error.reason)
        raise FerliteError(f"{url} answers {error.code} ({reason}); {by_hand}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", error)
        if isinstance(cause, TimeoutError):
            why = f"says nothing for {timeout:g} seconds; {_AGAIN}"
        elif answered:
            why = f"broke off after {at:,} of {wanted.size:,} bytes; {_AGAIN}"
        else:
            why = f"cannot be reached ({_one_line(cause)}); check the address, network and proxy"
        raise FerliteError(f"{_one_line(url)} {why}, or {by_hand}") from error
    if at < wanted.size:
        raise FerliteError(
            f"{url} broke off after {at:,} of {wanted.size:,} bytes; {_AGAIN}, or {by_hand}"
        )


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
