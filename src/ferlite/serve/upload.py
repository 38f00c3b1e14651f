"""The files of a request, from a form or as the body itself, while they arrive.

Written anew because form parsers keep large files on disk, and the file of an image must not be.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final, Protocol, TypeVar

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ferlite.serve.problem import Problem

BODY: Final = "-"
"""What a file is called that is the body itself, as `ferlite predict -` calls standard input."""


class Sink(Protocol):
    """Takes the bytes of one file."""

    def write(self, data: bytes, /) -> object:
        """Take some."""


AnySink = TypeVar("AnySink", bound=Sink)


class Upload(BytesIO):
    """A file in memory that knows what its sender calls it."""

    def __init__(self, name: str) -> None:
        """Begin empty."""
        super().__init__()
        self.name = name


async def receive(
    request: Request, sink: Callable[[str], AnySink], kind: str, most: int
) -> list[AnySink]:
    """Read the body of a request into its files.

    Args:
        request: with a form (multipart/form-data), or anything else, which is taken for one file.
        sink: makes what takes the bytes of a file, from the file's name.
        kind: what the files are, for messages.
        most: how many there may be.

    Returns:
        What `sink` made, in the order in which the files came; one at least.

    Raises:
        Problem: 400 for a broken form, 413 for too many files, 422 for none.
    """
    content_type, options = parse_options_header(request.headers.get("content-type"))
    files: list[AnySink] = []
    if content_type != b"multipart/form-data":
        file, count = sink(BODY), 0
        async for chunk in request.stream():
            file.write(chunk)
            count += len(chunk)
        if content_type == b"application/json":
            raise Problem(422, f"JSON is not taken; send the {kind} itself, as the body or a form")
        if not count:
            raise Problem(
                422,
                f"the body is empty; send the {kind}: curl --data-binary @FILE, or -F {kind}=@FILE",
            )
        return [file]
    form = _Form(options.get(b"boundary", b""), sink, kind, most, files)
    async for chunk in request.stream():
        form.feed(chunk)
    form.end()
    if not files:
        raise Problem(422, f"the form has no {kind}; send it as a file")
    return files


class _Form:
    """A form that is being read."""

    def __init__(
        self,
        boundary: bytes,
        sink: Callable[[str], Any],
        kind: str,
        most: int,
        files: list[Any],
    ) -> None:
        self._sink, self._kind, self._most, self._files = sink, kind, most, files
        self._ended = False
        self._header = self._value = b""
        self._disposition = b""
        if not boundary:
            raise _broken("the header Content-Type names no boundary")
        with _told():
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._on_field,
                    "on_header_value": self._on_value,
                    "on_header_end": self._on_header,
                    "on_headers_finished": self._open,
                    "on_part_data": self._on_data,
                    "on_end": self._on_end,
                },
            )

    def feed(self, chunk: bytes) -> None:
        with _told():
            self._parser.write(chunk)

    def end(self) -> None:
        if not self._ended:
            raise _broken("its end is missing")

    def _begin(self) -> None:
        self._disposition = self._header = self._value = b""

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        if (name := options.get(b"filename")) is None:
            field = _text(options.get(b"name", b""))
            raise Problem(422, f"the field {field!r} is not a file; send each {self._kind} as one")
        if len(self._files) == self._most:
            raise Problem(
                413, f"more than {self._most} files of {self._kind}s; send less at a time"
            )
        self._files.append(self._sink(_text(name)))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._files[-1].write(data[start:end])

    def _on_end(self) -> None:
        self._ended = True


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _broken(why: str) -> Problem:
    return Problem(400, f"the form (multipart/form-data) cannot be read: {why}")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except FormParserError as error:
        raise _broken("it is damaged or incomplete") from error
