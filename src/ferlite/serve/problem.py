"""What goes wrong, as RFC 9457 has it: `application/problem+json` with one clear sentence."""

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ferlite.errors import FerliteError

MEDIA_TYPE = "application/problem+json"
CURL_DATA = "application/x-www-form-urlencoded"
"""What curl says with `-d @photo.jpg`, which drops bytes, and with `--data-binary`, too."""
GONE = 499
"""What the metrics count a request as whose client did not wait for the answer, as nginx does."""


class Problem(HTTPException):
    """A refusal: its status, its sentence, and when to come back if that may help."""

    def __init__(self, status: int, detail: str, retry_after: int | None = None) -> None:
        """Refuse.

        Args:
            status: of the HTTP answer.
            detail: one sentence: what is wrong, and what to do.
            retry_after: in so many seconds the same request may succeed.
        """
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(status, detail, headers)


def body(status: int, detail: str, **members: Any) -> dict[str, Any]:
    """The members of a problem.

    >>> body(404, "there is nothing here")["title"]
    'Not Found'
    """
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}


def answer(status: int, detail: str, headers: Any = None, **members: Any) -> Response:
    """A problem as an HTTP answer."""
    content = json.dumps(body(status, detail, **members))
    return Response(content, status, headers, MEDIA_TYPE)


def handle(app: FastAPI) -> None:
    """Let an app answer all that goes wrong as problems."""

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        detail = error.detail
        if not isinstance(error, Problem):  # the router's own
            path = request.url.path
            if error.status_code == 404:
                detail = f"there is nothing at {path}; see /openapi.json for what there is"
            elif error.status_code == 405:
                detail = f"{path} does not take {request.method}; see /openapi.json"
        return answer(error.status_code, detail, error.headers)

    @app.exception_handler(FerliteError)
    def unreadable(request: Request, error: FerliteError) -> Response:
        detail = str(error)
        if request.headers.get("content-type") == CURL_DATA:
            detail = detail.replace(
                "get the file again",
                "if 'curl -d' sent it, which drops bytes, send it with --data-binary or -F",
            )
        return answer(422, detail, kind=type(error).__name__)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return answer(422, f"{where}: {first['msg']}")

    @app.exception_handler(ClientDisconnect)
    def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=GONE)  # nobody sees it

    @app.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> Response:
        return answer(500, "the server has a fault of its own; its log tells more")
