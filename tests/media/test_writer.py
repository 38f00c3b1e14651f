"""Videos that ferlite writes, read again with PyAV."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from ferlite import OutputError
from ferlite.media.video import Video
from ferlite.media.writer import CODECS, writing

W, H = 64, 48


def shade(level: int, width: int = W, height: int = H) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def level(image: np.ndarray) -> int:
    return round(float(image.mean()) / 10) * 10


def written(path: Path, times: list[float], **how) -> list[float]:
    """The times of a video's frames, after it was written with these."""
    with writing(path, 25, **how) as video:
        for i, time in enumerate(times):
            video.add(shade(20 * i), time)
    shots = list(Video(path))
    assert [level(shot.image_HWC) for shot in shots] == pytest.approx(
        [20 * i for i in range(len(times))], abs=10
    )
    return [shot.time for shot in shots]


def heard(path: Path) -> tuple[str, float, float]:
    """The codec of a video's sound, and from when to when it sounds."""
    with av.open(str(path)) as file:
        sound = file.streams.audio[0]
        frames = [frame for frame in file.decode(sound) if frame.pts is not None]
        end = frames[-1].time + frames[-1].samples / frames[-1].sample_rate
        return sound.codec_context.name, frames[0].time, end


@pytest.mark.parametrize("suffix", [*CODECS, ".MP4"])
def test_every_format_is_written_at_the_times_of_the_frames(tmp_path: Path, suffix: str):
    times = [0, 0.04, 0.05, 0.3, 2.0, 2.04]
    path = tmp_path / "new" / f"out{suffix}"
    assert written(path, times) == pytest.approx(times, abs=1e-3)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_browsers_and_phones_play_it(tmp_path: Path):
    path = tmp_path / "out.mp4"
    written(path, [0, 0.04])
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # it plays before it has been loaded
    with av.open(str(path)) as file:
        codec = file.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", "yuv420p")
        assert (codec.colorspace, codec.color_range) == (1, 1)


def test_colours_stay(tmp_path: Path):
    path = tmp_path / "out.mp4"
    color = (200, 60, 30)
    with writing(path, 25) as video:
        video.add(np.full((H, W, 3), color, np.uint8), 0)
    (shot,) = Video(path)
    assert shot.image_HWC.reshape(-1, 3).mean(0) == pytest.approx(color, abs=4)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "aac"), (".mov", "aac"), (".mkv", "aac"), (".webm", "opus")]
)
def test_the_sound_is_kept(write_video, tmp_path: Path, suffix: str, codec: str):
    original = write_video(tmp_path / "in.mp4", [shade(0)] * 5, sound=1)
    out = tmp_path / f"out{suffix}"
    times = [0.2, 0.24, 0.28]
    assert written(out, times, sound=original) == pytest.approx(times, abs=1e-3)
    name, first, last = heard(out)
    assert (name, first) == (codec, pytest.approx(0, abs=0.13))
    assert last == pytest.approx(1, abs=0.15)


def test_sound_that_mp4_cannot_hold_becomes_aac(write_video, tmp_path: Path):
    webm = tmp_path / "in.webm"
    written(webm, [0], sound=write_video(tmp_path / "in.mp4", [shade(0)], sound=1))
    written(tmp_path / "out.mp4", [0], sound=webm)
    name, first, last = heard(tmp_path / "out.mp4")
    assert (name, first) == ("aac", pytest.approx(0, abs=0.02))
    assert last == pytest.approx(1, abs=0.15)


def test_a_part_has_the_sound_of_that_part(write_video, tmp_path: Path):
    original = write_video(tmp_path / "in.mp4", [shade(0)] * 5, sound=3)
    path = tmp_path / "out.mp4"
    with writing(path, 25, begin=1, sound=original) as video:
        for i in range(25):
            video.add(shade(0), 1 + i / 25)
        video.end = 2.0
    # Sound comes in packets, of an eighth of a second here: so much may be missing or more.
    assert [shot.time for shot in Video(path)][-1] == pytest.approx(24 / 25, abs=0.13)
    _, first, last = heard(path)
    assert last - first == pytest.approx(1, abs=0.15)


def test_a_video_without_sound_has_none(write_video, tmp_path: Path):
    written(tmp_path / "out.mp4", [0], sound=write_video(tmp_path / "in.mp4", [shade(0)]))
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert not file.streams.audio


def test_other_sizes_are_brought_to_the_first_made_even(tmp_path: Path):
    path = tmp_path / "out.mp4"
    with writing(path, 25) as video:
        video.add(shade(0, 63, 47), 0)
        video.add(shade(100, 128, 96), 0.04)
    assert [shot.image_HWC.shape for shot in Video(path)] == [(48, 64, 3)] * 2


@pytest.mark.parametrize("rate", [0.1, 29.97, 240.0])
def test_any_rate_can_be_written(tmp_path: Path, rate: float):
    path = tmp_path / "out.mp4"
    with writing(path, rate) as video:
        for i in range(3):
            video.add(shade(20 * i), i / rate)
    assert [shot.time for shot in Video(path)] == pytest.approx([i / rate for i in range(3)], 1e-3)


def test_a_failure_leaves_the_video_that_was_there(write_video: Callable[..., Path], tmp_path):
    path = write_video(tmp_path / "v.mp4", [shade(0)])
    before = path.read_bytes()
    with pytest.raises(AttributeError), writing(path, 25) as out:
        out.add("no image", 0)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_video_without_frames_is_not_written(tmp_path: Path):
    with pytest.raises(OutputError, match="no frames"), writing(tmp_path / "out.mp4", 25):
        pass
    assert not list(tmp_path.iterdir())


def test_a_suffix_that_is_no_videos_is_refused(tmp_path: Path):
    with (
        pytest.raises(OutputError, match=r"must end in \.mp4, .*\.mkv or \.webm"),
        writing(tmp_path / "out.avi", 25),
    ):
        pass


def test_a_place_that_cannot_be_written_to_is_refused_before_any_work(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OutputError, match="cannot be written"),
        writing(tmp_path / "file" / "out.mp4", 25),
    ):
        pytest.fail("the block was entered")


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files here")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path):
    code = """
import resource, sys
from pathlib import Path
import numpy as np
from ferlite import OutputError
from ferlite.media.writer import writing
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
frames = np.random.default_rng(0).integers(0, 256, (20, 240, 320, 3), np.uint8)
try:
    with writing(Path(sys.argv[1]), 25) as video:
        for i, frame in enumerate(frames):
            video.add(frame, i / 25)
except OutputError as error:
    print(error)
"""
    out = tmp_path / "out.mp4"
    done = subprocess.run([sys.executable, "-c", code, out], capture_output=True, text=True)
    assert done.stdout == f"{out}: cannot be written (is the disk full?)\n"
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())
