"""Videos as they come: the tests make them, and damage them byte by byte."""

import io
import os
import socket
import struct
import subprocess
import sys
import threading
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ferlite import FerliteError, VideoError
from ferlite.media import video as module
from ferlite.media.video import Video, turn

W, H = 64, 48


def shade(level: int, width: int = W, height: int = H) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def level(image: np.ndarray) -> int:
    """The nearest multiple of ten, because videos lose a little."""
    return round(float(image.mean()) / 10) * 10


def times(path: Path, **how: float) -> list[float]:
    return [shot.time for shot in Video(path, **how)]


@pytest.fixture
def video(write_video: Callable[..., Path], tmp_path: Path) -> Path:
    """Ten frames that grow brighter by 20: 0, 20, …, 180."""
    return write_video(tmp_path / "video.mp4", [shade(20 * i) for i in range(10)])


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts", ".wmv"])
def test_every_frame_comes_with_its_time(write_video, tmp_path: Path, suffix: str):
    images = [shade(20 * i) for i in range(10)]
    video = Video(write_video(tmp_path / f"video{suffix}", images))
    shots = list(video)
    assert [shot.index for shot in shots] == list(range(10))
    assert [shot.time for shot in shots] == pytest.approx([i / 25 for i in range(10)], abs=2e-3)
    assert [level(shot.image_HWC) for shot in shots] == pytest.approx(
        [20 * i for i in range(10)], abs=10
    )
    assert video.damage is None
    assert video.ended


def test_rate_and_count_are_told(video: Path):
    assert (Video(video).rate, Video(video).count, Video(video).end) == (25, 10, 0.4)
    assert Video(video, end=0.2).end == 0.2


def test_frames_are_rgb_and_have_memory_of_their_own(write_video, tmp_path: Path):
    red = np.zeros((H, W, 3), np.uint8)
    red[:, :, 0] = 255
    first, second = Video(write_video(tmp_path / "red.mp4", [red, shade(0)]))
    assert first.image_HWC[:, :, 0].min() > 200
    assert first.image_HWC[:, :, 1:].max() < 50
    assert second.image_HWC.max() < 20
    first.image_HWC[:] = 7


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_variable_frame_rate_keeps_its_times(write_video, tmp_path: Path, suffix: str):
    stamps = [0, 0.04, 0.24, 0.28, 0.3, 1.5]
    path = write_video(tmp_path / f"v{suffix}", [shade(9)] * 6, times=stamps)
    assert times(path) == pytest.approx(stamps, abs=1e-3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_video_that_begins_after_its_sound_begins_then(write_video, tmp_path: Path, suffix: str):
    stamps = [0.5, 0.54]
    path = write_video(tmp_path / f"v{suffix}", [shade(9)] * 2, times=stamps, sound=1)
    assert times(path) == pytest.approx(stamps, abs=0.13)  # Matroska's sound begins a block early


def test_sound_that_is_longer_is_no_damage(write_video, tmp_path: Path):
    video = Video(write_video(tmp_path / "v.mkv", [shade(9)] * 5, sound=3))
    assert len(list(video)) == 5
    assert video.damage is None


def test_what_an_edit_list_cuts_away_is_not_shown(video: Path):
    data = bytearray(video.read_bytes())
    at = data.index(b"elst") + 12  # duration and media time of the first entry
    duration, start = struct.unpack_from(">Ii", data, at)
    struct.pack_into(">Ii", data, at, duration * 6 // 10, start + 4 * 512)
    video.write_bytes(data)
    read = Video(video)
    shots = list(read)
    assert [level(shot.image_HWC) for shot in shots] == [80, 100, 120, 140, 160, 180]
    assert shots[0].time == 0
    assert read.damage is None


@pytest.mark.parametrize(
    ("how", "corner"),
    [
        ({}, (0, 0)),
        ({"turn": 90}, (-1, 0)),
        ({"turn": -90}, (0, -1)),
        ({"turn": 180}, (-1, -1)),
        ({"hflip": True}, (0, -1)),
    ],
)
def test_a_video_is_shown_upright(write_video, tmp_path: Path, how, corner):
    image = shade(0)
    image[:16, :16] = 255
    (shot,) = Video(write_video(tmp_path / "v.mp4", [image], **how))
    turned = abs(how.get("turn", 0)) == 90
    assert shot.image_HWC.shape == ((W, H, 3) if turned else (H, W, 3))
    bright = {at: shot.image_HWC[at].min() > 128 for at in ((0, 0), (0, -1), (-1, 0), (-1, -1))}
    assert [at for at, is_bright in bright.items() if is_bright] == [corner]


@pytest.mark.parametrize(
    ("aspect", "shape"), [((4, 3), (48, 85)), ((1, 2), (96, 64)), ((100, 1), (48, 64))]
)
def test_pixels_that_are_not_square_are_made_so(write_video, tmp_path: Path, aspect, shape):
    (shot,) = Video(write_video(tmp_path / "v.mp4", [shade(9)], aspect=Fraction(*aspect)))
    assert shot.image_HWC.shape == (*shape, 3)


def test_a_tilt_that_is_no_multiple_of_90_is_left_alone():
    image = shade(3)
    assert turn(image, np.array([1, 1, 0, -1, 1, 0, 0, 0, 1], np.int32)) is image


def test_a_part_is_read_with_the_files_own_times(video: Path):
    shots = list(Video(video, start=0.08, end=0.2))
    assert [shot.time for shot in shots] == pytest.approx([0.08, 0.12, 0.16])
    assert [shot.index for shot in shots] == [0, 1, 2]
    assert [level(shot.image_HWC) for shot in shots] == [40, 60, 80]


def test_a_part_is_the_same_where_nothing_can_be_skipped(video: Path, monkeypatch):
    def stream(self, stream, name):
        self.source, self.seekable = io.BytesIO(stream.read()), False

    expected = times(video, start=0.2)
    monkeypatch.setattr(module._File, "_pipe", stream)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(video.read_bytes())))
    assert times(Path("-"), start=0.2) == expected


