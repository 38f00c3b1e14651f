"""A camera that the tests plug in and pull out."""

import threading
import time
from itertools import pairwise

import cv2
import numpy as np
import pytest

from ferlite import FerliteError
from ferlite.media import camera
from ferlite.media.camera import Camera

PATIENCE = 10.0  # seconds, for what should happen at once


class Plug:
    """What stands for `cv2.VideoCapture`: gives frames while it is `there`."""

    def __init__(self):
        self.there = True
        self.rate = 15.0
        self.frames = 0
        self.opened = 0
        self.released = 0
        self.numbers = []

    def __call__(self, number):
        self.numbers.append(number)
        self.opened += 1
        return self

    def read(self):
        time.sleep(0.002)
        if not self.there:
            return False, None
        self.frames += 1
        return True, np.full((48, 64, 3), self.frames % 256, np.uint8)

    def get(self, prop):
        return self.rate if prop == cv2.CAP_PROP_FPS else 0.0

    def release(self):
        self.released += 1


@pytest.fixture
def plug(monkeypatch):
    plug = Plug()
    monkeypatch.setattr(cv2, "VideoCapture", plug)
    monkeypatch.setattr(camera, "RETRY", 0.01)
    return plug


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_frames_are_numbered_and_their_times_grow(plug: Plug):
    source = Camera(3)
    shots = [source.newest(PATIENCE) for _ in range(5)]
    source.close()
    assert plug.numbers == [3]
    assert (shots[0].index, shots[0].time) == (0, 0)
    for before, after in pairwise(shots):
        assert before.index < after.index
        assert before.time < after.time
    assert shots[0].image_HWC.shape == (48, 64, 3)


def test_who_is_slow_gets_the_newest_frame_and_each_only_once(plug: Plug):
    source = Camera(0)
    until(lambda: plug.frames > 20)
    plug.there = False
    until(lambda: source.lost)
    newest = source.newest(PATIENCE)
    assert newest.index == plug.frames - 1
    assert source.newest(0.01) is None
    source.close()


def test_a_lost_camera_is_opened_again_until_it_is_there(plug: Plug):
    source = Camera(0)
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
    source = Camera(0)
    plug.there = False
    until(lambda: source.lost)
    source.close()
    assert threading.active_count() == threads
    assert plug.released >= plug.opened


@pytest.mark.parametrize(("said", "rate"), [(15, 15), (0, 30), (-1, 30), (float("nan"), 30)])
def test_a_camera_that_does_not_know_its_rate_gets_a_usual_one(plug: Plug, said, rate):
    plug.rate = said
    source = Camera(0)
    source.close()
    assert source.rate == rate


def test_a_camera_that_gives_nothing_is_refused(plug: Plug):
    plug.there = False
    with pytest.raises(FerliteError, match="camera 7 gives no pictures"):
        Camera(7)
    assert plug.released == 1


def test_a_camera_that_does_not_exist_is_refused_quietly(capfd):
    with pytest.raises(FerliteError, match="camera 99 gives no pictures"):
        Camera(99)
    assert capfd.readouterr() == ("", "")
