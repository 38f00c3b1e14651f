"""A folder of frame sequences is read as labels.csv says, and a bad one named in a sentence."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from reports.temporal.sequences import load_sequences

HEAD = "sequence,frame,emotion,seen\n"


def write_image(path: Path, gray: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((60, 60, 3), gray, np.uint8))


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Anna is happy, then lost, then sad, in rows out of order; Ben is angry once."""
    write_image(tmp_path / "anna" / "000001.png", 10)
    write_image(tmp_path / "anna" / "3.jpg", 30)
    write_image(tmp_path / "ben" / "01.png", 90)
    (tmp_path / "anna" / "notes.txt").touch()
    (tmp_path / "labels.csv").write_text(
        HEAD + "ben,1,anger,\nanna,3,sad,1\nanna,2,happy,0\nanna,1,happy,1\n"
    )
    return tmp_path


def test_frames_come_in_the_order_of_their_numbers(good: Path) -> None:
    anna, ben = load_sequences(good, rate=12.5)
    assert (anna.name, ben.name, anna.rate) == ("anna", "ben", 12.5)
    assert [EMOTIONS[label] for label in anna.labels_T] == ["happy", "happy", "sad"]
    assert anna.seen_T.tolist() == [True, False, True]
    assert anna.images_THW.shape == (3, 48, 48)
    np.testing.assert_allclose(anna.images_THW.mean((1, 2)), [10, 0, 30], atol=1)
    assert EMOTIONS[ben.labels_T[0]] == "angry"


def test_without_the_column_seen_every_frame_is(tmp_path: Path) -> None:
    write_image(tmp_path / "a" / "1.png")
    (tmp_path / "labels.csv").write_text("sequence,frame,emotion\na,1,sad\n")
    assert load_sequences(tmp_path, rate=10)[0].seen_T.all()


def labels(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "labels.csv").write_text(text)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "labels.csv").unlink(), "labels.csv: cannot be read"),
        (labels("image,emotion\n1,sad\n"), "must name the columns"),
        (labels(HEAD), "has no rows"),
        (labels(HEAD + "../anna,1,sad,1\n"), "line 2 has '../anna', which is no name"),
        (labels(HEAD + "anna,0,sad,1\n"), "line 2 has the frame '0'"),
        (labels(HEAD + "anna,one,sad,1\n"), "line 2 has the frame 'one'"),
        (labels(HEAD + "anna,1,bored,1\n"), "line 2 has the emotion 'bored'"),
        (labels(HEAD + "anna,1,sad,maybe\n"), "line 2 has 'maybe' as seen"),
        (labels(HEAD + "anna,1,sad,1\nanna,1,sad,1\n"), "frame 1 of anna a second time"),
        (labels(HEAD + "ben,1,sad,1\nanna,1,sad,1\nanna,3,sad,1\n"), "lacks frame 2 of anna"),
        (labels(HEAD + "ben,1,sad,1\n"), "anna: labels.csv has no row for this sequence"),
        (lambda folder: (folder / "anna" / "3.jpg").unlink(), "an image is missing of frame 3"),
        (lambda folder: write_image(folder / "anna" / "2.png"), "there is an image of frame 2"),
        (lambda folder: write_image(folder / "anna" / "4.png"), "no row for this frame"),
        (lambda folder: write_image(folder / "anna" / "001.png"), "1.png: is frame 1, as 0"),
        (lambda folder: write_image(folder / "anna" / "x.png"), "named after its number"),
        (lambda folder: (folder / "ben" / "01.png").write_bytes(b"no"), "not an image"),
    ],
)
def test_a_bad_layout_is_named(good: Path, spoil: Callable[[Path], object], says: str) -> None:
    spoil(good)
    with pytest.raises(FerliteError) as error:
        load_sequences(good, rate=10)
    assert says in str(error.value)
    assert str(good) in str(error.value)


def test_a_sequence_without_its_folder_is_named(good: Path) -> None:
    (good / "labels.csv").write_text((good / "labels.csv").read_text() + "eve,1,sad,1\n")
    with pytest.raises(FerliteError, match=r"eve: there is no such folder"):
        load_sequences(good, rate=10)


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_the_rate_must_be_positive(good: Path, rate: float) -> None:
    with pytest.raises(FerliteError, match="rate"):
        load_sequences(good, rate=rate)
