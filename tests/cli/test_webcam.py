"""`ferlite webcam` with a camera and a window that the tests make."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from ferlite.media import camera
from ferlite.media.video import Video

Run = Callable[..., subprocess.CompletedProcess[str]]


class Plug:
    """What stands for `cv2.VideoCapture`: for each opening a number of frames, then nothing.

    Films it leaves to the true one.
    """

    films = cv2.VideoCapture

    def __init__(self, *lives: int):
        self.lives = list(lives)
        self.left = 0

    def __call__(self, source, *rest):
        if isinstance(source, str):
            return self.films(source, *rest)
        self.left = self.lives.pop(0) if self.lives else 0
        return self

    def read(self):
        time.sleep(0.02)
        self.left -= 1
        return self.left >= 0, np.full((64, 64, 3), 128, np.uint8)

    def get(self, prop):
        return 25.0

    def release(self):
        pass


class Window:
    """What stands for OpenCV's windows; its person does something after so many frames."""

    def __init__(self, key: str = "", closes: bool = False, after: int = 5):
        self.key, self.closes, self.after = key, closes, after
        self.shown = []
        self.gone = False

    @property
    def enough(self) -> bool:
        return len(self.shown) >= self.after

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "Window":
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setattr(cv2, "namedWindow", lambda name, flags: None)
        monkeypatch.setattr(cv2, "imshow", lambda name, image: self.shown.append(image))
        monkeypatch.setattr(
            cv2, "waitKey", lambda wait: ord(self.key) if self.key and self.enough else -1
        )
        monkeypatch.setattr(
            cv2, "getWindowProperty", lambda name, prop: 0.0 if self.closes and self.enough else 1.0
        )
        monkeypatch.setattr(cv2, "destroyWindow", lambda name: setattr(self, "gone", True))
        return self


@pytest.fixture(autouse=True)
def no_screen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(camera, "RETRY", 0.05)


@pytest.fixture
def run(process: Run, brightness_model: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with the brightness network, each whole frame a face."""

    def run(*arguments: str | Path, plug: Plug) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(cv2, "VideoCapture", plug)
        model = ["--model", brightness_model, "--detector", "none"]
        return process("webcam", *model, *arguments)

    return run


@pytest.mark.parametrize("key", ["q", "\x1b"])
def test_a_window_shows_the_marked_frames_until_a_key_ends_it(run: Run, monkeypatch, key):
    window = Window(key).install(monkeypatch)
    done = run(plug=Plug(10_000))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(window.shown) == window.after
    assert window.shown[0].shape == (640, 640, 3)
    assert len(np.unique(window.shown[0])) > 2  # a frame of one gray has been marked
    assert window.gone
    assert done.stdout.startswith("camera 0  0:00  1 person\n")


def test_closing_the_window_ends_it(run: Run, monkeypatch):
    window = Window(closes=True).install(monkeypatch)
    assert run(plug=Plug(10_000)).returncode == 0
    assert len(window.shown) == window.after


def test_what_is_seen_can_be_recorded_beside(run: Run, monkeypatch, tmp_path: Path):
    Window("q", after=8).install(monkeypatch)
    done = run("--save", "o.mp4", "--csv", "o.csv", "--plot", "o.png", plug=Plug(10_000))
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.csv", "o.mp4", "o.png"]
    with (tmp_path / "o.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {row["track_id"] for row in rows} == {"1"}
    assert {row["emotion"] for row in rows} == {"happy"}
    assert len(list(Video(tmp_path / "o.mp4"))) > 1


def test_a_lost_camera_is_told_and_waited_for(run: Run, monkeypatch):
    window = Window("q", after=12).install(monkeypatch)
    done = run(plug=Plug(10, 0, 0, 0, 10_000))
    assert done.returncode == 0
    assert done.stderr == ("ferlite: camera 0 is lost; waiting for it\nferlite: camera 0 is back\n")
    assert len(window.shown) == 12


def test_without_a_screen_it_says_what_to_do(run: Run, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    done = run(plug=Plug(10_000))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "ferlite: there is no screen to show a window on; run it where there is one, "
        "or give --save, --csv or --plot to record without a window\n"
    )


def test_without_windows_in_opencv_it_says_what_to_do(run: Run, monkeypatch):
    def fails(*arguments):
        raise cv2.error("The function is not implemented")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", fails)
    done = run(plug=Plug(10_000))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ferlite: this OpenCV cannot show windows; replace it")
    assert "opencv-python<5" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_camera_it_says_so(run: Run, monkeypatch):
    Window().install(monkeypatch)
    done = run("--camera", "3", plug=Plug())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ferlite: camera 3 gives no pictures")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--save", "o.gif"], "o.gif: the name of a film must end in"),
        (["--csv", "o.csv", "--plot", "o.svg"], "--plot o.svg: its name must end in"),
    ],
)
def test_files_that_make_no_sense_are_refused(run: Run, tmp_path: Path, arguments, sentence):
    done = run(*arguments, plug=Plug(10_000))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"ferlite: {sentence}")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal here")
@pytest.mark.parametrize("lives", ["10**9", "30"], ids=["seen", "lost"])
def test_without_a_window_it_records_until_ctrl_c(
    brightness_model: Path, tmp_path: Path, lives: str
):
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import cv2, test_webcam
cv2.VideoCapture = test_webcam.Plug({lives})
from ferlite.cli import main
main()
"""
    arguments = ["webcam", "--model", brightness_model, "--detector", "none"]
    running = subprocess.Popen(
        [sys.executable, "-c", code, *arguments, "--save", "o.mp4", "--csv", "o.csv"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if "DISPLAY" not in name},
    )
    assert running.stderr is not None
    told = running.stderr.readline()
    assert told == "ferlite: recording without a window; Ctrl-C ends it\n"
    if lives == "30":
        assert running.stderr.readline() == "ferlite: camera 0 is lost; waiting for it\n"
    else:
        while not any(part.stat().st_size for part in tmp_path.glob(".o.*.part.mp4")):
            assert running.poll() is None
            time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (0, "")
    assert output.startswith("camera 0  ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.csv", "o.mp4"]
    assert len(list(Video(tmp_path / "o.mp4"))) > 0
