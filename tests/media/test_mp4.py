"""The index of an MP4 is looked at before FFmpeg reserves what it asks for."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferlite import FerliteError
from ferlite.media.mp4 import MOST_SAMPLES, asks_too_much
from ferlite.media.video import Video


@pytest.fixture
def video(write_video, tmp_path: Path) -> Path:
    return write_video(tmp_path / "video.mp4", [np.zeros((48, 64, 3), np.uint8)] * 3)


def naming(video: Path, count: int) -> Path:
    """The same video, with an index that says that all frames have one byte, and how many."""
    data = bytearray(video.read_bytes())
    struct.pack_into(">II", data, data.index(b"stsz") + 8, 1, count)
    video.write_bytes(data)
    return video


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def test_a_video_as_it_should_be_asks_for_nothing_strange(video: Path):
    assert not asks_too_much(video)
    assert not asks_too_much(naming(video, MOST_SAMPLES))


def test_more_frames_than_bytes_are_refused_before_they_are_read(video: Path):
    naming(video, MOST_SAMPLES + 1)
    assert asks_too_much(video)
    with pytest.raises(FerliteError, match="its index names more frames"):
        Video(video)


@pytest.mark.parametrize(("flags", "refused"), [(0, True), (0x0001, True), (0x0200, False)])
def test_a_fragment_may_not_do_so_either(tmp_path: Path, flags: int, refused: bool):
    run = box(b"trun", struct.pack(">II", flags, 2**32 - 1) + bytes(20))
    path = tmp_path / "fragment.mp4"
    path.write_bytes(box(b"styp", bytes(16)) + box(b"moof", box(b"traf", run)))
    assert asks_too_much(path) == refused


@pytest.mark.parametrize(("length", "seen"), [(16 + 5, True), (2**64 - 1, False)])
def test_a_part_with_a_long_length_is_passed_over(video: Path, length: int, seen: bool):
    whole = naming(video, 2**32 - 1).read_bytes()
    video.write_bytes(struct.pack(">I4sQ", 1, b"free", length) + bytes(5) + whole)
    assert asks_too_much(video) == seen


@given(st.binary(max_size=200))
def test_any_bytes_are_looked_at(tmp_path_factory, content: bytes):
    path = tmp_path_factory.mktemp("any") / "video.mp4"
    path.write_bytes(bytes(4) + b"moov" + content)
    assert asks_too_much(path) in (False, True)
