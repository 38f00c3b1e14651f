"""`ferlite webcam` with a camera and a window that the tests make."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ferlite.media import camera, window
from ferlite.media.video import Video

Run = Callable[..., subprocess.CompletedProcess[str]]


class Plug:
    """What stands for `camera.opened`: for each opening a number of frames, then nothing."""

    def __init__(self, *lives: int):
        self.lives = list(lives)
        self.sources = []

    def __call__(self, source):
        self.sources.append(source)
        return 25.0, self.run(self.lives.pop(0) if self.lives else 0)

    def run(self, left):
        for _ in range(left):
            time.sleep(0.02)
            yield np.full((64, 64, 3), 128, np.uint8)


class Window:
    """What stands for a window; its person has enough after so many frames."""

    def __init__(self, after: int = 5):
        self.after = after
        self.shown = []
        self.gone = False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "Window":
        monkeypatch.setattr(window, "why_none", lambda: None)
        monkeypatch.setattr(window, "Window", lambda: self)
        return self

    def show(self, image):
        self.shown += [] if image is None else [image]
        return len(self.shown) < self.after

    def close(self):
        self.gone = True


@pytest.fixture(autouse=True)
def no_screen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(camera, "RETRY", 0.05)


@pytest.fixture
def run(process: Run, brightness_model: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with the brightness network, each whole frame a face."""

    def run(*arguments: str | Path, plug: Plug) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(camera, "opened", plug)
        model = ["--model", brightness_model, "--detector", "none"]
        return process("webcam", *model, *arguments)

    return run


def test_a_window_shows_the_marked_frames_until_it_is_closed(run: Run, monkeypatch):
    shown = Window().install(monkeypatch)
    plug = Plug(10_000)
    done = run("--source", "3", plug=plug)
    assert (done.returncode, done.stderr) == (0, "")
    assert plug.sources == ["3"]
    assert len(shown.shown) == shown.after
    assert shown.shown[0].shape == (640, 640, 3)
    assert len(np.unique(shown.shown[0])) > 2  # a frame of one gray has been marked
    assert shown.gone
    assert re.match(r"camera 3  0:00\.\d  1 person\n", done.stdout)


def test_what_is_seen_can_be_recorded_beside(run: Run, monkeypatch, tmp_path: Path):
    Window(after=8).install(monkeypatch)
    done = run("--save", "o.mp4", "--csv", "o.csv", "--summary", "o.json", plug=Plug(10_000))
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.csv", "o.json", "o.mp4"]
    with (tmp_path / "o.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {row["person"] for row in rows} == {"1"}
    assert {row["emotion"] for row in rows} == {"happy"}
    assert len(list(Video(tmp_path / "o.mp4"))) == 8


def test_a_lost_camera_is_told_and_waited_for(run: Run, monkeypatch):
    shown = Window(after=12).install(monkeypatch)
    done = run(plug=Plug(10, 0, 0, 0, 10_000))
    assert done.returncode == 0
    assert done.stderr == "ferlite: camera 0 is lost; waiting for it\nferlite: camera 0 is back\n"
    assert len(shown.shown) == 12


def test_a_file_is_played_to_its_end(process: Run, brightness_model, write_video, tmp_path: Path):
    given = write_video(tmp_path / "v.mp4", [np.full((64, 64, 3), 128, np.uint8)] * 5)
    model = ["--model", brightness_model, "--detector", "none"]
    done = process("webcam", *model, "--source", given, "--csv", "o.csv")
    assert done.returncode == 0
    assert done.stderr == "ferlite: recording without a window; Ctrl-C ends it\n"
    assert (tmp_path / "o.csv").read_text().count("happy") > 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "there is no screen to show a window on; give --save, --csv or another file"),
        (["--save", "o.gif"], "o.gif: the name of a video must end in"),
        (["--csv", "o.csv", "--plot", "o.gif"], "o.gif: the name of a figure must end in"),
        (["--csv", "o.csv"], "camera 0 gives no frames; see that it is plugged in"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, tmp_path: Path, arguments, sentence):
    done = run(*arguments, plug=Plug())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"ferlite: {sentence}")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal here")
@pytest.mark.parametrize("lives", ["10**9", "30"], ids=["seen", "lost"])
def test_without_a_window_it_records_until_ctrl_c(
    brightness_model: Path, tmp_path: Path, lives: str
):
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_webcam
from ferlite.media import camera
camera.opened = test_webcam.Plug({lives})
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
