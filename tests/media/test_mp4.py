"""The index of an MP4 is looked at before FFmpeg reserves what it asks for."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferlite import FerliteError
from ferlite.media.mp4 import MOST_SAMPLES, asks_too_much
from ferlite.media.video import Video


@pytest.fixture
def film(write_film, tmp_path: Path) -> Path:
    return write_film(tmp_path / "film.mp4", [np.zeros((48, 64, 3), np.uint8)] * 3)


def naming(film: Path, count: int) -> Path:
    """The same film, with an index that says that all frames have one byte, and how many."""
    data = bytearray(film.read_bytes())
    struct.pack_into(">II", data, data.index(b"stsz") + 8, 1, count)
    film.write_bytes(data)
    return film


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def test_a_film_as_it_should_be_asks_for_nothing_strange(film: Path):
    assert not asks_too_much(film)
    assert not asks_too_much(naming(film, MOST_SAMPLES))


def test_more_frames_than_bytes_are_refused_before_they_are_read(film: Path, monkeypatch):
    naming(film, MOST_SAMPLES + 1)
    assert asks_too_much(film)
    opened = cv2.VideoCapture
    monkeypatch.setattr(
        cv2, "VideoCapture", lambda *given: pytest.fail("was opened") if given else opened()
    )
    with pytest.raises(FerliteError, match="no film that ferlite can read"):
        Video(film)


@pytest.mark.parametrize(("flags", "refused"), [(0, True), (0x0001, True), (0x0200, False)])
def test_a_fragment_may_not_do_so_either(tmp_path: Path, flags: int, refused: bool):
    run = box(b"trun", struct.pack(">II", flags, 2**32 - 1) + bytes(20))
    path = tmp_path / "fragment.mp4"
    path.write_bytes(box(b"styp", bytes(16)) + box(b"moof", box(b"traf", run)))
    assert asks_too_much(path) == refused


def test_a_part_with_a_long_length_is_passed_over(film: Path):
    whole = naming(film, 2**32 - 1).read_bytes()
    film.write_bytes(struct.pack(">I4sQ", 1, b"free", 16 + 5) + bytes(5) + whole)
    assert asks_too_much(film)


@given(st.binary(max_size=200))
def test_any_bytes_are_looked_at(tmp_path_factory, content: bytes):
    path = tmp_path_factory.mktemp("any") / "film.mp4"
    path.write_bytes(bytes(4) + b"moov" + content)
    assert asks_too_much(path) in (False, True)
