import socket
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from ferlite.serve.limits import Limits
from ferlite.serve.setting import Setting
from tests.serve.conftest import in_a_thread, inside, until

HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


def sent(url, data):
    connection = socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=20)
    connection.sendall(data)
    return connection


def heard(connection):
    """All that comes until a problem ends or the connection is closed."""
    data = b""
    while not data.endswith(b"}") and (more := connection.recv(1000)):
        data += more
    return data


def test_there_are_so_many_places_and_who_goes_away_leaves_one(serve, astronaut):
    image = astronaut.read_bytes()
    with serve(Limits(jobs=1, waiting=0)) as url:
        with closing(sent(url, HEAD % 1000 + b"some of it")):
            until(lambda: inside(url) == 1)
            refused = httpx.post(f"{url}/v1/predict", content=image)
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) >= 1
            assert "busy" in refused.json()["detail"]
            assert httpx.get(f"{url}/readyz").status_code == 200
        until(lambda: inside(url) == 0)
        assert httpx.post(f"{url}/v1/predict", content=image).status_code == 200


def test_who_would_wait_for_long_is_refused_at_once(recognizer, astronaut, monkeypatch):
    image = astronaut.read_bytes()
    slow = Waiting(recognizer.classifier)
    slow.may.set()
    monkeypatch.setattr("ferlite.serve.pool.NEWEST", 1)
    with in_a_thread(Setting(lambda: slow, Limits(jobs=1, wait=0.3))) as url:
        for seconds, second_status in ((0.4, 429), (0, 200)):
            slow.seconds = seconds
            assert httpx.post(f"{url}/v1/predict", content=image).status_code == 200  # it learns
            with closing(sent(url, HEAD % len(image))) as first:  # has a place, and waits
                until(lambda: inside(url) == 1)
                second = httpx.post(f"{url}/v1/predict", content=image)
                assert second.status_code == second_status
                first.sendall(image)
                assert first.recv(1000).startswith(b"HTTP/1.1 200 ")
            until(lambda: inside(url) == 0)


class Waiting:
    """Reads no image before it may."""

    detector = "none"
    seconds = 0.0

    def __init__(self, classifier):
        self.classifier = classifier
        self.begun = 0
        self.may = threading.Event()

    def recognize(self, image, max_faces):
        self.begun += 1
        assert self.may.wait(20)
        time.sleep(self.seconds)
        return []


def test_work_that_nobody_waits_for_is_not_done(recognizer, astronaut):
    image = astronaut.read_bytes()
    slow = Waiting(recognizer.classifier)
    with in_a_thread(Setting(lambda: slow, Limits(jobs=1))) as url:
        with closing(sent(url, HEAD % len(image) + image)) as first:
            until(lambda: slow.begun == 1)
            with closing(sent(url, HEAD % len(image) + image)):
                until(lambda: inside(url) == 2)
            until(lambda: inside(url) == 1)
            slow.may.set()
            assert first.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert httpx.post(f"{url}/v1/predict", content=image).status_code == 200
    assert slow.begun == 2  # the first and the last


def test_slow_senders_are_cut_off(serve):
    with serve(Limits(upload_seconds=0.3, idle_seconds=0.5)) as url:
        with closing(sent(url, HEAD % 1000 + b"some of it")) as body:
            answer = heard(body)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"only 10 bytes" in answer
        with closing(sent(url, HEAD[:30])) as head:
            assert heard(head) == b""
        with closing(sent(url, HEAD % 10**9)) as large:  # refused, and then little of it
            assert heard(large).startswith(b"HTTP/1.1 413 ")
            large.sendall(b"some of it")
            assert heard(large) == b""


def test_what_takes_too_long_is_given_up(serve, astronaut):
    with serve(Limits(seconds=0.0001)) as url:
        late = httpx.post(f"{url}/v1/predict", content=astronaut.read_bytes())
    assert late.status_code == 503
    assert int(late.headers["retry-after"]) >= 1
    assert "longer than 0.0001 seconds" in late.json()["detail"]


def test_a_key_opens_all_but_the_health_checks(serve, astronaut):
    with serve(api_key="secret") as url, httpx.Client(base_url=url) as client:
        post = client.build_request("POST", "/v1/predict", content=astronaut.read_bytes())
        for key, status in ((None, 401), ("Bearer wrong", 401), ("Bearer secret", 200)):
            if key is not None:
                post.headers["authorization"] = key
            assert client.send(post).status_code == status
        assert client.get("/v1/models").headers["www-authenticate"] == "Bearer"
        assert client.get("/metrics").status_code == 401
        assert client.get("/healthz").status_code == client.get("/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("head", "status", "words"),
    [
        (b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404, b"nothing at /nothing"),
        (b"GET /v1/predict HTTP/1.1\r\nHost: x\r\n\r\n", 405, b"does not take GET"),
        (b"nonsense\r\n\r\n", 400, b"not a request of HTTP"),
    ],
)
def test_other_requests_are_problems_too(url, head, status, words):
    with closing(sent(url, head)) as connection:
        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in answer
    assert words in answer


def test_no_other_site_may_read_an_answer(url):
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{url}/v1/predict", headers=asked)
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers
