"""The browser library reads what Python reads, in a real browser."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
import pytest
from PIL import Image, ImageEnhance

from ferlite import EmotionRecognizer
from ferlite.faces.track import iou
from ferlite.media.image import load

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
PHOTOS = ROOT.parent / "shared" / "photos"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FRAMES = 16
IMAGES = 50

WRONG = (
    ({"models": "/no/"}, r"the model file .*/no/\w+.onnx.* cannot be fetched \(status 404\)"),
    ({"models": "/images/damaged/"}, r"the model file .* is not the one of this version; .*"),
    ({"model": "ferlite_xl"}, 'there is no model "ferlite_xl"'),
    ({"minScore": 2}, "minScore must be between 0 and 1, not 2"),
    ({"labels": "mine"}, 'labels must be one of fer2013, ferplus, photos, not "mine"'),
)

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium"),
    pytest.mark.skipif(not (WEB / "dist").exists(), reason="needs the library: make web"),
    pytest.mark.skipif(not (WEB / "node_modules").exists(), reason="needs playwright: make web"),
]


def run(script: str, job: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        ["node", f"tests/{script}"], input=json.dumps(job), cwd=WEB,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def scene(
    faces: Sequence[Image.Image], at: Sequence[tuple[int, int]], size: tuple[int, int], seed: int
) -> Image.Image:
    """Faces in front of a blurred background."""
    coarse = np.random.default_rng(seed).integers(40, 200, (6, 8, 3), np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    for face, place in zip(faces, at, strict=True):
        image.paste(face, place)
    return image


def made(astronaut: Image.Image, number: int) -> Image.Image:
    """The portrait, alone or twice, in another size, place, light, and tilt each time."""
    rng = np.random.default_rng(number)
    bust = astronaut.crop((110, 0, 340, 230))
    faces, at = [], []
    for left in (10, 330)[: 1 + number % 2]:
        side = int(rng.integers(90, 300))
        face = bust.rotate(float(rng.uniform(-25, 25)), Image.Resampling.BICUBIC)
        face = face.crop((25, 25, 205, 205)).resize((side, side), Image.Resampling.LANCZOS)
        face = ImageEnhance.Brightness(face).enhance(float(rng.uniform(0.5, 1.4)))
        faces.append(
            face if rng.random() < 0.5 else face.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        )
        at.append((left + int(rng.integers(-30, 40)), int(rng.integers(-30, 120))))
    return scene(faces, at, (640, int(rng.integers(300, 480))), number)


def save(image: Image.Image, path: Path, number: int) -> None:
    """As PNG or JPEG; some transparent in part, or stored as if the camera had been turned."""
    if number % 6 == 2:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save(path.with_suffix(".png"))
    elif number % 6 == 5:
        exif = Image.Exif()
        exif[0x0112] = 6
        turned = image.transpose(Image.Transpose.ROTATE_90)
        turned.save(path.with_suffix(".jpg"), quality=90, exif=exif)
    else:
        image.save(path.with_suffix((".png", ".jpg")[number % 2]), quality=90)


@pytest.fixture(scope="module")
def astronaut_image(astronaut: Path) -> Image.Image:
    return Image.fromarray(load(str(astronaut)))


@pytest.fixture(scope="module")
def read(
    astronaut_image: Image.Image, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """The folder, what was asked of the library, and what it answered."""
    folder = tmp_path_factory.mktemp("images")
    photos = sorted(PHOTOS.glob("*.jpg"))[::40] if PHOTOS.is_dir() else []
    for photo in photos:
        shutil.copy(photo, folder)
    for number in range(IMAGES - len(photos)):
        save(made(astronaut_image, number), folder / f"made{number}", number)
    job: dict[str, Any] = {"folder": str(folder)}
    job["images"] = sorted(path.name for path in folder.iterdir())
    job |= {"model": "ferlite_m", "frames": [], "times": [i / 25 for i in range(FRAMES)]}
    small = astronaut_image.crop((130, 0, 330, 200)).resize((140, 140))
    for i in range(FRAMES):  # the person moves, and is elsewhere after a cut
        place = (20 + 4 * i, 30) if i < FRAMES / 2 else (300 - 3 * i, 90)
        frame = scene([small], [place], (480, 270), seed=int(i >= FRAMES / 2))
        frame.save(folder / f"frame{i}.png")
        job["frames"].append(f"frame{i}.png")
    job["camera"] = str(folder / "camera.mjpeg")
    with av.open(job["camera"], "w", format="mjpeg") as video:
        stream = video.add_stream("mjpeg", rate=10, width=480, height=270, pix_fmt="yuvj420p")
        stream.bit_rate = 10_000_000
        shown = av.VideoFrame.from_image(scene([small], [(100, 60)], (480, 270), seed=3))
        for _ in range(10):
            video.mux(stream.encode(shown))
        video.mux(stream.encode(None))
    (folder / "damaged").mkdir()
    for name in ("blazeface.onnx", "pnet.onnx", "ferlite_s_int8.onnx", "appearance.npz"):
        (folder / "damaged" / name).write_bytes(b"no model")
    job["wrong"] = [options for options, _ in WRONG]
    return folder, job, run("read.mjs", job)


def test_boxes_and_probabilities_are_those_of_python(read):
    folder, job, answer = read
    recognizer = EmotionRecognizer(job["model"])
    pairs = []
    for name, found in zip(job["images"], answer["faces"], strict=True):
        wanted = [face.to_dict() for face in recognizer.recognize(str(folder / name))]
        # Of two faces that are as large, either may come first.
        both = (sorted(faces, key=lambda face: face["box"]) for faces in (found, wanted))
        pairs += zip(*both, strict=True)
    assert len(pairs) >= IMAGES
    assert min(iou(found["box"], wanted["box"]) for found, wanted in pairs) >= 0.9
    assert max(largest_difference(found, wanted) for found, wanted in pairs) <= 0.03
    same = [found["emotion"] == wanted["emotion"] for found, wanted in pairs]
    assert sum(same) >= 0.98 * len(same)
    assert {name for found, _ in pairs for name in found} == set(pairs[0][1])


def largest_difference(found: dict[str, Any], wanted: dict[str, Any], key: str = "probabilities"):
    assert list(found[key]) == list(wanted[key])
    return max(abs(found[key][name] - wanted[key][name]) for name in wanted[key])


def test_tracks_people_and_smoothing_are_those_of_python(read):
    folder, job, answer = read
    tracker = EmotionRecognizer("ferlite_s_int8").tracker()
    persons = set()
    for name, time, found in zip(job["frames"], job["times"], answer["tracked"], strict=True):
        faces = tracker.update(load(str(folder / name)), time).faces
        assert len(found) == len(faces) == 1
        wanted = faces[0].to_dict()
        assert [found[0][key] for key in ("track_id", "person", "emotion")] == [
            wanted[key] for key in ("track_id", "person", "emotion")
        ]
        for key in ("probabilities", "raw"):
            assert largest_difference(found[0], wanted, key) <= 0.03
        persons.add((wanted["track_id"], wanted["person"]))
    assert persons == {(1, 1), (2, 1)}  # a track ends with the cut, and the person comes back


def test_a_camera_is_read(read):
    _, job, answer = read
    with av.open(job["camera"]) as video:
        shown = next(video.decode(video=0)).to_ndarray(format="rgb24")
    (wanted,) = EmotionRecognizer("ferlite_s_int8").recognize(shown)
    assert len(answer["seen"]) == 10
    for (found,) in answer["seen"]:
        assert (found["track_id"], found["emotion"]) == (1, wanted.emotion)
        assert iou(found["box"], wanted.box) >= 0.9


def test_nothing_leaves_the_origin_and_a_strict_policy_allows_it_all(read):
    _, _, answer = read
    assert {urlsplit(url).netloc for url in answer["requests"]} == {
        urlsplit(answer["origin"]).netloc
    }
    assert any(url.split("?")[0].endswith("ferlite_m.onnx") for url in answer["requests"])
    assert answer["problems"] == []


def test_progress_is_told_and_a_recognizer_that_was_disposed_of_says_so(read):
    _, _, answer = read
    loaded, total = answer["progress"]
    assert loaded == total > 4_000_000
    assert answer["after"] == "the recognizer was disposed of; load another one"


def test_what_is_wrong_is_said_in_one_sentence(read):
    _, _, answer = read
    assert len(answer["wrong"]) == len(WRONG)
    for said, (_, sentence) in zip(answer["wrong"], WRONG, strict=True):
        assert re.fullmatch(sentence, said), said
