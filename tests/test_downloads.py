"""Downloads from a server of the tests' own, which does all that servers do wrong."""

import hashlib
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ferlite import FerliteError, downloads
from ferlite.downloads import DOWNLOADS, is_there, path, pull

CONTENT = random.Random(0).randbytes(200_000)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass
class Server:
    """Serves `content`, and what was asked of it. `url` is its address."""

    url: str = ""
    content: bytes = CONTENT
    ranges: bool = True
    status: int = 200
    length: bool = True
    cut_after: int | None = None
    """Closes the connection after so many bytes."""
    hang_after: int | None = None
    """Says nothing more after so many bytes."""
    redirect: str | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of each request."""
    done: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers["Range"]
        self.asked.append((request.path, wanted))
        if self.redirect is not None and request.path != self.redirect:
            request.send_response(302)
            request.send_header("Location", self.redirect)
            request.end_headers()
            return
        if self.status != 200:
            request.send_error(self.status)
            return
        begin = 0
        if wanted and self.ranges:
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(self.content):
                request.send_error(416)
                return
            request.send_response(206)
            last = len(self.content) - 1
            request.send_header("Content-Range", f"bytes {begin}-{last}/{last + 1}")
        else:
            request.send_response(200)
        if self.length:
            request.send_header("Content-Length", str(len(self.content) - begin))
        if self.hang_after != -1:
            request.end_headers()
        end = min(len(self.content), *(x for x in (self.cut_after, self.hang_after) if x), 10**9)
        request.wfile.write(self.content[begin:end] if self.hang_after != -1 else b"")
        if self.hang_after is not None:
            request.wfile.flush()
            self.done.wait()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of 127.0.0.1 from which "yunet" comes: 200,000 bytes of noise."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: object) -> None:
            """Keep still."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listening.server_port}/yunet.onnx"
    made = replace(
        DOWNLOADS["yunet"],
        url=server.url,
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )
    monkeypatch.setitem(DOWNLOADS, "yunet", made)
    thread = threading.Thread(target=lambda: listening.serve_forever(poll_interval=0.01))
    thread.start()
    yield server
    server.done.set()
    listening.shutdown()
    thread.join()
    listening.server_close()


def fails(source: str | None = None, timeout: float = 30) -> str:
    """The sentence with which pulling ends. Nothing is then in the file's place."""
    with pytest.raises(FerliteError) as error:
        pull("yunet", source, timeout=timeout)
    assert not path("yunet").exists()
    sentence = str(error.value)
    assert "\n" not in sentence
    return sentence


def left() -> list[str]:
    return sorted(file.name for file in path("yunet").parent.iterdir())


def test_a_file_is_fetched_to_where_the_recognizer_looks(server: Server, own_home: Path):
    assert not is_there("yunet")
    assert pull("yunet")
    assert path("yunet") == own_home / "models" / "face_detection_yunet_2023mar.onnx"
    assert path("yunet").read_bytes() == CONTENT
    assert is_there("yunet")
    assert left() == [path("yunet").name]


def test_the_real_file_is_known_by_its_size_and_checksum(yunet_file: Path):
    assert pull("yunet", str(yunet_file))
    assert path("yunet").read_bytes() == yunet_file.read_bytes()


def test_a_file_that_is_there_is_not_fetched_again(server: Server):
    pull("yunet")
    assert not pull("yunet")
    assert len(server.asked) == 1


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], CONTENT[:-1] + b"?"])
def test_a_damaged_file_is_replaced(server: Server, damaged: bytes):
    path("yunet").parent.mkdir()
    path("yunet").write_bytes(damaged)
    assert not is_there("yunet")
    assert pull("yunet")
    assert path("yunet").read_bytes() == CONTENT


def test_progress_grows_to_the_size_of_the_file(server: Server):
    told: list[tuple[int, int]] = []
    pull("yunet", progress=lambda done, size: told.append((done, size)))
    done = [each for each, _ in told]
    assert done == sorted(done)
    assert len(done) > 1
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_download_that_broke_off_goes_on_where_it_stopped(server: Server):
    server.cut_after = 120_000
    assert "broke off after 120,000 of 200,000 bytes; run the same command again" in fails()
    server.cut_after = None
    told: list[int] = []
    assert pull("yunet", progress=lambda done, _: told.append(done))
    assert server.asked[1:] == [("/yunet.onnx", "bytes=120000-")]
    assert told[0] > 120_000
    assert path("yunet").read_bytes() == CONTENT
    assert left() == [path("yunet").name]


