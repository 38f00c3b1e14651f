"""The page alone, on this machine, in the browser: `ferlite webcam --browser`."""

import os
import sys
import webbrowser

from starlette.applications import Starlette
from uvicorn import Config, Server

from ferlite.errors import FerliteError
from ferlite.serve.page import built_page, routes
from ferlite.serve.server import listen


def open_page(fragment: str) -> None:
    """Serve the page on a free port of 127.0.0.1, and open it, until Ctrl-C.

    The address is printed, too, for machines without a browser or a screen.

    Args:
        fragment: what comes behind the # of the address.

    Raises:
        FerliteError: the page has not been built.
    """
    if (page := built_page()) is None:
        raise FerliteError("the page is not built; 'make web' in a clone of ferlite builds it")
    app = Starlette(routes=list(routes(page)))
    server = Server(Config(app, log_level="warning", server_header=False, lifespan="off"))
    with listen("127.0.0.1", 0) as listener:  # who comes before the server runs waits
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/#{fragment}"
        print(f"ferlite: the page is at {address} until Ctrl-C", file=sys.stderr)
        if _has_screen():
            webbrowser.open(address)
        server.run([listener])


def _has_screen() -> bool:
    """Whether a browser could show itself; one in the terminal would be of no use."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
