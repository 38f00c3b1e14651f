"""Films as they come: the tests make them, and change them byte by byte where OpenCV cannot."""

import os
import socket
import struct
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite import FerliteError
from ferlite.media.video import CODECS, Video, writing

W, H = 64, 48


def shade(level: int, width: int = W, height: int = H) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def level(image: np.ndarray) -> int:
    """The nearest multiple of ten, because films lose a little."""
    return round(float(image.mean()) / 10) * 10


@pytest.fixture
def film(write_film: Callable[..., Path], tmp_path: Path) -> Path:
    """Ten frames that grow brighter by 20: 0, 20, …, 180."""
    return write_film(tmp_path / "film.mp4", [shade(20 * i) for i in range(10)])


def grow(data: bytearray, at: int, more: int, *parents: bytes) -> None:
    for parent in parents:
        start = data.rindex(parent, 0, at) - 4
        (size,) = struct.unpack_from(">I", data, start)
        struct.pack_into(">I", data, start, size + more)


def rotated(path: Path) -> Path:
    """The same film with a note to show it turned by 90° clockwise."""
    data = bytearray(path.read_bytes())
    matrix = (0, 1 << 16, 0, -1 << 16, 0, 0, H << 16, 0, 1 << 30)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 4 + 40, *matrix)
    path.write_bytes(data)
    return path


def variable(path: Path, durations: list[int]) -> Path:
    """The same film with these times between its frames, in units of the film's first frame's."""
    data = bytearray(path.read_bytes())
    at = data.index(b"stts")
    entries, _, unit = struct.unpack_from(">III", data, at + 8)
    assert entries == 1
    table = b"".join(struct.pack(">II", 1, unit * duration) for duration in durations)
    grow(data, at + 4, len(table) - 8, b"stts", b"stbl", b"minf", b"mdia", b"trak", b"moov")
    data[at + 8 : at + 20] = struct.pack(">I", len(durations)) + table
    total = sum(durations)
    struct.pack_into(">I", data, data.index(b"mdhd") + 20, unit * total)
    struct.pack_into(">I", data, data.index(b"elst") + 12, 40 * total)  # in milliseconds
    path.write_bytes(data)
    return path


def test_every_frame_comes_with_its_time(film: Path):
    video = Video(film)
    assert (video.rate, video.count) == (25, 10)
    shots = list(video)
    assert [shot.index for shot in shots] == list(range(10))
    assert [shot.time for shot in shots] == pytest.approx([i / 25 for i in range(10)])
    assert [level(shot.image_HWC) for shot in shots] == [20 * i for i in range(10)]


def test_frames_have_memory_of_their_own(film: Path):
    shots = list(Video(film))
    assert level(shots[0].image_HWC) == 0


def test_colours_are_bgr(write_film, tmp_path: Path):
    blue = np.zeros((H, W, 3), np.uint8)
    blue[:, :, 0] = 255
    (shot,) = Video(write_film(tmp_path / "blue.mp4", [blue]))
    b, g, r = shot.image_HWC.reshape(-1, 3).mean(0)
    assert b > 200
    assert max(g, r) < 50


def test_a_variable_frame_rate_keeps_its_times(film: Path):
    durations = [1, 5, 1, 1, 10, 2, 1, 1, 1, 1]
    times = [shot.time for shot in Video(variable(film, durations))]
    assert times == pytest.approx([sum(durations[:i]) / 25 for i in range(10)], abs=1e-3)


def test_a_film_taken_sideways_is_shown_upright(write_film, tmp_path: Path):
    image = shade(0)
    image[:, : W // 2] = 255  # the left half, that is the upper one after a turn clockwise
    (shot,) = Video(rotated(write_film(tmp_path / "sideways.mp4", [image])))
    assert shot.image_HWC.shape == (W, H, 3)
    assert shot.image_HWC[: W // 2 - 4].min() > 200
    assert shot.image_HWC[W // 2 + 4 :].max() < 50


@pytest.mark.parametrize(("suffix", "code"), [(".avi", "MJPG"), (".mkv", "mp4v"), (".ts", "mp4v")])
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_truncated_film_ends_where_it_breaks_off(
    write_film, tmp_path: Path, suffix: str, code: str, kept: float
):
    noise = np.random.default_rng(0).integers(0, 256, (20, H, W, 3), np.uint8)
    whole = write_film(tmp_path / f"film{suffix}", noise, code=code)
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * kept)])
    assert 3 <= len(list(Video(whole))) < 20


