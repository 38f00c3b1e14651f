"""A folder in which the docs' commands and examples run, and the `ferlite` command of this source.

What the docs may name without making it first:

    photo.jpg  a.jpg  b.jpg  holiday/1.jpg  holiday/2.jpg  examples/astronaut.jpg
    video.mp4                 two seconds of a face that moves
    faces/<emotion>/*.png     four made faces of each of the seven emotions
    classes/<class>/*.png     four for each of focused, bored and confused
    fer2013.csv               made rows in FER2013's columns, and fer2013new.csv with FER+'s votes
    s3://photos  s3://results two buckets, for the page on them: one with photos, one empty
"""

import os
import shutil
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ferlite.emotions import EMOTIONS
from tests.s3 import serving

ROOT = Path(__file__).parents[2]
VOTES = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear")
CLASSES = {"focused": "neutral", "bored": "sad", "confused": "fear"}
"""Classes of one's own, each drawn as an emotion is."""
ROWS = {"Training": 4, "PublicTest": 2, "PrivateTest": 2}
"""Rows of each emotion in the made FER2013."""
_RAY = """
if [ "$1" = stop ]; then  # Ray's own would stop whatever else runs on this machine
    kill "$(cat ray.pid)"
    rm -f /tmp/ray/ray_current_cluster  # or whoever comes next looks for it there
    exit
fi
{0} "$@" --num-cpus 2 --include-dashboard false --disable-usage-stats --block > ray.log 2>&1 &
echo $! > ray.pid
check="{0} health-check --address 127.0.0.1:6399"
until RAY_AUTH_MODE=token $check || $check; do sleep 1; done > /dev/null 2>&1
"""
"""`ray start` and `ray stop`, of two cores; it waits for Ray to answer, with a token or without."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as it is before a page begins."""
    folder = tmp_path_factory.mktemp("docs")
    photo = ROOT / "examples" / "astronaut.jpg"
    for name in ("photo.jpg", "a.jpg", "b.jpg", "holiday/1.jpg", "holiday/2.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(photo, folder / name)
    (folder / "examples").mkdir()
    shutil.copy(photo, folder / "examples" / "astronaut.jpg")
    _write_video(folder / "video.mp4", Image.open(photo))

    random = np.random.default_rng(0)
    looks = [*(("faces", e, e) for e in EMOTIONS), *(("classes", *c) for c in CLASSES.items())]
    for name, label, emotion in looks:
        (folder / name / label).mkdir(parents=True)
        for number in range(4):
            face = Image.fromarray(_made_face(emotion, random))
            face.resize((64, 64)).save(folder / name / label / f"{number}.png")
    _write_fer2013(folder, random)
    return folder


@pytest.fixture
def world(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Path]:
    """A fresh copy of the folder, which is the current one; `ferlite` and `python` are ours.

    Trainings end after one short epoch, whatever their recipe says, so that they take seconds.
    """
    folder = tmp_path / "world"
    shutil.copytree(made, folder)
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, script in {
        "python": f'exec "{sys.executable}" "$@"',
        "ferlite": '[ "$1" = train ] && set -- "$@" --set training.epochs=1\n'
        '[ "$2" = finetune ] && set -- "$@" --set imbalance.min_faces=50\n'
        f'exec "{sys.executable}" -c "from ferlite.cli import main; main()" "$@"',
        "ray": _RAY.format(f"{sys.executable} -m ray.scripts.scripts"),
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(commands), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), str(ROOT)]))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("RAY_worker_niceness", "0")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # two threads wait for each other on a busy machine
    monkeypatch.chdir(folder)
    if "bucket.md" not in request.node.name:
        yield folder
        return
    shutil.copytree(folder / "holiday", tmp_path / "s3" / "photos" / "2024")
    (tmp_path / "s3" / "results").mkdir()
    with serving(tmp_path / "s3", tmp_path / "cache"):
        yield folder


def _made_face(emotion: str, random: np.random.Generator) -> NDArray[np.uint8]:
    """A gray 48×48 image that shows nobody: dots for eyes, and a mouth that tells the emotion."""
    face_HW = random.normal(150, 12, (48, 48))
    face_HW[16:20, 12:17] = face_HW[16:20, 31:36] = 40
    row, height = divmod(EMOTIONS.index(emotion), 3)
    face_HW[30 + 4 * row : 32 + 4 * row + 2 * height, 16:32] = 30
    return face_HW.clip(0, 255).astype(np.uint8)


def _write_fer2013(folder: Path, random: np.random.Generator) -> None:
    faces = ["emotion,pixels,Usage"]
    votes = ["Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
             "unknown,NF"]  # fmt: skip
    for usage, rows in ROWS.items():
        for code, emotion in enumerate(EMOTIONS * rows):
            pixels = " ".join(map(str, _made_face(emotion, random).ravel()))
            faces.append(f"{code % len(EMOTIONS)},{pixels},{usage}")
            given = [10 * (emotion == column) for column in VOTES] + [0, 0, 0]
            votes.append(f"{usage},fer{len(votes) - 1:07}.png,{','.join(map(str, given))}")
    (folder / "fer2013.csv").write_text("\n".join(faces) + "\n")
    (folder / "fer2013new.csv").write_text("\n".join(votes) + "\n")


def _write_video(path: Path, photo: Image.Image) -> None:
    """Two seconds at ten frames a second: a part of the photo moves over a gray background."""
    head = photo.convert("RGB").crop((144, 36, 304, 196))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.width, stream.height = 320, 240  # type: ignore[attr-defined]
        for step in range(20):
            canvas = Image.new("RGB", (320, 240), (128, 128, 128))
            canvas.paste(head, (40 + 4 * step, 40))
            for packet in stream.encode(av.VideoFrame.from_image(canvas)):  # type: ignore[attr-defined]
                container.mux(packet)
        for packet in stream.encode():  # type: ignore[attr-defined]
            container.mux(packet)
