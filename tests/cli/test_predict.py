"""`ferlite predict` as a person meets it: a process with arguments, pipes and an exit status."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from ferlite import EMOTIONS

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(process: Run, brightness_model: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with the brightness network."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        return process("predict", "--model", brightness_model, *arguments)

    return run


@pytest.fixture
def command(executable: list[str], brightness_model: Path) -> list[str]:
    """The command with the brightness network, for a process of its own."""
    return [*executable, "predict", "--model", str(brightness_model)]


def test_the_label_source_can_be_chosen(process: Run, make_model, tmp_path: Path):
    dark, model = tmp_path / "dark.png", make_model(voted=True)
    Image.new("L", (60, 60), 0).save(dark)
    for labels, emotion in (("fer2013", "angry"), ("ferplus", "neutral"), ("auto", "neutral")):
        arguments = ("--model", model, "--detector", "none", "--labels", labels, dark, "--json")
        answer = json.loads(process("predict", *arguments).stdout)
        assert answer[0]["faces"][0]["emotion"] == emotion
    refused = process("predict", dark, "--labels", "people")
    assert refused.returncode == 1
    assert "labels must be one of auto, photos, ferplus, fer2013" in refused.stderr


@pytest.fixture
def picture(tmp_path: Path, brightness_of: dict[str, int]) -> Callable[[str, str], Path]:
    """Write an image that is, as a whole, a face with this emotion."""

    def picture(name: str, emotion: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (60, 60), brightness_of[emotion]).save(path)
        return path

    return picture


def test_the_table_shows_the_face_its_emotion_and_all_seven_probabilities(
    run: Run, astronaut: Path
):
    done = run(astronaut, "--detector", "blazeface")
    assert (done.returncode, done.stderr) == (0, "")
    title, header, row = done.stdout.splitlines()
    assert title == f"{astronaut}  1 face"
    assert header.split() == ["face", "emotion", *EMOTIONS]
    box, size, emotion, *probabilities = row.split()
    assert box.count(",") == 1
    assert "×" in size
    assert emotion in EMOTIONS
    percents = [float(p.removesuffix("%")) for p in probabilities]
    assert len(percents) == 7
    assert sum(percents) == pytest.approx(100, abs=0.4)
    assert percents[EMOTIONS.index(emotion)] == max(percents)


def test_the_table_says_where_no_face_was_found(run: Run, picture):
    done = run(picture("a.png", "sad"), "--detector", "blazeface")
    assert done.returncode == 0
    assert "no face found" in done.stdout


def test_json_is_one_array_with_an_object_for_each_picture(run: Run, picture):
    pictures = [picture("a.png", "happy"), picture("b.png", "fear")]
    done = run(*pictures, "--json", "--detector", "none")
    assert (done.returncode, done.stderr) == (0, "ferlite: 2 images, 2 faces\n")
    answers = json.loads(done.stdout)
    assert [answer["image"] for answer in answers] == [str(path) for path in pictures]
    faces = [face for answer in answers for face in answer["faces"]]
    assert [face["emotion"] for face in faces] == ["happy", "fear"]
    assert faces[0]["box"] == [0, 0, 60, 60]
    assert sum(faces[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_a_bad_image_does_not_stop_the_others(run: Run, picture, tmp_path: Path):
    (tmp_path / "bad.jpg").write_bytes(b"not an image")
    good = picture("a.png", "happy")
    done = run("bad.jpg", "gone.jpg", good, "--json", "--detector", "none")
    assert done.returncode == 1
    bad, gone, fine = json.loads(done.stdout)
    assert done.stderr.splitlines() == [
        f"ferlite: {bad['error']}",
        "ferlite: gone.jpg: there is no such file",
        "ferlite: 3 images, 1 face, 2 could not be read",
    ]
    assert bad.keys() == gone.keys() == {"image", "error"}
    assert bad["error"].startswith("bad.jpg: is not an image")
    assert gone == {"image": "gone.jpg", "error": "gone.jpg: there is no such file"}
    assert fine["faces"][0]["emotion"] == "happy"


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_damaged_image_brings_no_noise_of_its_decoder(run: Run, tmp_path: Path, suffix: str):
    path = tmp_path / f"damaged{suffix}"
    Image.effect_noise((200, 200), 80).save(path)
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) - 50, 40):
        data[at] ^= 0x5A
    path.write_bytes(data)
    done = run(path.name, "--json", "--detector", "none")
    (answer,) = json.loads(done.stdout)
    assert done.stderr == (f"ferlite: {answer['error']}\n" if "error" in answer else "")
    # A JPEG decoder makes of it what it can; a PNG has checksums.
    assert suffix == ".jpg" or answer["error"].startswith("damaged.png: is damaged or incomplete")


def test_many_images_are_read_in_processes_with_the_same_answers(
    run: Run, picture, monkeypatch: pytest.MonkeyPatch
):
    names = [f"{number:02}.png" for number in range(21)]
    for number, name in enumerate(names):
        picture(name, EMOTIONS[number % 7])
    names.insert(10, "absent.png")
    arguments = (*names, "--json", "--detector", "none", "--jobs", 3)
    alone = run(*arguments)
    monkeypatch.setattr("ferlite.reading.MANY", 2)
    together = run(*arguments)
    assert [answer["image"] for answer in json.loads(together.stdout)] == names
    assert (together.stdout, together.returncode) == (alone.stdout, 1)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_images_read_at_the_same_time_are_answered_in_their_order(
    run: Run, picture, tmp_path: Path, jobs: int
):
    shown = [EMOTIONS[i % 7] for i in range(40)]
    for i, emotion in enumerate(shown):
        picture(f"photos/{i:02}/a.png", emotion)
    (tmp_path / "photos" / "07" / "a.png").write_bytes(b"not an image")
    pictures = sorted(tmp_path.glob("photos/*/a.png"))
    done = run(*pictures, "--json", "--save", "out", "--detector", "none", "--jobs", jobs)
    assert done.returncode == 1
    assert done.stderr.endswith("\nferlite: 40 images, 39 faces, 1 could not be read\n")
    answers = json.loads(done.stdout)
    assert [answer["image"] for answer in answers] == [str(path) for path in pictures]
    assert "error" in answers.pop(7)
    del shown[7]
    assert [answer["faces"][0]["emotion"] for answer in answers] == shown
    saved = {path.name for path in (tmp_path / "out").iterdir()}
    assert saved == {"a.png", *(f"a-{i}.png" for i in range(2, 41) if i != 8)}


def test_several_images_share_one_table_and_one_last_line(run: Run, picture, astronaut: Path):
    picture("photos/b.png", "happy")
    picture("photos/notes.txt.png", "happy").rename("photos/notes.txt")
    done = run("gone.jpg", "photos", astronaut, "--detector", "blazeface")
    assert done.returncode == 1
    header, without, face = done.stdout.splitlines()
    assert header.split() == ["image", "face", "emotion", *EMOTIONS]
    assert without.split() == ["photos/b.png", "no", "face", "found"]
    assert face.split()[0] == str(astronaut)
    assert [len(line) for line in (header, face)] == [len(header)] * 2
    assert done.stderr == (
        "ferlite: gone.jpg: there is no such file\n"
        "ferlite: 3 images, 1 face, 1 image without one, 1 could not be read; "
        "1 file left out: 1 not an image (.txt)\n"
    )


def test_the_table_fits_a_narrow_terminal(run: Run, picture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    names = [picture(f"photos/{'long' * 20}/{name}.png", "sad") for name in "ab"]
    done = run(*names, "--detector", "none")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()
    assert [len(line) for line in plain] == [80] * 3
    assert plain[1].startswith("…")
    assert "a.png sad" in plain[1]


def test_csv_has_a_row_for_each_face_and_each_image_without_one(
    run: Run, picture, astronaut: Path, tmp_path: Path
):
    pictures = [astronaut, picture("none.png", "sad"), "gone.jpg"]
    done = run(*pictures, "--csv", "out/faces.csv", "--detector", "blazeface")
    assert done.returncode == 1
    assert done.stdout == ""
    with (tmp_path / "out" / "faces.csv").open(newline="") as file:
        face, none, gone = csv.DictReader(file)
    assert face["image"] == str(astronaut)
    assert float(face["confidence"]) == max(float(face[emotion]) for emotion in EMOTIONS)
    assert int(face["w"]) > 50
    assert none["image"].endswith("none.png")
    assert (none["emotion"], none["error"]) == ("", "")
    assert gone["error"] == "there is no such file"


def test_parquet_has_the_same_rows_as_csv(run: Run, picture, tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet")
    images = [picture("a.png", "happy"), picture("b.png", "fear"), "gone.jpg"]
    for options in (["--csv", "a.csv"], ["--parquet", "a.parquet"]):
        assert run(*images, *options, "--detector", "none").returncode == 1
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in table] == rows
    assert table[0]["x"] == 0
    assert table[2]["happy"] is None


def test_parquet_without_pyarrow_is_refused(run: Run, picture, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = run(picture("a.png", "happy"), "--parquet", "a.parquet")
    assert done.stderr == "ferlite: --parquet needs pyarrow: pip install pyarrow\n"


def test_where_a_table_went_is_said(run: Run, picture):
    done = run(picture("a.png", "happy"), "--csv", "new/faces.csv", "--detector", "none")
    assert done.stderr == "ferlite: written to new/faces.csv\n"


def test_csv_goes_into_a_pipe_too(run: Run, picture):
    done = run(picture("a.png", "happy"), "--csv", "-", "--detector", "none")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["emotion"] == "happy"


def test_an_image_comes_from_standard_input(run: Run, picture):
    data = picture("a.png", "surprise").read_bytes()
    done = run("-", "--json", "--detector", "none", stdin=data)
    (answer,) = json.loads(done.stdout)
    assert answer["image"] == "-"
    assert answer["faces"][0]["emotion"] == "surprise"


def test_nothing_on_standard_input_is_an_error(run: Run):
    done = run("-")
    assert (done.returncode, done.stderr) == (1, "ferlite: standard input: is empty\n")


def test_a_folder_is_searched_with_its_subfolders_but_not_for_hidden_or_other_files(
    run: Run, picture, tmp_path: Path
):
    for name in ("b.png", "a.JPG", "sub/deep/c.webp", ".hidden.png", ".cache/d.png"):
        picture(f"photos/{name}", "happy")
    done = run("photos", "--json", "--detector", "none")
    assert [answer["image"] for answer in json.loads(done.stdout)] == [
        os.path.join("photos", *name.split("/")) for name in ("a.JPG", "b.png", "sub/deep/c.webp")
    ]


def test_a_folder_says_in_one_line_how_many_files_it_left_out(run: Run, picture, tmp_path: Path):
    for name in ("a.png", "b.heic.png", "c.jfif.jpg"):
        picture(f"photos/{name}", "happy")
    (tmp_path / "photos" / "a.png").rename(tmp_path / "photos" / "no suffix")
    for name in ("a.mp4", "b.MOV", "notes.txt", ".hidden", "empty"):
        (tmp_path / "photos" / name).touch()
    done = run("photos", "--json", "--detector", "none")
    assert done.returncode == 0
    assert len(json.loads(done.stdout)) == 3
    assert done.stderr == (
        "ferlite: 3 images, 3 faces; "
        "4 files left out: 2 videos (use 'ferlite video'), 2 not images (no suffix, .txt)\n"
    )


@pytest.mark.parametrize(
    "format",
    ["JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "PPM"],
)
def test_a_folder_is_searched_for_every_format_that_can_be_read(
    run: Run, tmp_path: Path, format: str
):
    pillow_heif.register_heif_opener()
    (tmp_path / "photos").mkdir()
    endings = [end for end, kind in Image.registered_extensions().items() if kind == format]
    for end in {"MPO": [".mpo"], "PPM": [".ppm", ".pgm", ".pnm", ".pbm"]}.get(format, endings):
        if end not in (".heifs", ".heics", ".avifs"):
            Image.new("RGB", (60, 60)).save(tmp_path / "photos" / f"a{end}", format)
    done = run("photos", "--json", "--detector", "none")
    assert done.returncode == 0
    assert "left out" not in done.stderr
    assert all(answer["faces"] for answer in json.loads(done.stdout))


def test_a_folder_without_images_is_an_error_and_the_rest_goes_on(
    run: Run, picture, tmp_path: Path
):
    (tmp_path / "empty").mkdir()
    done = run("empty", picture("a.png", "happy"), "--json", "--detector", "none")
    empty, fine = json.loads(done.stdout)
    assert done.returncode == 1
    assert empty["error"].startswith("empty: this folder has no images in it")
    assert fine["faces"]


@pytest.mark.parametrize("name", ["[red]a[/].png", "été 画像.png", "a b.png", "-a.png"])
def test_names_are_shown_as_they_are(run: Run, picture, name: str):
    picture(name, "happy")
    table = run("--detector", "none", "--", name)
    assert table.stdout.startswith(f"{name}  1 face\n")
    assert json.loads(run("--detector", "none", "--json", "--", name).stdout)[0]["image"] == name


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes only here")
def test_a_name_of_broken_letters_stops_nothing(run: Run, picture, tmp_path: Path):
    name = os.fsdecode(b"a\xff\x1b[31m\n.png")
    os.rename(picture("photos/a.png", "happy"), tmp_path / "photos" / name)
    for options in ([], ["--json"], ["--csv", "-"], ["--csv", "a.csv"], ["--save", "out"]):
        done = run("photos", "--detector", "none", *options)
        said = "ferlite: written to a.csv\n" if "a.csv" in options else ""
        assert (done.returncode, done.stderr) == (0, said)
        assert "\x1b" not in done.stdout or "--csv" in options


def test_annotated_copies_are_saved(run: Run, astronaut: Path, tmp_path: Path):
    done = run(astronaut, "--save", "out", "--detector", "blazeface")
    assert done.returncode == 0
    with Image.open(tmp_path / "out" / "astronaut.jpg") as copy:
        assert copy.size == (640, 640)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["astronaut.jpg"]


def test_explained_copies_have_the_face_coloured(run: Run, astronaut: Path, tmp_path: Path):
    for name, options in {"plain": [], "why": ["--explain"]}.items():
        done = run(astronaut, "--save", name, "--detector", "blazeface", *options)
        assert (done.returncode, done.stderr) == (0, "")
    plain, why = (
        np.asarray(Image.open(tmp_path / name / "astronaut.jpg"), int) for name in ("plain", "why")
    )
    changed = np.abs(plain - why).max(2) > 30
    assert changed[80:210, 220:340].any()
    assert not changed[300:].any()


def test_copies_from_different_folders_do_not_clobber_each_other(run: Run, picture, tmp_path: Path):
    for name in ("x/a.png", "y/a.png", "y/a.gif", "z/sub/a.png", "z/A.PNG"):
        picture(name, "happy")
    done = run("x/a.png", "y/a.png", "y/a.gif", "z", "--save", "out", "--detector", "none")
    assert done.returncode == 0
    saved = {path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.glob("out/**/*.*")}
    assert saved == {"a.png", "a-2.png", "a-3.png", "A-4.PNG", "sub/a.png"}


def test_copies_never_overwrite_an_image(run: Run, picture):
    original = picture("a.png", "happy")
    before = original.read_bytes()
    done = run("a.png", "--save", ".", "--detector", "none")
    assert done.returncode == 1
    assert "its annotated copy would overwrite a.png; give --save another folder" in done.stderr
    assert original.read_bytes() == before


def test_copies_inside_the_searched_folder_are_not_read_the_next_time(run: Run, picture):
    picture("photos/a.png", "happy")
    for _ in range(2):
        done = run("photos", "--save", "photos/out", "--json", "--detector", "none")
        assert len(json.loads(done.stdout)) == 1


def test_a_copy_that_cannot_be_written_is_an_error(run: Run, picture, tmp_path: Path):
    (tmp_path / "file").touch()
    done = run(picture("a.png", "happy"), "--save", "file", "--detector", "none")
    assert (done.returncode, done.stderr) == (
        1,
        "ferlite: file: is a file; give --save a folder\n",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.png", "--jobs", "0"], "invalid value for '--jobs'"),
        (["a.png", "--cvs", "x"], "no such option"),
        (
            ["a.png", "--csv"],
            "option '--csv' requires an argument: --csv file; see",
        ),
        ([], "missing argument 'image...'"),
    ],
)
def test_a_wrong_option_is_told_in_one_sentence(process: Run, arguments: list[str], sentence: str):
    done = process("predict", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.lower().startswith(f"ferlite: {sentence}")
    assert done.stderr.endswith("--help'\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "'' is not the name of a file"),
        ("*.jpg", "*.jpg: no file matches this"),
        ("https://example.org/a.jpg", "https://example.org/a.jpg: is an address, not a file"),
        ("file:///a.jpg", "file:///a.jpg: is an address"),
        ("empty.jpg", "empty.jpg: is empty"),
        ("film.jpg", "film.jpg: is a video; read it with 'ferlite video'"),
        ("text.jpg", "text.jpg: is not an image"),
        ("link.jpg", "link.jpg: is a link to a file that is not there"),
        ("folder", "folder: this folder has no images in it"),
    ],
)
def test_what_is_no_image_is_told_in_one_sentence(
    run: Run, tmp_path: Path, name: str, sentence: str
):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("text")
    (tmp_path / "film.jpg").write_bytes(b"\0\0\0\x20ftypisom" + bytes(99))
    (tmp_path / "link.jpg").symlink_to("gone.jpg")
    (tmp_path / "folder").mkdir()
    done = run(name)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"ferlite: {sentence}")
    assert done.stderr.count("\n") == 1


def test_help_has_examples(run: Run):
    done = run("--help")
    assert done.returncode == 0
    assert "ferlite predict photo.jpg" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal here")
def test_ctrl_c_leaves_no_half_written_file(command: list[str], tmp_path: Path):
    rng = np.random.default_rng(0)
    for i in range(60):
        noise = rng.integers(0, 256, (800, 800, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{i}.bmp")
    running = subprocess.Popen(
        [*command, ".", "--csv", "out/faces.csv", "--save", "out", "--detector", "blazeface"],
        cwd=tmp_path,
        # Tests that run in the background were told to ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not list(tmp_path.glob("out/*.png")):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode != 0
    assert b"Traceback" not in errors
    left = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert all(name.endswith(".png") and not name.startswith(".") for name in left)
    for name in left:
        Image.open(tmp_path / "out" / name).load()


def test_a_reader_that_goes_away_is_no_crash(command: list[str], picture):
    path = picture("a.png", "happy")
    running = subprocess.Popen(
        [*command, *([str(path)] * 200), "--json", "--detector", "none"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.read(10)
    running.stdout.close()
    errors = running.stderr.read()
    running.wait(timeout=30)
    assert errors == b""
