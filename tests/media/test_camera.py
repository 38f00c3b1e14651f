"""A camera that the tests plug in and pull out."""

import functools
import http.server
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ferlite import VideoError
from ferlite.media import camera
from ferlite.media.camera import Camera

PATIENCE = 10.0  # seconds, for what should happen at once


class Plug:
    """What stands for `camera.opened`: gives frames while it is `there`."""

    def __init__(self):
        self.there = True
        self.frames = self.opened = self.released = 0
        self.sources = []
        self.go_on = threading.Event()  # after the first frame
        self.go_on.set()

    def __call__(self, source):
        self.sources.append(source)
        self.opened += 1
        return 15.0, self.run()

    def run(self):
        try:
            while self.there:
                time.sleep(0.002)
                self.frames += 1
                yield np.full((48, 64, 3), self.frames % 256, np.uint8)
                self.go_on.wait(PATIENCE)
        finally:
            self.released += 1


@pytest.fixture
def plug(monkeypatch):
    plug = Plug()
    monkeypatch.setattr(camera, "opened", plug)
    monkeypatch.setattr(camera, "RETRY", 0.01)
    return plug


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_frames_are_numbered_and_their_times_grow(plug: Plug):
    plug.go_on.clear()  # so that the first frame is the newest, however slow the machine
    source = Camera("3")
    shots = [source.newest(PATIENCE)]
    plug.go_on.set()
    shots += [source.newest(PATIENCE) for _ in range(4)]
    source.close()
    assert (plug.sources, source.name, source.rate) == (["3"], "camera 3", 15)
    assert (shots[0].index, shots[0].time) == (0, 0)
    for before, after in pairwise(shots):
        assert before.index < after.index
        assert before.time < after.time
    assert shots[0].image_HWC.shape == (48, 64, 3)


def test_who_is_slow_gets_the_newest_frame_and_each_only_once(plug: Plug):
    source = Camera("0")
    until(lambda: plug.frames > 20)
    plug.there = False
    until(lambda: source.lost)
    assert source.newest(PATIENCE).index == plug.frames - 1
    assert source.newest(0.01) is None
    source.close()


def test_a_lost_camera_is_opened_again_until_it_is_there(plug: Plug):
    source = Camera("0")
    before = source.newest(PATIENCE)
    plug.there = False
    until(lambda: plug.opened > 3)
    assert source.lost
    source.newest(0)
    plug.there = True
    after = source.newest(PATIENCE)
    assert not source.lost
    assert after.index > before.index
    assert after.time > before.time
    source.close()


def test_closing_gives_the_camera_back_even_while_it_is_lost(plug: Plug):
    threads = threading.active_count()
    source = Camera("0")
    plug.there = False
    until(lambda: source.lost)
    source.close()
    assert threading.active_count() == threads
    assert plug.released == 1  # what was opened later has given no frame, and was never begun


def test_a_camera_that_gives_nothing_is_refused(plug: Plug):
    plug.there = False
    with pytest.raises(VideoError, match="camera 7 gives no frames"):
        Camera("7")


@pytest.mark.parametrize("source", ["99", "/dev/video99", "/dev/null", "http://127.0.0.1:9/a"])
def test_what_does_not_exist_is_refused_quietly(source: str, capfd):
    with pytest.raises(VideoError, match="gives no"):
        Camera(source)
    assert capfd.readouterr() == ("", "")


def test_a_file_is_played_at_its_own_speed_and_ends(write_video, tmp_path: Path):
    path = write_video(tmp_path / "v.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 5, rate=20)
    source = Camera(str(path))
    shots = []
    while (shot := source.newest(0.5)) is not None or not source.ended:
        shots += [shot] if shot else []
    source.close()
    assert [shot.index for shot in shots] == list(range(5))
    assert shots[-1].time == pytest.approx(0.2, abs=0.15)


def test_a_stream_is_read_from_the_network(write_video, tmp_path: Path):
    write_video(tmp_path / "v.mkv", [np.full((48, 64, 3), 90, np.uint8)] * 5)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = Camera(f"http://127.0.0.1:{server.server_port}/v.mkv")
        assert source.newest(PATIENCE).image_HWC.shape == (48, 64, 3)
        source.close()
        server.shutdown()
