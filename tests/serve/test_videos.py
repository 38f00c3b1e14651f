import json
import tempfile
import threading
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from ferlite.cli import app
from ferlite.faces.frame import Frame
from ferlite.serve.limits import Limits
from ferlite.serve.setting import Setting
from tests.serve.conftest import in_a_thread, inside, until


def lines(answer):
    return [json.loads(line) for line in answer.text.splitlines()]


def kept():
    """Files without a name that are open in this process, which is the server's."""
    folder = f"{tempfile.gettempdir()}/"
    open_now = (str(file.resolve()) for file in Path("/proc/self/fd").iterdir())
    return {file for file in open_now if file.startswith(folder) and not Path(file).exists()}


def test_it_answers_as_ferlite_video_does(url, two_people, tmp_path):
    table, summary = tmp_path / "rows.jsonl", tmp_path / "people.json"
    outputs = ["--json", str(table), "--summary", str(summary)]
    assert CliRunner().invoke(app, ["video", str(two_people), *outputs]).exit_code == 0
    data = two_people.read_bytes()
    raw = httpx.post(f"{url}/v1/video", content=data, timeout=60)
    form = httpx.post(f"{url}/v1/video", files={"video": ("two.mp4", data)}, timeout=60)
    assert raw.headers["content-type"] == "application/x-ndjson"
    *rows, last = lines(raw)
    assert rows == [json.loads(line) for line in table.read_text().splitlines()]
    assert last == {
        "summary": json.loads(summary.read_text()),
        "frames": 20,
        "seconds": pytest.approx(0.8),
        "damage": None,
    }
    assert form.text == raw.text
    few = httpx.post(f"{url}/v1/video?fps=5", content=data, timeout=60)
    assert lines(few)[-1]["frames"] == 4


def test_what_cannot_be_read_or_is_over_a_limit_is_refused(serve, two_people):
    data = two_people.read_bytes()

    def post(body, query="", **limits):
        with serve(Limits(jobs=2, **limits)) as url:
            return httpx.post(f"{url}/v1/video{query}", timeout=60, **body)

    for answer, status, words in (
        (post({"files": {"x": ("me.mp4", b"hello")}}), 422, "me.mp4: is no video"),
        (post({"content": data[:100]}), 422, "-: is no video"),
        (post({"content": data}, video_frames=19), 422, "19 frames"),
        (post({"content": data}, video_seconds=0.5), 422, "0.5 seconds"),
        (post({"content": data}, video_bytes=1000), 413, "0.001 MB"),
        (post({"content": data}, "?fps=0"), 422, "fps"),
        (post({"content": data}, video_time=1e-6), 503, "longer"),
        (post({"content": data}, videos=0), 429, "busy"),
    ):
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"]
    (too_large,) = lines(post({"content": data}, pixels=1000))
    assert (too_large["error"]["status"], "320×160" in too_large["error"]["detail"]) == (422, True)
    assert "/dev/fd" not in str(too_large)


class Slow:
    """Takes a third of a second for the first frame, and for the next until it may go on."""

    detector = "none"

    def __init__(self, classifier):
        self.classifier = classifier
        self.frames = 0
        self.may = threading.Event()

    def tracker(self, max_faces):
        return self

    def update(self, image, time):
        self.frames += 1
        assert self.may.wait(0.3) or self.frames == 1 or self.may.wait(20)
        return Frame(self.frames, time, image, ())


def test_who_goes_away_ends_the_work_and_nothing_is_kept(two_people, recognizer):
    slow = Slow(recognizer.classifier)
    data = two_people.read_bytes()
    before = kept()  # pytest has some, too
    with in_a_thread(Setting(lambda: slow, Limits(videos=1))) as url:
        with httpx.stream("POST", f"{url}/v1/video", content=data, timeout=60) as answer:
            rows = answer.iter_lines()  # the connection closes when this is collected
            next(rows)
            until(lambda: slow.frames == 2)
            assert kept() > before
        until(lambda: not inside(url, "/v1/video"))  # while a frame is still at work
        slow.may.set()
        until(lambda: kept() == before)
        assert slow.frames == 2
        again = httpx.post(f"{url}/v1/video", content=data[:100])  # the place is free
        assert again.status_code == 422
    assert kept() == before
