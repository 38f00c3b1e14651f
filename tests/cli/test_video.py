"""`ferlite video` as a person meets it: a process with arguments, files and an exit status."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from inspect import signature
from pathlib import Path

import cv2
import numpy as np
import pytest

from ferlite import EMOTIONS, EmotionRecognizer
from ferlite.cli.video import video
from ferlite.cli.webcam import webcam
from ferlite.faces.face import COLUMNS
from ferlite.media.video import Video

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(process: Run, brightness_model: Path) -> Run:
    """Run the command with the brightness network."""
    return partial(process, "video", "--model", brightness_model)


@pytest.fixture
def command(executable: list[str], brightness_model: Path) -> list[str]:
    """The command with the brightness network, for a process of its own."""
    return [*executable, "video", "--model", str(brightness_model)]


@pytest.fixture
def shades(write_film: Callable[..., Path], tmp_path: Path, brightness_of) -> Callable[..., Path]:
    """Write a film whose frames, ten a second, are each as a whole a face with these emotions."""

    def shades(*emotions: str, name: str = "film.mp4") -> Path:
        images = [np.full((64, 64, 3), brightness_of[emotion], np.uint8) for emotion in emotions]
        return write_film(tmp_path / name, images, rate=10)

    return shades


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_everything_is_written(run: Run, two_people: Path, tmp_path: Path):
    done = run(
        two_people, "--detector", "haar", "--save", "o.mp4", "--csv", "o.csv", "--plot", "o.png"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path) == ["o.csv", "o.mp4", "o.png"]
    table = rows((tmp_path / "o.csv").read_text())
    assert list(table[0]) == ["frame", "time", "track_id", *COLUMNS]
    assert [(row["frame"], row["track_id"]) for row in table] == [
        (str(frame), track) for frame in range(20) for track in ("1", "2")
    ]
    assert [float(row["time"]) for row in table[::2]] == pytest.approx([i / 25 for i in range(20)])
    shots = list(Video(tmp_path / "o.mp4"))
    assert len(shots) == 20
    assert shots[0].image_HWC.shape == (320, 640, 3)  # enlarged until text fits
    assert cv2.imread(str(tmp_path / "o.png")).shape[1] == 1400


def test_the_summary_tells_who_was_seen_when_and_how(run: Run, shades):
    done = run(shades(*["happy"] * 30, *["sad"] * 10), "--detector", "none", "--half-life", "0")
    assert (done.returncode, done.stderr) == (0, "")
    title, header, row = done.stdout.splitlines()
    assert title.split() == [title.split()[0], "0:03", "1", "person"]
    assert header.split() == ["person", "from", "to", "mostly", *EMOTIONS]
    person, first, last, mostly, *shares = row.split()
    assert (person, first, last, mostly) == ("1", "0:00", "0:03", "happy")
    shown = dict(zip(EMOTIONS, (float(share.rstrip("%")) for share in shares), strict=True))
    assert shown["happy"] == pytest.approx(75, abs=4)
    assert shown["sad"] == pytest.approx(25, abs=4)


def test_a_film_without_faces_gives_a_table_without_rows(run: Run, shades, tmp_path: Path):
    done = run(shades(*["sad"] * 3), "--detector", "haar", "--csv", "o.csv", "--plot", "o.png")
    assert done.returncode == 0
    assert "no face found" in done.stdout
    assert (tmp_path / "o.csv").read_text().count("\n") == 1
    assert cv2.imread(str(tmp_path / "o.png")) is not None


def test_a_table_can_be_printed(run: Run, shades):
    done = run(shades("happy", "fear"), "--detector", "none", "--csv", "-", "--half-life", "0")
    assert [row["emotion"] for row in rows(done.stdout)] == ["happy", "fear"]


def test_the_half_life_smooths(run: Run, shades):
    film = shades(*["happy"] * 3, "sad", *["happy"] * 3)
    shown = {
        half_life: [
            row["emotion"]
            for row in rows(
                run(film, "--detector", "none", "--csv", "-", "--half-life", half_life).stdout
            )
        ]
        for half_life in ("0", "0.5")
    }
    assert shown["0"].count("sad") == 1
    assert shown["0.5"].count("sad") == 0


def truncated(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def test_a_film_that_breaks_off_is_read_as_far_as_it_goes(
    run: Run, write_film, tmp_path: Path, brightness_of
):
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), np.uint8)
    film = truncated(write_film(tmp_path / "film.avi", noise, rate=10, code="MJPG"))
    done = run(film, "--detector", "none", "--csv", "o.csv", "--save", "o.mp4")
    assert done.returncode == 1
    assert done.stderr.startswith(f"ferlite: {film}: breaks off after ")
    assert done.stderr.endswith(" of 2.0 seconds; it is damaged or incomplete\n")
    count = len(rows((tmp_path / "o.csv").read_text()))
    assert 5 <= count < 15
    assert len(list(Video(tmp_path / "o.mp4"))) == count


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gone.mp4"], "gone.mp4: there is no such file"),
        (["."], ".: this is a folder, not a film"),
        (["text.mp4"], "text.mp4: is no film that ferlite can read"),
        (["film.mp4", "--save", "o.gif"], "o.gif: the name of a film must end in .mp4"),
        (["film.mp4", "--save", "film.mp4"], "--save film.mp4 would overwrite the film itself"),
        (["film.mp4", "--save", "link.mp4"], "--save link.mp4 would overwrite the film itself"),
        (["film.mp4", "--csv", "./film.mp4"], "--csv ./film.mp4 is no name for a table"),
        (["film.mp4", "--csv", "o.png"], "--csv o.png is no name for a table"),
        (["film.mp4", "--plot", "o.pdf"], "--plot o.pdf: its name must end in .png or .jpg"),
        (["film.mp4", "--csv", "."], "--csv . is a folder"),
        (["film.mp4", "--save", "text.mp4/o.mp4"], "text.mp4/o.mp4: cannot be written"),
        (["film.mp4", "--csv", "text.mp4/o.csv"], "text.mp4/o.csv: cannot be written"),
        (["film.mp4", "--plot", "text.mp4/o.png"], "text.mp4/o.png: cannot be written"),
        (["film.mp4", "--detector", "dlib"], "detector must be one of"),
        (["film.mp4", "--yunet", "gone.onnx"], "there is no YuNet file gone.onnx"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence_and_nothing_is_written(
    run: Run, shades, tmp_path: Path, arguments: list[str], sentence: str
):
    film = shades("happy", "sad")
    before = film.read_bytes()
    (tmp_path / "link.mp4").symlink_to("film.mp4")
    (tmp_path / "text.mp4").write_text("no film")
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"ferlite: {sentence}")
    assert done.stderr.count("\n") == 1
    assert names(tmp_path) == ["film.mp4", "link.mp4", "text.mp4"]
    assert film.read_bytes() == before


def test_a_file_that_is_in_the_way_is_replaced(run: Run, shades, tmp_path: Path):
    (tmp_path / "o.csv").write_text("old")
    assert run(shades("happy"), "--detector", "none", "--csv", "o.csv").returncode == 0
    assert (tmp_path / "o.csv").read_text().startswith("frame,time,track_id,x,")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal here")
def test_ctrl_c_finishes_the_files(command: list[str], write_film, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (200, 320, 3), np.uint8)
    film = write_film(tmp_path / "film.mp4", [noise] * 600)
    arguments = ["--save", "o.mp4", "--csv", "o.csv", "--plot", "o.png", "--every", "1"]
    running = subprocess.Popen(
        [*command, film, "--detector", "haar", *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not any(part.stat().st_size for part in tmp_path.glob(".o.*.part.mp4")):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors.startswith(b"ferlite: stopped at 0:")
    assert errors.count(b"\n") == 1
    assert b"film.mp4" in output
    assert names(tmp_path) == ["film.mp4", "o.csv", "o.mp4", "o.png"]
    assert 0 < len(list(Video(tmp_path / "o.mp4"))) < 600
    assert (tmp_path / "o.csv").read_text().endswith("\n")
    assert cv2.imread(str(tmp_path / "o.png")) is not None


def test_on_a_terminal_a_bar_shows_the_speed(command: list[str], shades):
    pty = pytest.importorskip("pty", reason="there are no such terminals here")
    film = shades(*["happy"] * 300)
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [*command, film, "--detector", "none"],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(ours)
    assert running.wait(timeout=60) == 0
    assert b"frames/s" in shown
    assert "× real time".encode() in shown
    assert "━" in shown.decode()


def test_a_reader_that_goes_away_is_no_crash(command: list[str], shades):
    running = subprocess.Popen(
        [*command, shades(*["happy"] * 300), "--csv", "-", "--detector", "none"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    running.stdout.read(10)
    running.stdout.close()
    assert running.stderr is not None
    assert running.stderr.read() == b""
    running.wait(timeout=60)


def test_help_has_examples(run: Run):
    done = run("--help")
    assert done.returncode == 0
    assert "ferlite video film.mp4 --save marked.mp4" in done.stdout


@pytest.mark.parametrize("command", [video, webcam])
def test_the_commands_have_the_defaults_of_the_library(command: Callable[..., None]):
    library = signature(EmotionRecognizer.recognize_video).parameters
    for option in ("every", "half_life"):
        assert signature(command).parameters[option].default == library[option].default