def test_a_file_name_that_looks_like_an_address_is_a_file_name(write_film, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_film(tmp_path / "film.mp4", [shade(0)]).rename("http:12:30 %d é.mp4")
    assert len(list(Video(Path("http:12:30 %d é.mp4")))) == 1


def no_file(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("no film\n" * 100)


def without_index(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 4])


def sound_only(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))


def no_pictures(path: Path) -> None:
    """An MP4 whose only track says that it is sound."""
    path.write_bytes(path.read_bytes().replace(b"vide", b"soun"))


def no_frames(path: Path) -> None:
    """A film whose frames are all overwritten."""
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 4
    (size,) = struct.unpack_from(">I", data, at - 8)
    data[at : at + size - 8] = bytes(size - 8)
    path.write_bytes(data)


def of_no_length(path: Path) -> None:
    """A film as it should be, but for that its index names no frames."""
    data = bytearray(path.read_bytes())
    for table, at in ((b"stsz", 12), (b"stts", 8), (b"stsc", 8), (b"stco", 8)):
        struct.pack_into(">I", data, data.index(table) + at, 0)
    path.write_bytes(data)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (no_file, "there is no such file"),
        (folder, "this is a folder, not a film"),
        (empty, "is empty"),
        (text, "no film that ferlite can read"),
        (without_index, "no film that ferlite can read: .* damaged or incomplete"),
        (sound_only, "no film that ferlite can read: it has no pictures"),
        (no_pictures, "no film that ferlite can read: it has no pictures"),
        (no_frames, "has no frames that can be decoded"),
        (of_no_length, "has no frames that can be decoded|no film that ferlite can read"),
        pytest.param(
            pipe,
            "is no ordinary file",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names here"),
        ),
    ],
)
def test_what_is_no_film_is_refused_in_one_sentence(
    film: Path, damage: Callable[[Path], None], sentence: str
):
    damage(film)
    with pytest.raises(FerliteError, match=sentence) as refusal:
        Video(film)
    assert str(refusal.value).startswith(f"{film}: ")
    assert "\n" not in str(refusal.value)


def test_a_playlist_does_not_lead_to_the_network(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        playlist = tmp_path / "film.m3u8"
        playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n")
        with pytest.raises(FerliteError, match="no film that ferlite can read"):
            Video(playlist)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(FerliteError, match="not the name of a file"):
        Video(Path("a\0b.mp4"))


def scratched(path: Path) -> None:
    """A film with every seventh byte of its pictures changed, but for the first of them."""
    data = bytearray(path.read_bytes())
    for at in range(data.index(b"mdat") + 150, data.index(b"moov") - 4, 7):
        data[at] ^= 0x55
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [scratched, without_index, sound_only, no_frames])
def test_decoders_are_quiet_about_damaged_films(
    film: Path, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
):
    damage(film)
    # In a process of its own, and without what our fixtures do for the same purpose.
    monkeypatch.delenv("OPENCV_FFMPEG_LOGLEVEL")
    code = """
import pathlib, sys
from ferlite import FerliteError
from ferlite.media.video import Video
try:
    print(len(list(Video(pathlib.Path(sys.argv[1])))))
except FerliteError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code, film], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (done.stdout == "refused\n") == (damage is not scratched)


@pytest.mark.parametrize("suffix", [*CODECS, ".MP4"])
def test_every_format_that_is_offered_can_be_written_and_read(tmp_path: Path, suffix: str):
    path = tmp_path / "new" / f"out{suffix}"
    with writing(path, 25) as film:
        for i in range(10):
            film.add(shade(20 * i), i / 25)
    shots = list(Video(path))
    assert [level(shot.image_HWC) for shot in shots] == pytest.approx(
        [20 * i for i in range(10)], abs=10
    )
    assert [shot.time for shot in shots] == pytest.approx([i / 25 for i in range(10)], abs=2e-3)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_encoders_are_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENCV_FFMPEG_LOGLEVEL")
    code = """