def test_a_part_behind_the_end_is_refused(video: Path):
    with pytest.raises(VideoError, match="has no frame after 5 s"):
        Video(video, start=5)


def test_only_so_many_frames_a_second_are_read(write_video, tmp_path: Path):
    path = write_video(tmp_path / "v.mkv", [shade(9)] * 60, rate=30)
    assert times(path, fps=10) == pytest.approx([i / 10 for i in range(20)], abs=2e-3)
    assert times(path, fps=1) == [0, 1]
    assert len(times(path, fps=100)) == 60
    assert Video(path, fps=10).rate == 10


@pytest.mark.parametrize(
    "how",
    [{"start": -1}, {"start": 2, "end": 1}, {"fps": 0}, {"fps": float("nan")}, {"end": 0}],
)
def test_a_part_that_makes_no_sense_is_refused(video: Path, how):
    with pytest.raises(FerliteError, match="must"):
        Video(video, **how)


@pytest.mark.parametrize(
    ("stamps", "shown"),
    [
        ([0, 1, 1, 1, 2, 3], [0, 1, 2, 3, 4, 5]),  # stands still, then catches up
        ([0, 1, 2, 50, 51, 52], [0, 1, 2, 50, 51, 52]),  # a pause
        ([100, 101, 102, 0, 1, 2], [0, 1, 2, 3, 4, 5]),  # two recordings in one file
        ([0, 1, 10**9, 10**9 + 1, 4, 5], [0, 1, 2, 3, 4, 5]),  # damaged
        ([None] * 6, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_times_always_grow(video: Path, monkeypatch, stamps, shown):
    class Frame:
        dts = None

        def __init__(self, pts):
            self.pts = pts

    read = Video(video)
    unit = 1 / (25 * float(read._stream.time_base))
    frames = [Frame(None if stamp is None else round(stamp * unit)) for stamp in stamps]
    monkeypatch.setattr(read, "_decoded", lambda: iter(frames))
    read._begin = frames[0].pts and float(frames[0].pts * read._stream.time_base)
    assert [time for _, time in read._timed()] == pytest.approx([at / 25 for at in shown])


@pytest.mark.parametrize("suffix", [".avi", ".mkv", ".ts"])
@pytest.mark.parametrize("kept", [0.5, 0.8])
def test_a_truncated_video_is_read_as_far_as_it_goes(write_video, tmp_path, suffix, kept):
    noise = np.random.default_rng(0).integers(0, 256, (50, H, W, 3), np.uint8)
    whole = write_video(tmp_path / f"video{suffix}", noise)
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * kept)])
    video = Video(whole)
    assert 10 <= len(list(video)) < 48
    if suffix == ".ts":  # it does not say how long it is
        assert video.damage is None or "damaged" in video.damage
    else:
        assert video.damage is not None
        assert video.damage.startswith(f"{whole}: breaks off after ")
        assert video.damage.endswith(" of 2.0 seconds; it is incomplete")


