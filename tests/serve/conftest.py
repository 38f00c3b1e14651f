"""Servers that answer on a port of this machine: as people start them, or quicker, in a thread."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from ferlite import EmotionRecognizer
from ferlite.serve.limits import Limits
from ferlite.serve.server import configured
from ferlite.serve.setting import Setting

COMMAND = [sys.executable, "-c", "from ferlite.cli import main; main()", "serve", "--port", "0"]


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def inside(url: str, path: str = "/v1/predict") -> float:
    """How many requests have a place, as the server tells."""
    line = f'ferlite_requests_inside{{path="{path}"'
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return sum(float(x.split()[-1]) for x in lines if x.startswith(line))


@contextmanager
def in_a_thread(setting: Setting) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(configured(setting, access_log=False))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@contextmanager
def in_a_process(log: Path, *options: str, env: dict[str, str]) -> Iterator[tuple[str, object]]:
    with log.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, *options], stdout=file, stderr=file, env={**os.environ, **env}
        )
    try:
        url = None
        while url is None:
            url = (found := re.search(r"http://\S+", log.read_text())) and found[0]
            assert process.poll() is None, log.read_text()
        httpx.get(f"{url}/healthz", timeout=60)
        yield url, process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


@pytest.fixture(scope="session")
def recognizer() -> EmotionRecognizer:
    return EmotionRecognizer()


@pytest.fixture
def serve(recognizer: EmotionRecognizer) -> Callable[..., object]:
    """A server with limits, and whatever else a `Setting` has."""

    def serve(limits: Limits = Limits(jobs=2), **more: object):  # noqa: B008  # frozen
        return in_a_thread(Setting(lambda: recognizer, limits, **more))

    return serve


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., object]:
    """`ferlite serve` with options: its address and process. SIGTERM must be enough to end it."""

    def start(*options: str, **env: str):
        return in_a_process(tmp_path / "log", *options, env=env)

    return start


@pytest.fixture(scope="session")
def url(recognizer: EmotionRecognizer) -> Iterator[str]:
    """The address of a server with nothing but the defaults."""
    with in_a_thread(Setting(lambda: recognizer)) as url:
        yield url