import numpy as np
from pathlib import Path
from ferlite.media.video import CODECS, writing
for suffix in CODECS:
    with writing(Path("out" + suffix), 25) as film:
        film.add(np.zeros((48, 63, 3), np.uint8), 0)
    print(suffix)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.stdout.split(), done.stderr) == ([*CODECS], "")


def written(tmp_path: Path, times: list[float], rate: float) -> list[int]:
    """The frame that a film shows at each of its moments, where frame i is added at times[i]."""
    path = tmp_path / "out.avi"
    with writing(path, rate) as film:
        for i, time in enumerate(times):
            film.add(shade(20 * i), time)
    return [level(shot.image_HWC) // 20 for shot in Video(path)]


def test_frames_are_repeated_until_the_next_ones_time(tmp_path: Path):
    assert written(tmp_path, [0, 0.3, 0.4], rate=10) == [0, 0, 0, 1, 2]


def test_frames_that_have_no_time_are_left_out(tmp_path: Path):
    assert written(tmp_path, [0, 0.1, 0.12, 0.14, 0.2], rate=10) == [0, 3, 4]


def test_a_film_begins_with_its_first_frame(tmp_path: Path):
    assert written(tmp_path, [7.0, 7.1], rate=10) == [0, 1]


def test_a_gap_of_hours_does_not_fill_the_disk(tmp_path: Path):
    shown = written(tmp_path, [0, 36000, 36000.5], rate=2)
    assert shown == [0] * 20 + [1, 2]


@settings(max_examples=10, deadline=None)
@given(rate=st.floats(0.5, 240))
def test_any_rate_can_be_written(rate: float, tmp_path_factory):
    path = tmp_path_factory.mktemp("rates") / "out.mp4"
    with writing(path, rate) as film:
        for i in range(3):
            film.add(shade(20 * i), i / rate)
    video = Video(path)
    assert video.rate == pytest.approx(rate, rel=0.01)
    assert len(list(video)) == 3


def test_a_frame_of_another_size_is_brought_to_the_films(tmp_path: Path):
    path = tmp_path / "out.mp4"
    with writing(path, 25) as film:
        film.add(shade(0), 0)
        film.add(shade(100, 128, 96), 0.04)
    assert [shot.image_HWC.shape for shot in Video(path)] == [(H, W, 3)] * 2


def test_a_failure_leaves_the_film_that_was_there(film: Path):
    before = film.read_bytes()
    with pytest.raises(AttributeError), writing(film, 25) as out:
        out.add("no picture", 0)
    assert film.read_bytes() == before
    assert [file.name for file in film.parent.iterdir()] == [film.name]


def test_a_film_without_frames_is_not_written(tmp_path: Path):
    with (
        pytest.raises(FerliteError, match="there were no frames"),
        writing(tmp_path / "out.mp4", 25),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_a_suffix_that_is_no_films_is_refused(tmp_path: Path):
    with (
        pytest.raises(FerliteError, match=r"must end in \.mp4, .*\.mkv or \.avi"),
        writing(tmp_path / "out.gif", 25),
    ):
        pass


def test_a_place_that_cannot_be_written_to_is_refused_before_any_work(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FerliteError, match="cannot be written"),
        writing(tmp_path / "file" / "out.mp4", 25),
    ):
        pytest.fail("the block was entered")


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files here")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path):
    code = """
import resource, sys
from pathlib import Path
import numpy as np
from ferlite import FerliteError
from ferlite.media.video import writing
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
frames = np.random.default_rng(0).integers(0, 256, (20, 240, 320, 3), np.uint8)
try:
    with writing(Path(sys.argv[1]), 25) as film:
        for i, frame in enumerate(frames):
            film.add(frame, i / 25)
except FerliteError as error:
    print(error)
"""
    out = tmp_path / "out.mp4"
    done = subprocess.run([sys.executable, "-c", code, out], capture_output=True, text=True)
    assert done.stdout == f"{out}: cannot be written (is the disk full?)\n"
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


def test_opencv_is_left_as_it_was(film: Path):
    before = cv2.utils.logging.getLogLevel()
    list(Video(film))
    assert cv2.utils.logging.getLogLevel() == before