def test_packets_that_cannot_be_decoded_are_left_out(write_video, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (20, H, W, 3), np.uint8)
    path = write_video(tmp_path / "video.avi", noise)
    data = bytearray(path.read_bytes())
    seventh = [i for i in range(len(data)) if data[i : i + 4] == b"00dc"][7]
    data[seventh + 8 : seventh + 2000] = bytes(1992)
    path.write_bytes(data)
    video = Video(path)
    assert len(list(video)) == 19
    assert video.damage == f"{path}: is damaged; what could not be decoded was left out"


def test_a_file_name_that_looks_like_an_address_is_a_file_name(video: Path, monkeypatch):
    monkeypatch.chdir(video.parent)
    video.rename("http:12:30 %d é.mp4")
    assert len(list(Video("http:12:30 %d é.mp4"))) == 10


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_video_comes_through_a_pipe(write_video, tmp_path: Path, suffix: str):
    path = write_video(tmp_path / f"v{suffix}", [shade(0)] * 5, sound=1)
    code = "from ferlite.media.video import Video; v = Video('-'); print(len(list(v)), v.name)"
    with path.open("rb") as stream:
        done = subprocess.run([sys.executable, "-c", code], stdin=stream, capture_output=True)
    assert (done.stdout, done.stderr) == (b"5 standard input\n", b"")


def no_file(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("no video\n" * 100)


def image(path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 48)).save(path, "JPEG")


def without_index(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 4])


def sound_only(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))


def no_images(path: Path) -> None:
    """An MP4 whose only track says that it is sound."""
    path.write_bytes(path.read_bytes().replace(b"vide", b"soun"))


def no_frames(path: Path) -> None:
    """A video whose frames are all overwritten."""
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 4
    (size,) = struct.unpack_from(">I", data, at - 8)
    data[at : at + size - 8] = bytes(size - 8)
    path.write_bytes(data)


def of_no_length(path: Path) -> None:
    """A video as it should be, but for that its index names no frames."""
    data = bytearray(path.read_bytes())
    for table, at in ((b"stsz", 12), (b"stts", 8), (b"stsc", 8), (b"stco", 8)):
        struct.pack_into(">I", data, data.index(table) + at, 0)
    path.write_bytes(data)


def huge(path: Path) -> None:
    path.write_bytes(b"YUV4MPEG2 W16384 H16384 F25:1 Ip C420mpeg2\nFRAME\n")


def device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/null")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (no_file, "there is no such file"),
        (folder, "this is a folder, not a video"),
        (empty, "is empty"),
        (text, "no video that ferlite can read"),
        (image, "is an image; read it with 'ferlite predict'"),
        (without_index, "no video that ferlite can read: .* damaged or incomplete"),
        (sound_only, "no video that ferlite can read"),
        (no_images, "no video that ferlite can read: it has no frames"),
        (no_frames, "has no frames that can be decoded"),
        (of_no_length, "has no frames that can be decoded|no video that ferlite can read"),
        (huge, "over the limit of 100 million pixels|no video that ferlite can read"),
        pytest.param(
            device,
            "is no ordinary file; a camera is given to 'ferlite webcam --source'",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="no such devices here"),
        ),
    ],
)
def test_what_is_no_video_is_refused_in_one_sentence(
    video: Path, damage: Callable[[Path], None], sentence: str, capfd
):
    damage(video)
    with pytest.raises(VideoError, match=sentence) as refusal:
        Video(video)
    assert str(refusal.value).startswith(f"{video}: ")
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")  # FFmpeg says nothing beside it


def test_a_playlist_does_not_lead_to_the_network(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        playlist = tmp_path / "video.m3u8"
        playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n")
        with pytest.raises(VideoError, match="no video that ferlite can read"):
            Video(playlist)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_list_does_not_lead_to_other_files(video: Path):
    listed = video.with_name("list.ffconcat")
    listed.write_text(f"ffconcat version 1.0\nfile {video.name}\n")
    with pytest.raises(VideoError, match="no video that ferlite can read"):
        Video(listed)


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(VideoError, match="not the name of a file"):
        Video("a\0b.mp4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_with_a_name_is_read(write_video, tmp_path: Path):
    data = write_video(tmp_path / "v.mkv", [shade(0)] * 3).read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    assert len(list(Video(pipe))) == 3
    writer.join()
