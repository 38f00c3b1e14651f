"""The real FER2013 where it is present, and every other dataset in small.

The small ones are written in exactly their official layouts, names and codes, with faces of one
gray level each: `brightness_of` their emotion, which the network `brightness_model` reads.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from ferlite.emotions import EMOTIONS

RAFDB = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")  # codes 1 to 7
AFFECTNET = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")  # codes 0 to 6
CKPLUS = {1: "angry", 3: "disgust", 4: "fear", 5: "happy", 6: "sad", 7: "surprise"}
VOTES = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear")
HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression"


@pytest.fixture(scope="session")
def fer2013_path() -> Path:
    """The real FER2013, a file or a folder, where `FERLITE_FER2013` says it is present."""
    path = os.environ.get("FERLITE_FER2013")
    if not path:
        pytest.skip("FERLITE_FER2013 is not set")
    return Path(path)


@pytest.fixture(autouse=True)
def _same_threads() -> Iterator[None]:
    """A test that asks PyTorch for other threads must not change how later ones round."""
    import torch

    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def _write_image(path: Path, gray: int, height: int, width: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width or height, 3), gray, np.uint8))


def _pixels(gray: int) -> str:
    return " ".join([str(gray)] * 48 * 48)


def _rafdb(folder: Path, gray: dict[str, int]) -> None:
    lines = []
    for split in ("train", "test"):
        for code, emotion in enumerate(RAFDB, start=1):
            lines.append(f"{split}_{code:05}.jpg {code}")
            name = f"{split}_{code:05}_aligned.jpg"
            _write_image(folder / "Image" / "aligned" / name, gray[emotion], 100)
    (folder / "EmoLabel").mkdir()
    (folder / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(lines) + "\n")


def _affectnet_lists(folder: Path, gray: dict[str, int]) -> None:
    """Images are black around the face box; those of contempt and of no emotion are all black."""
    lists = folder / "Manually_Annotated_file_lists"
    lists.mkdir()
    for number, name in enumerate(("training", "validation")):
        lines = [f"{HEADER},valence,arousal"] if name == "training" else []
        for code in range(11):
            place = f"{100 + number}/{name}{code:02}.jpg"
            path = folder / "Manually_Annotated" / "Manually_Annotated_Images" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            image_HWC = np.zeros((300, 400, 3), np.uint8)
            image_HWC[64:164, 104:204] = gray[AFFECTNET[code]] if code < 7 else 0
            cv2.imwrite(str(path), image_HWC)
            lines.append(f"{place},112,72,84,84,1.0;2.0,{code},0.5,-0.5")
        (lists / f"{name}.csv").write_text("\n".join(lines) + "\n")


def _affectnet_sets(folder: Path, gray: dict[str, int]) -> None:
    for part in ("train_set", "val_set"):
        (folder / part / "annotations").mkdir(parents=True)
        for code in range(8):
            shade = gray[AFFECTNET[code]] if code < 7 else 0
            _write_image(folder / part / "images" / f"{code}.jpg", shade, 224)
            for suffix, value in (("exp", str(code)), ("val", "0.5"), ("aro", "-0.5")):
                np.save(folder / part / "annotations" / f"{code}_{suffix}.npy", np.array(value))


def _ckplus(folder: Path, gray: dict[str, int]) -> None:
    """A subject for each code, one with contempt (2) and one without a label (9)."""
    for code in (1, 2, 3, 4, 5, 6, 7, 9):
        place, name = f"S{code:03}/001", f"S{code:03}_001_"
        peak = gray[CKPLUS[code]] if code in CKPLUS else 0
        for frame, shade in ((1, gray["neutral"]), (2, 0), (3, peak)):
            file = folder / "cohn-kanade-images" / place / f"{name}{frame:08}.png"
            _write_image(file, shade, 490, 640)
        (folder / "cohn-kanade-images" / place / ".DS_Store").touch()
        labels = folder / "Emotion" / place
        labels.mkdir(parents=True)
        if code != 9:
            (labels / f"{name}00000003_emotion.txt").write_text(f"   {code:.7e}\n")


def _ckextended(folder: Path, gray: dict[str, int]) -> None:
    lines = ["emotion,pixels,Usage"]
    for code in range(8):
        shade = gray[EMOTIONS[code]] if code < 7 else 0
        lines.append(f"{code},{_pixels(shade)},{'PublicTest' if code % 2 else 'Training'}")
    (folder / "ckextended.csv").write_text("\n".join(lines) + "\n")


def _fer2013(folder: Path, gray: dict[str, int]) -> None:
    lines = ["emotion,pixels,Usage"]
    for usage in ("Training", "PublicTest", "PrivateTest"):
        lines += [f"{code},{_pixels(gray[name])},{usage}" for code, name in enumerate(EMOTIONS)]
    (folder / "fer2013.csv").write_text("\n".join(lines) + "\n")


def _ferplus(folder: Path, gray: dict[str, int]) -> None:
    """All ten vote for FER2013's own label, but the first row of all has no face."""
    _fer2013(folder, gray)
    lines = ["Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
             "unknown,NF"]  # fmt: skip
    for usage in ("Training", "PublicTest", "PrivateTest"):
        for name in EMOTIONS:
            votes = [10 * (name == column) for column in VOTES] + [0, 0, 0]
            lines.append(f"{usage},fer{len(lines) - 1:07}.png,{','.join(map(str, votes))}")
    lines[1] = "Training,,0,0,0,0,0,0,0,0,0,10"
    (folder / "fer2013new.csv").write_text("\n".join(lines) + "\n")


def _folder(folder: Path, gray: dict[str, int]) -> None:
    for split in ("train", "validation", "test"):
        for emotion in EMOTIONS:
            _write_image(folder / split / emotion / "1.png", gray[emotion], 60)


TREES: dict[str, Callable[[Path, dict[str, int]], None]] = {
    "fer2013": _fer2013,
    "ferplus": _ferplus,
    "rafdb": _rafdb,
    "affectnet lists": _affectnet_lists,
    "affectnet sets": _affectnet_sets,
    "ckplus": _ckplus,
    "ckplus table": _ckextended,
    "folder": _folder,
}


@pytest.fixture
def make_tree(tmp_path: Path, brightness_of: dict[str, int]) -> Callable[[str], Path]:
    """`make_tree(name)` writes one of `TREES` into a new folder of that name."""

    def make(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        TREES[name](folder, brightness_of)
        return folder

    return make


@pytest.fixture
def says(brightness_of: dict[str, int]) -> Callable[[object], list[tuple[str, str]]]:
    """`says(faces)`: split and emotion of each row; its face is checked to be that emotion's."""

    def say(faces) -> list[tuple[str, str]]:
        rows = []
        for image_HW, label, split in zip(
            faces.images_NHW, faces.labels_N, faces.splits_N, strict=True
        ):
            emotion = faces.classes[label]
            assert np.abs(image_HW.astype(int) - brightness_of[emotion]).max() <= 2
            rows.append((("train", "validation", "test")[split], emotion))
        return rows

    return say
