"""Pictures are read alike in this process and in others beside it, whatever happens to those."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferlite import EMOTIONS, FerliteError, reading
from ferlite.media import image
from ferlite.reading import Beside, Here, Readers, Setting

DEADLY = """
import os
from ferlite import reading

answer = reading.Here._answer
reading.Here._answer = lambda self, name, copy: (
    os._exit(1) if "fear" in name else answer(self, name, copy)
)
reading._serve()
"""
"""Reads pictures as a process beside does, and dies of fear."""


@pytest.fixture
def setting(brightness_model: Path) -> Setting:
    return Setting(brightness_model, "none", None, 1, None, "auto", explain=False)


@pytest.fixture
def pictures(tmp_path: Path, brightness_of: dict[str, int]) -> list[Path]:
    """One that shows each emotion, and one that is no picture."""
    paths = []
    for emotion, gray in brightness_of.items():
        paths.append(tmp_path / f"{emotion}.png")
        Image.new("L", (60, 60), gray).save(paths[-1])
    paths.append(tmp_path / "broken.png")
    paths[-1].write_bytes(b"no picture")
    return paths


def test_a_process_beside_answers_as_this_one_does(setting: Setting, pictures: list[Path]):
    tasks = [(str(path), None) for path in pictures]
    here = Here(setting)(tasks)
    beside = Beside(setting)
    try:
        assert beside(tasks[:3]) + beside(tasks[3:]) == here
    finally:
        beside.close()
    assert [faces[0].emotion for faces, _ in here[:-1]] == list(EMOTIONS)
    assert here[-1][0] == []
    assert here[-1][1].startswith(f"{pictures[-1]}: ")


def test_copies_are_written_beside_too(setting: Setting, pictures: list[Path], tmp_path: Path):
    beside = Beside(setting)
    try:
        beside([(str(pictures[0]), tmp_path / "copy.png")])
    finally:
        beside.close()
    assert Image.open(tmp_path / "copy.png").mode == "RGB"


def test_a_copy_of_a_jpeg_that_was_decoded_smaller_is_marked_in_its_own_pixels(
    tmp_path: Path, brightness_model: Path, monkeypatch: pytest.MonkeyPatch
):
    Image.new("L", (1400, 1400), 90).save(tmp_path / "large.jpg")
    monkeypatch.setattr(image, "DECODED_PIXELS", 700 * 700)
    here = Here(Setting(brightness_model, "none", None, 1, None, "auto", explain=True))
    ((faces, error),) = here([(str(tmp_path / "large.jpg"), tmp_path / "copy.png")])
    assert (error, faces[0].box) == (None, (0, 0, 1400, 1400))
    copy = np.asarray(Image.open(tmp_path / "copy.png"))
    assert copy.shape == (700, 700, 3)
    assert (copy[:, [0, -1]] == copy[0, 0]).all()  # the frame, at the edges
    assert (copy[300, 300] != copy[0, 0]).any()


def test_a_process_that_dies_is_replaced_and_nothing_is_lost(
    setting: Setting, pictures: list[Path]
):
    tasks = [(str(path), None) for path in pictures]
    beside = Beside(setting)
    try:
        wanted = beside(tasks)
        beside._process.kill()
        assert beside(tasks) == wanted
    finally:
        beside.close()


def test_a_picture_that_kills_is_told_apart_from_the_others(
    setting: Setting, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "_COMMAND", [sys.executable, "-c", DEADLY])
    beside = Beside(setting)
    try:
        answers = beside([(str(path), None) for path in pictures])
    finally:
        beside.close()
    assert [faces[0].emotion if faces else None for faces, _ in answers[:-1]] == [
        None if emotion == "fear" else emotion for emotion in EMOTIONS
    ]
    assert answers[2][1] == f"{pictures[2]}: the process that read it broke down"


def test_a_wrong_setting_is_told_and_leaves_no_process(setting: Setting, tmp_path: Path):
    wrong = Setting(tmp_path / "no.onnx", "none", None, 1, None, "auto", explain=False)
    with pytest.raises(FerliteError, match=r"there is no model file .*no\.onnx"):
        Readers(wrong, images=1000, at_once=3)


def test_few_pictures_start_no_process(setting: Setting):
    readers = Readers(setting, images=99, at_once=8)
    assert readers._beside == []
    assert readers.together == 1
