import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferlite.errors import ModelError
from ferlite.faces import blazeface
from ferlite.faces.blazeface import BlazeFace
from ferlite.faces.track import iou

FACE = (165, 50, 125, 125)
"""Of the astronaut."""


@pytest.fixture(scope="module")
def photo(astronaut: Path) -> Image.Image:
    return Image.open(astronaut).convert("RGB")


@pytest.fixture(scope="module")
def detector() -> BlazeFace:
    return BlazeFace()


def canvas(photo: Image.Image, size: tuple[int, int], *places: tuple[int, int, float]):
    """The photo in a gray image, several times, and where its face is then."""
    image = Image.new("RGB", size, (120, 130, 140))
    faces = []
    for left, top, scale in places:
        small = photo.resize([round(side * scale) for side in photo.size], reducing_gap=2.0)
        image.paste(small, (left, top))
        x, y, w, h = (side * scale for side in FACE)
        faces.append((left + x, top + y, w, h))
    return np.asarray(image), faces


def test_a_face_has_a_box_a_score_an_angle_and_points(detector, photo: Image.Image):
    (face,) = detector.detect(np.asarray(photo))
    assert iou(face.box, FACE) > 0.8
    assert 0.7 < face.score <= 1
    assert abs(face.angle) < 8
    (rx, ry), (lx, ly), (nx, ny), (mx, my) = face.points
    x, y, w, h = face.box
    assert x < rx < nx < lx < x + w
    assert y < max(ry, ly) < ny < my < y + h
    assert rx < mx < lx


@pytest.mark.parametrize("turn", [-30, 25])
def test_the_angle_follows_the_head(detector, photo: Image.Image, turn: int):
    (level,) = detector.detect(np.asarray(photo))
    (turned,) = detector.detect(np.asarray(photo.rotate(-turn, center=(227, 112))))
    assert turned.angle - level.angle == pytest.approx(turn, abs=7)


@pytest.mark.parametrize(
    ("size", "places"),
    [
        ((600, 800), [(300, 100, 0.32)]),
        ((800, 600), [(10, 10, 0.4), (400, 150, 0.8)]),
        ((1920, 1080), [(0, 0, 2.0), (1300, 300, 0.5)]),
        ((3000, 400), [(2500, 0, 0.75)]),
    ],
)
def test_faces_of_all_sizes_are_found_once(detector, photo: Image.Image, size, places):
    image, faces = canvas(photo, size, *places)
    found = detector.detect(image)
    assert len(found) == len(faces)
    assert all(max(iou(face.box, box) for face in found) > 0.6 for box in faces)


def test_a_face_that_fills_the_image_is_found(detector, photo: Image.Image):
    x, y, w, h = FACE
    (face,) = detector.detect(np.asarray(photo.crop((x, y, x + w, y + h))))
    assert iou(face.box, (0, 0, w, h)) > 0.6


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (300, 1), (240, 320)])
def test_where_there_is_no_face_none_is_found(detector, shape: tuple[int, int]):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    for image in (noise, np.zeros_like(noise), noise[:, ::-1]):
        assert detector.detect(image) == []


def test_smaller_faces_are_found_where_they_are_asked_for(photo: Image.Image):
    image, (box,) = canvas(photo, (1000, 700), (600, 200, 0.18))
    assert BlazeFace().detect(image) == []
    (found,) = BlazeFace(min_size=20).detect(image)
    assert iou(found.box, box) > 0.5
    assert BlazeFace(min_size=30).detect(image) == []


def test_less_sure_faces_are_left_out_where_that_is_asked_for(photo: Image.Image):
    assert BlazeFace(min_score=0.99).detect(np.asarray(photo)) == []


def test_known_faces_are_seen_again_where_they_moved_a_little(detector, photo: Image.Image):
    image, faces = canvas(photo, (900, 700), (10, 10, 0.4), (400, 150, 0.8))
    moved = [(x + 0.1 * w, y - 0.05 * h, w, h) for x, y, w, h in faces]
    seen = detector.look(image, moved)
    assert len(seen) == 2
    assert all(iou(a.box, b) > 0.75 for a, b in zip(seen, faces, strict=True))
    assert detector.look(image, [(600, 20, 90, 90)]) == detector.look(image, []) == []


def test_it_can_be_pickled(photo: Image.Image):
    detector = BlazeFace(min_score=0.6, min_size=60)
    again = pickle.loads(pickle.dumps(detector))
    assert (again.min_score, again.min_size) == (0.6, 60)
    image_HWC = np.asarray(photo)
    assert again.detect(image_HWC) == detector.detect(image_HWC)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"min_score": 1.5}, "min_score must be between 0 and 1"), ({"min_size": 0}, "min_size must")],
)
def test_what_makes_no_sense_is_refused(wrong, sentence: str):
    with pytest.raises(ModelError, match=sentence):
        BlazeFace(**wrong)


def test_a_damaged_file_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blazeface, "FILE", tmp_path / "blazeface.onnx")
    (tmp_path / "blazeface.onnx").write_bytes(b"something else")
    (tmp_path / "blazeface.json").write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(ModelError, match="blazeface is damaged"):
        BlazeFace()
