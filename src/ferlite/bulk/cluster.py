"""Ray, started here or found where it runs, and kept quiet."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from ferlite.errors import FerliteError
from ferlite.media.ahead import cores

OBJECT_STORE: Final = 200_000_000
"""Bytes of Ray's shared memory on this machine: no image passes through it."""


@contextmanager
def connected(address: str | None) -> Iterator[int]:
    """Ray, for as long as the block runs; how many cores it has.

    Args:
        address: of a cluster; by default that of RAY_ADDRESS, else Ray is started here.

    Raises:
        FerliteError: there is no Ray at the address.
    """
    address = address or os.environ.get("RAY_ADDRESS")
    if address is not None and "RAY_AUTH_MODE" not in os.environ and _asks_for_token(address):
        os.environ["RAY_AUTH_MODE"] = "token"
    # Ray Data's actors always make Ray's core warn of something that does not concern them.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # A job that is stopped ends its workers, which Ray would tell of as of a failure.
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", "it was killed by `ray.kill`")
    import ray

    if ray.is_initialized():  # by who calls us; it stays theirs
        _quiet()
        yield cluster_cores()
        return
    options: dict[str, Any] = {"address": address}
    if address is None:
        options = {
            "address": "local",
            "num_cpus": cores(),
            "object_store_memory": OBJECT_STORE,
            "include_dashboard": False,
        }
    before = signal.getsignal(signal.SIGTERM)
    try:
        with _hushed():
            _start(options)
    except Exception as error:  # of what goes wrong there, Ray raises whatever it runs into
        where = f"at {address}" if address else "on this machine"
        raise FerliteError(
            f"Ray does not answer {where} ({' '.join(str(error).split())[:200]})"
        ) from error
    try:
        _quiet()
        # Schedulers end jobs with SIGTERM: it shall do what Ctrl-C does. Ray's own way is a crash.
        _on_sigterm(signal.default_int_handler)
        yield cluster_cores()
    finally:
        ray.shutdown()
        _on_sigterm(before)


def _on_sigterm(handler: Any) -> None:
    # Other threads may not, and what is not Python's (None) cannot be put back.
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)


def _asks_for_token(address: str) -> bool:
    """Whether this user has a cluster's token, and the cluster does not answer without it.

    `ray start` makes it ask where there is a token, but who connects has to say which it is: sent
    to a cluster that does not ask, or not sent to one that does, a job never ends. The mode is
    fixed once Ray is loaded, so another process tries.
    """
    token = Path.home() / ".ray" / "auth_token"
    if not token.is_file() and not {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
        return False
    check = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    with suppress(subprocess.TimeoutExpired):
        return subprocess.run(check, capture_output=True, timeout=60).returncode != 0
    return False


def _start(options: dict[str, Any]) -> None:
    import ray

    for last in (False, True):
        try:
            ray.init(**options, logging_level=logging.ERROR, log_to_driver=False)
            return
        except Exception:
            # On a busy machine Ray may not be ready in the half minute that it gives itself.
            if last or options["address"] != "local":
                raise
            ray.shutdown()


@contextmanager
def _hushed() -> Iterator[None]:
    """Drop what Ray's core prints while it starts: it says of each such variable that it is set."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def cluster_cores() -> int:
    """How many cores the cluster has that this process is connected to."""
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))


def _quiet() -> None:
    """Leave progress and errors to us."""
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # The rows that pass through Ray are a few numbers for each part.
    context.target_max_block_size = 1 << 20
    logging.getLogger("ray.data").setLevel(logging.ERROR)
