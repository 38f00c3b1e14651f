"""Several workers on one port: one that dies is replaced, and SIGTERM ends all.

uvicorn's own supervisor asks its workers for signs of life, and takes one that is slow to start on
a busy machine for hung, and one that dies while it is asked for alive until the time is over.
"""

import logging
import multiprocessing
import signal
import socket
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE

logger = logging.getLogger("uvicorn.error")
LOOK_EVERY: Final = 0.5
"""In seconds: so long a signal may have to wait."""


def supervise(config: Config, listener: socket.socket, workers: int, grace: float) -> bool:
    """Run workers until SIGTERM or Ctrl-C.

    Args:
        config: of each.
        listener: the socket that they share: a connection that waits there is any worker's.
        workers: how many.
        grace: after the end, seconds for them to finish; who needs longer is killed.

    Returns:
        Whether they could start.
    """
    context = multiprocessing.get_context("spawn")
    asked = False

    def ask(*_: Any) -> None:
        nonlocal asked
        asked = True

    def start() -> SpawnProcess:
        worker = context.Process(target=_work, args=(config, listener))
        worker.start()
        return worker

    before = {each: signal.signal(each, ask) for each in (signal.SIGTERM, signal.SIGINT)}
    running = [start() for _ in range(workers)]
    failed = False
    try:
        while not (asked or failed):
            wait([worker.sentinel for worker in running], LOOK_EVERY)
            for i, worker in enumerate(running):
                if asked or worker.is_alive():
                    continue
                if worker.exitcode == STARTUP_FAILURE:  # another would fail as well
                    failed = True
                    break
                logger.warning("worker %d has died; another takes its place", worker.pid)
                running[i] = start()
    finally:
        for worker in running:
            worker.terminate()
        for worker in running:
            worker.join(grace)
            worker.kill()
            worker.join()
        for number, handler in before.items():
            signal.signal(number, handler)
    return not failed


def _work(config: Config, listener: socket.socket) -> None:
    config.configure_logging()
    Server(config).run([listener])
