"""What only whole processes show: logs, the disk, signals, workers."""

import os
import re
import signal
import socket
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from ferlite.errors import FerliteError
from ferlite.serve.server import run
from ferlite.serve.setting import Setting

HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"


def test_at_the_end_what_is_at_work_is_finished(start, astronaut, tmp_path):
    """And before: nothing on disk, and no image and no result in the logs."""
    image = astronaut.read_bytes()
    kept = tmp_path / "kept"
    kept.mkdir()
    with start(TMPDIR=str(kept)) as (url, process):
        padded = image + bytes(3_000_000)  # more than form parsers keep in memory
        written = os.stat(kept).st_mtime_ns
        answer = httpx.post(f"{url}/v1/predict", files={"x": ("Jane Doe.jpg", padded)})
        assert answer.json()[0]["faces"][0]["emotion"] == "happy"
        assert os.stat(kept).st_mtime_ns == written  # nor was anything there meanwhile
        with closing(socket.create_connection(("127.0.0.1", urlsplit(url).port))) as client:
            client.sendall(HEAD % len(image) + image[:1000])
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            client.sendall(image[1000:])
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"happy" in answer
        process.wait(10)
    log = (tmp_path / "log").read_text()
    assert "POST /v1/predict" in log
    assert "Jane" not in log
    assert "happy" not in log
    assert "Traceback" not in log


def test_a_worker_that_dies_is_replaced_and_nobody_else_notices(start, astronaut):
    image = astronaut.read_bytes()
    with start("--workers", "2") as (url, process):

        def worker(client):
            return int(re.search(r'worker="(\d+)"', client.get("/metrics").text)[1])

        clients = [httpx.Client(base_url=url, timeout=60)]
        pids = [worker(clients[0])]
        while len(set(pids)) < 2:  # a new connection, until the other worker takes it
            clients.append(httpx.Client(base_url=url, timeout=60))
            pids.append(worker(clients[-1]))
        others = clients[pids.index(pids[-1])]
        failed, done = [], threading.Event()

        def ask():
            while not done.is_set():
                if others.post("/v1/predict", content=image).status_code != 200:
                    failed.append(1)

        asking = threading.Thread(target=ask)
        asking.start()
        os.kill(pids[0], signal.SIGKILL)
        end = time.monotonic() + 60
        new = pids[0]
        while new in pids:
            assert time.monotonic() < end
            with httpx.Client(base_url=url, timeout=60) as client:  # none of these may fail either
                new = worker(client)
        done.set()
        asking.join()
        assert not failed
        # And with the process that started them, they end.
        process.kill()
        while time.monotonic() < end:
            try:
                httpx.get(f"{url}/healthz")
            except httpx.TransportError:
                break
        else:
            pytest.fail("the workers are still there")


def test_a_port_that_is_taken_is_told():
    setting = Setting(lambda: None)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FerliteError, match=f"port {port} of 127.0.0.1 cannot be had"):
            run(setting, "127.0.0.1", port)
    with pytest.raises(FerliteError, match="no address of this machine"):
        run(setting, "no.such.host.invalid", 0)
