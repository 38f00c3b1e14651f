"""Run the server: one process, or several that share nothing but the port."""

import functools
import socket
import sys
import warnings
from typing import Final

from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE

from ferlite.errors import FerliteError
from ferlite.serve.connection import Connection
from ferlite.serve.setting import Setting
from ferlite.serve.supervisor import supervise

BACKLOG: Final = 512
"""So many connections may wait to be taken."""


def run(setting: Setting, host: str, port: int, workers: int = 1, access_log: bool = True) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is at work.

    Args:
        setting: what to serve, and its limits.
        host: the address to listen on.
        port: where; 0 is any that is free.
        workers: how many processes; one that dies is replaced.
        access_log: print a line for each request: who, what path, which status.

    Raises:
        FerliteError: the port cannot be had, or as `EmotionRecognizer`.
    """
    listener = listen(host, port)
    config = configured(setting, workers, access_log)
    address = f"[{host}]" if ":" in host else host
    print(f"ferlite serves on http://{address}:{listener.getsockname()[1]}", file=sys.stderr)
    if workers == 1:
        Server(config).run([listener])
    elif not supervise(config, listener, workers, setting.limits.grace + 5):
        sys.exit(STARTUP_FAILURE)


def configured(setting: Setting, workers: int = 1, access_log: bool = True) -> Config:
    """What uvicorn needs to know; see `run`."""
    limits = setting.limits
    return Config(
        functools.partial(_worker_app, setting),
        factory=True,
        http=functools.partial(Connection, idle_seconds=limits.idle_seconds),  # type: ignore[arg-type]
        ws="websockets-sansio",
        ws_max_size=limits.image_bytes,
        ws_per_message_deflate=False,  # images do not get smaller, and bombs do not get in
        workers=workers,
        backlog=BACKLOG,
        access_log=access_log,
        server_header=False,
        timeout_graceful_shutdown=round(limits.grace),
    )


def _worker_app(setting: Setting) -> ASGIApp:
    from ferlite.serve.app import make_app  # late: it loads all that reads images

    # Of damaged images Pillow warns in ever new words, and Python remembers each that it has shown.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        return make_app(setting)
    except FerliteError as error:
        print(f"ferlite: {error}", file=sys.stderr)
        sys.exit(STARTUP_FAILURE)  # so that no other worker is tried


def listen(host: str, port: int) -> socket.socket:
    """A socket that waits for connections; workers share it, so none is lost when one dies.

    Raises:
        FerliteError: the port cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)  # now: who comes before the model is loaded waits
    except socket.gaierror as error:
        raise FerliteError(f"--host {host} is no address of this machine") from error
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FerliteError(
            f"port {port} of {host} cannot be had ({why}); give another --port"
        ) from error
    listener.set_inheritable(True)
    return listener
