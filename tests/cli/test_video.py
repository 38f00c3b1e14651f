"""`ferlite video` as a person meets it: a process with arguments, files and an exit status."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from inspect import signature
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from ferlite import EMOTIONS, EmotionRecognizer
from ferlite.cli.video import video
from ferlite.cli.webcam import webcam
from ferlite.faces.face import COLUMNS
from ferlite.media.video import Video

Run = Callable[..., subprocess.CompletedProcess[str]]
RAW = [f"raw_{emotion}" for emotion in EMOTIONS]


@pytest.fixture
def run(process: Run, brightness_model: Path) -> Run:
    """Run the command with the brightness network."""
    return partial(process, "video", "--model", brightness_model)


@pytest.fixture
def whole(run: Run) -> Run:
    """The same, and each whole frame is a face."""
    return partial(run, "--detector", "none")


@pytest.fixture
def command(executable: list[str], brightness_model: Path) -> list[str]:
    """The command with the brightness network, for a process of its own."""
    return [*executable, "video", "--model", str(brightness_model), "--detector", "none"]


@pytest.fixture
def shades(write_video: Callable[..., Path], tmp_path: Path, brightness_of) -> Callable[..., Path]:
    """Write a video whose frames, ten a second, are each as a whole a face with these emotions."""

    def shades(*emotions: str, name: str = "video.mp4", **how) -> Path:
        images = [np.full((64, 64, 3), brightness_of[emotion], np.uint8) for emotion in emotions]
        return write_video(tmp_path / name, images, rate=10, **how)

    return shades


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_everything_is_written(whole: Run, shades, tmp_path: Path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    given = shades(*["happy"] * 5, *["sad"] * 5, name="in/video.mp4", sound=1)
    options = "--save o.mp4 --csv o.csv --json o.jsonl --parquet o.parquet --plot o.svg"
    done = whole(given, *options.split(), "--summary", "o.json", "--half-life", "0")
    assert (done.returncode, done.stderr) == (0, "")
    files = ["o.csv", "o.json", "o.jsonl", "o.mp4", "o.parquet", "o.svg"]
    assert names(tmp_path) == ["in/video.mp4", *files]

    table = rows((tmp_path / "o.csv").read_text())
    assert list(table[0]) == ["frame", "time", "person", "track_id", *COLUMNS, *RAW]
    assert [row["emotion"] for row in table] == ["happy"] * 5 + ["sad"] * 5
    assert [float(row["time"]) for row in table] == pytest.approx([i / 10 for i in range(10)])
    lines = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    stored = parquet.read_table(tmp_path / "o.parquet").to_pylist()
    assert lines == stored
    for row, line in zip(table, lines, strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in line.items()}

    with av.open(str(tmp_path / "o.mp4")) as file:
        assert file.streams.video[0].codec_context.name == "h264"
        assert file.streams.audio[0].codec_context.name == "aac"
    shots = list(Video(tmp_path / "o.mp4"))
    assert [shot.time for shot in shots] == pytest.approx([i / 10 for i in range(10)], abs=1e-3)
    assert shots[0].image_HWC.shape == (640, 640, 3)  # enlarged until text fits

    (person,) = json.loads((tmp_path / "o.json").read_text())
    assert (person["person"], person["seconds"], person["changes"]) == (1, 1.0, 1)
    assert person["shares"]["sad"] == 0.5


def test_the_summary_is_printed(whole: Run, shades):
    done = whole(shades(*["happy"] * 30, *["sad"] * 10), "--half-life", "0")
    assert (done.returncode, done.stderr) == (0, "")
    title, header, row = done.stdout.splitlines()
    assert title.split()[1:] == ["0:04.0", "1", "person"]
    seen = ["person", "from", "to", "seen", "mostly"]
    assert header.split() == [*seen, *EMOTIONS, "valence", "changes", "longest"]
    person, first, last, seconds, _, mostly, *rest = row.split()
    assert (person, first, last, seconds, mostly) == ("1", "0:00.0", "0:03.9", "4.0", "happy")
    shares, (valence, changes, *longest) = rest[:7], rest[7:]
    assert dict(zip(EMOTIONS, shares, strict=True))["happy"] == "75%"
    assert float(valence) == pytest.approx(0.5, abs=0.05)
    assert (changes, longest) == ("1", ["happy", "3.0", "s"])


def test_frames_without_faces_have_a_row(run: Run, shades):
    done = run(shades(*["sad"] * 3), "--detector", "blazeface", "--csv", "-")
    assert done.returncode == 0
    table = rows(done.stdout)
    assert [(row["frame"], row["person"], row["emotion"]) for row in table] == [
        (str(i), "", "") for i in range(3)
    ]


def test_a_video_without_faces_says_so(run: Run, shades):
    assert "no face found" in run(shades("sad"), "--detector", "blazeface").stdout


def test_a_part_is_read_at_a_lower_rate(whole: Run, shades):
    given = shades(*["happy"] * 40, name="video.mkv")
    done = whole(given, "--start", "0:01", "--end", "3", "--fps", "5", "--csv", "-")
    shown = [float(row["time"]) for row in rows(done.stdout)]
    assert shown == pytest.approx([1 + i / 5 for i in range(10)])


def test_the_half_life_smooths(whole: Run, shades):
    given = shades(*["happy"] * 3, "sad", *["happy"] * 3)
    shown = {
        half_life: [
            row["emotion"]
            for row in rows(whole(given, "--csv", "-", "--half-life", half_life).stdout)
        ]
        for half_life in ("0", "0.5")
    }
    assert shown["0"].count("sad") == 1
    assert shown["0.5"].count("sad") == 0


def test_several_videos_share_a_table_or_have_one_each(whole: Run, shades, tmp_path: Path):
    shades("happy", name="in/a.mp4")
    shades("sad", "sad", name="in/deep/b.mkv")
    (tmp_path / "in" / "c.mp4").write_text("no video")
    (tmp_path / "in" / "notes.txt").write_text("no video")
    done = whole("in", "--csv", "all.csv", "--summary", "people.csv", "--save", "in/marked")
    assert done.returncode == 1
    assert done.stderr.startswith("ferlite: in/c.mp4: is no video that ferlite can read")
    assert done.stderr.count("\n") == 1
    table = rows((tmp_path / "all.csv").read_text())
    assert [(row["video"], row["emotion"]) for row in table] == [
        ("in/a.mp4", "happy"),
        *[("in/deep/b.mkv", "sad")] * 2,
    ]
    people = rows((tmp_path / "people.csv").read_text())
    assert [(row["video"], row["person"], row["mostly"]) for row in people] == [
        ("in/a.mp4", "1", "happy"),
        ("in/deep/b.mkv", "1", "sad"),
    ]
    assert names(tmp_path / "in" / "marked") == ["a.mp4", "deep/b.mp4"]
    *_, header, a, c, b = done.stdout.splitlines()
    assert header.split() == ["video", "length", "frames", "people", "mostly"]
    assert a.split() == ["in/a.mp4", "0:00.1", "1", "1", "person", "happy"]
    assert c.split()[0] == "in/c.mp4"
    assert "could not be read" in c
    assert b.split()[0] == "in/deep/b.mkv"

    # What was written into the folder is not taken for a video of it; named files may share a name.
    shades("fear", name="a.mp4")
    done = whole("in", "a.mp4", "--csv", "tables/", "--save", "in/marked")
    assert names(tmp_path / "tables") == ["a-2.csv", "a.csv", "deep/b.csv"]
    assert "video" not in rows((tmp_path / "tables" / "a.csv").read_text())[0]
    assert rows((tmp_path / "tables" / "a-2.csv").read_text())[0]["emotion"] == "fear"


def test_a_video_that_breaks_off_is_read_as_far_as_it_goes(whole, write_video, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), np.uint8)
    given = write_video(tmp_path / "video.mkv", noise, rate=10)
    data = given.read_bytes()
    given.write_bytes(data[: len(data) // 2])
    done = whole(given, "--csv", "o.csv", "--save", "o.mp4")
    assert done.returncode == 0
    assert done.stderr.startswith(f"ferlite: {given}: breaks off after ")
    assert done.stderr.endswith(" of 2.0 seconds; it is incomplete\n")
    count = len(rows((tmp_path / "o.csv").read_text()))
    assert 5 <= count < 15
    assert len(list(Video(tmp_path / "o.mp4"))) == count


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gone.mp4"], "gone.mp4: there is no such file"),
        (["empty"], "empty: this folder has no videos in it (mp4, m4v, mov"),
        (["text.mp4"], "text.mp4: is no video that ferlite can read"),
        (["photo.jpg"], "photo.jpg: is an image; read it with 'ferlite predict'"),
        (["video.mp4", "--save", "o.gif"], "o.gif: the name of a video must end in .mp4"),
        (["video.mp4", "--save", "video.mp4"], "--save video.mp4 would overwrite the video"),
        (["video.mp4", "--save", "link.mp4"], "--save link.mp4 would overwrite the video"),
        (["video.mp4", "--csv", "./video.mp4"], "--csv ./video.mp4 is no name for a table"),
        (["video.mp4", "--csv", "o.png"], "--csv o.png is no name for a table"),
        (["video.mp4", "--csv", "o.xlsx"], "--csv o.xlsx: spreadsheets are not written; name it"),
        (["video.mp4", "--csv", "o", "--json", "o"], "--json o would overwrite what --csv writes"),
        (["video.mp4", "--plot", "o.gif"], "o.gif: the name of a figure must end in .png"),
        (["video.mp4", "--summary", "o.txt"], "--summary o.txt: its name must end in .json or"),
        (["video.mp4", "text.mp4", "--save", "o.mp4"], "--save o.mp4 names one file for several"),
        (["video.mp4", "--save", "text.mp4/o.mp4"], "text.mp4/o.mp4: cannot be written"),
        (["video.mp4", "--csv", "text.mp4/o.csv"], "text.mp4/o.csv: cannot be written"),
        (["video.mp4", "--start", "soon"], "--start soon: give a time in seconds, or as 1:30"),
        (["video.mp4", "--start", "9"], "video.mp4: has no frame after 9 s; give a smaller"),
        (["video.mp4", "--fps", "0"], "--fps must be more than 0 frames a second, not 0"),
        (["video.mp4", "--detector", "dlib"], "--detector must be one of"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence_and_nothing_is_written(
    run: Run, shades, tmp_path: Path, arguments: list[str], sentence: str
):
    given = shades("happy", "sad")
    before = given.read_bytes()
    (tmp_path / "link.mp4").symlink_to("video.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.jpg")
    (tmp_path / "empty").mkdir()
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"ferlite: {sentence}")
    assert done.stderr.count("\n") == 1
    assert names(tmp_path) == ["link.mp4", "photo.jpg", "text.mp4", "video.mp4"]
    assert given.read_bytes() == before


@pytest.mark.parametrize(
    ("module", "option", "sentence"),
    [
        (
            "pyarrow",
            "--parquet o.parquet",
            "--parquet needs pyarrow, which is not installed: pip install",
        ),
        (
            "matplotlib",
            "--plot o.png",
            "figures need matplotlib, which is not installed: pip install",
        ),
    ],
)
def test_what_is_not_installed_is_told(
    whole: Run, shades, monkeypatch, tmp_path: Path, module: str, option: str, sentence: str
):
    monkeypatch.setitem(sys.modules, module, None)
    done = whole(shades("happy"), *option.split())
    assert done.returncode == 1
    assert done.stderr.startswith(f"ferlite: {sentence}")
    assert names(tmp_path) == ["video.mp4"]


def test_a_file_that_is_in_the_way_is_replaced(whole: Run, shades, tmp_path: Path):
    (tmp_path / "o.csv").write_text("old")
    assert whole(shades("happy"), "--csv", "o.csv").returncode == 0
    assert (tmp_path / "o.csv").read_text().startswith("frame,time,person,track_id,x,")


def test_a_video_comes_through_a_pipe(command: list[str], shades):
    with shades("happy", "fear").open("rb") as stream:
        done = subprocess.run(
            [*command, "-", "--csv", "-", "--half-life", "0"], stdin=stream, capture_output=True
        )
    assert (done.returncode, done.stderr) == (0, b"")
    assert [row["emotion"] for row in rows(done.stdout.decode())] == ["happy", "fear"]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal here")
def test_ctrl_c_finishes_the_files(command: list[str], write_video, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    given = write_video(tmp_path / "video.mp4", [noise] * 600)
    running = subprocess.Popen(
        [*command, given, given, "--save", "out", "--csv", "o.csv"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not any(part.stat().st_size for part in tmp_path.glob("out/.video.*.part.mp4")):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors.startswith(b"ferlite: stopped at 0:")
    assert errors.count(b"\n") == 1
    assert b"video.mp4" in output
    assert names(tmp_path) == ["o.csv", "out/video.mp4", "video.mp4"]
    assert 0 < len(list(Video(tmp_path / "out" / "video.mp4"))) < 600
    assert (tmp_path / "o.csv").read_text().endswith("\n")


def test_on_a_terminal_a_bar_shows_the_speed(command: list[str], shades):
    pty = pytest.importorskip("pty", reason="there are no such terminals here")
    given = shades(*["happy"] * 300)
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [*command, given, given],
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
    assert b"2/2" in shown


def test_a_reader_that_goes_away_is_no_crash(command: list[str], shades):
    running = subprocess.Popen(
        [*command, shades(*["happy"] * 300), "--csv", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    running.stdout.read(10)
    running.stdout.close()
    assert running.stderr is not None
    assert running.stderr.read() == b""
    running.wait(timeout=60)


@pytest.mark.parametrize("command", [video, webcam])
def test_the_commands_have_the_defaults_of_the_library(command: Callable[..., None]):
    library = signature(EmotionRecognizer.recognize_video).parameters
    for option in ("every", "half_life"):
        assert signature(command).parameters[option].default == library[option].default