def test_a_server_without_ranges_begins_at_the_beginning(server: Server):
    server.ranges = False
    server.cut_after = 120_000
    fails()
    server.cut_after = None
    assert pull("yunet")
    assert len(server.asked) == 2
    assert path("yunet").read_bytes() == CONTENT


@pytest.mark.parametrize("kept", [b"?" * 120_000, b"?" * 200_000, b"?" * 300_000])
def test_what_was_kept_of_another_file_does_no_harm(server: Server, kept: bytes):
    path("yunet").parent.mkdir()
    path("yunet").with_name(f".{path('yunet').name}.part").write_bytes(kept)
    assert pull("yunet")
    assert path("yunet").read_bytes() == CONTENT


def test_a_server_that_says_no_length_and_breaks_off_is_noticed(server: Server):
    server.length = False
    server.cut_after = 5_000
    assert "broke off after 5,000 of 200,000 bytes" in fails()


@pytest.mark.parametrize("hang_after", [-1, 5_000])
def test_a_server_that_hangs_is_given_up(server: Server, hang_after: int):
    server.hang_after = hang_after
    sentence = fails(timeout=0.3)
    assert f"{server.url} says nothing for 0.3 seconds" in sentence
    assert "models pull yunet --from FILE" in sentence


@pytest.mark.parametrize(
    ("content", "length", "why"),
    [
        (b"?" * len(CONTENT), True, "its SHA-256 is another"),
        (b"version https://git-lfs", True, "it has 23 bytes instead of 200,000"),
        (CONTENT * 2, True, "it has 400,000 bytes instead of 200,000"),
        (CONTENT * 100, False, "its SHA-256 is another"),
    ],
    ids=["other bytes", "shorter", "longer", "longer than it says"],
)
def test_another_file_is_not_kept(server: Server, content: bytes, length: bool, why: str):
    server.content, server.length = content, length
    sentence = fails()
    assert f"({why}), so it was not kept; download {server.url} by hand" in sentence
    assert not any(file.stat().st_size for file in path("yunet").parent.iterdir())


def test_a_server_that_does_not_have_it_is_quoted(server: Server):
    server.status = 404
    sentence = fails()
    assert f"{server.url} answers 404 (Not Found); download" in sentence
    assert "'ferlite models pull yunet --from FILE'" in sentence


def test_a_redirection_is_followed(server: Server):
    server.redirect = "/elsewhere"
    assert pull("yunet")
    assert [where for where, _ in server.asked] == ["/yunet.onnx", "/elsewhere"]


def test_a_redirection_in_a_circle_is_refused(server: Server):
    server.redirect = "?again"
    assert "answers 302" in fails()


def test_no_server_at_all_is_told(server: Server):
    assert "cannot be reached" in fails("http://127.0.0.1:9/yunet.onnx")


def test_it_may_come_from_another_address(server: Server):
    assert pull("yunet", server.url.replace("yunet.onnx", "mirror"))
    assert server.asked == [("/mirror", None)]


def test_it_may_come_through_a_proxy(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", server.url)
    assert pull("yunet", "http://nowhere.invalid/yunet.onnx")
    assert server.asked == [("http://nowhere.invalid/yunet.onnx", None)]


def test_it_may_come_from_a_file(server: Server, tmp_path: Path):
    (tmp_path / "mine").write_bytes(CONTENT)
    assert pull("yunet", str(tmp_path / "mine"))
    assert path("yunet").read_bytes() == CONTENT
    assert server.asked == []


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("gone.onnx", "--from gone.onnx: there is no such file"),
        (".", "--from .: there is no such file"),
        (__file__, "so it was not kept; download"),
        ("ftp://example.org/a", "--from ftp://example.org/a: only http:// and https://"),
        ("http://[", "http://[ cannot be reached"),
        ("http://", "http:// cannot be reached"),
        ("http://a b/\n", "cannot be reached"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(server: Server, source: str, sentence: str):
    assert sentence in fails(source)


def test_a_place_that_cannot_be_written_to_is_told(server: Server, own_home: Path):
    (own_home / "models").touch()
    assert "set FERLITE_HOME to another folder" in fails()


def test_a_wrong_name_gets_the_nearest_one():
    for ask in (pull, path, is_there):
        with pytest.raises(FerliteError, match="'yunnet' to pull; did you mean yunet"):
            ask("yunnet")


def test_every_download_says_what_it_is():
    for wanted in downloads.DOWNLOADS.values():
        assert wanted.url.startswith("https://")
        assert wanted.url.endswith("/" + wanted.file)
        assert len(bytes.fromhex(wanted.sha256)) == 32
        assert wanted.licence
