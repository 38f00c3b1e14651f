from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferlite.errors import ModelError
from ferlite.faces import pnet
from ferlite.faces.pnet import PNet
from ferlite.faces.track import iou

FACE = (165, 50, 125, 125)
"""Of the astronaut."""


def surest(image: Image.Image, smallest: float = 40, largest: float = 300):
    places = PNet()(image, smallest, largest)
    return places[places[:, 0].argmax()]


@pytest.mark.parametrize("scale", [0.35, 0.6, 1.5])
def test_a_face_is_suspected_where_it_is(astronaut: Path, scale: float):
    photo = Image.open(astronaut).convert("RGB")
    small = photo.resize([round(side * scale) for side in photo.size], reducing_gap=2.0)
    image = Image.new("RGB", (900, 800), (120, 130, 140))
    image.paste(small, (70, 20))
    score, *box = surest(image)
    x, y, w, h = (side * scale for side in FACE)
    assert 0.9 < score <= 1
    assert iou(tuple(box), (x + 70, y + 20, w, h)) > 0.4


def test_tiles_see_what_the_whole_would_show(astronaut: Path, monkeypatch: pytest.MonkeyPatch):
    image_HWC = np.asarray(Image.open(astronaut).convert("RGB").resize((301, 263)))
    search = PNet()._search
    tiled = search(image_HWC, 0.5)
    monkeypatch.setattr(pnet, "TILE", 1000)
    whole = search(image_HWC, 0.5)
    assert len(whole) > 3
    found = {tuple(place.round(2)) for place in tiled}
    assert all(tuple(place.round(2)) in found for place in whole)


@pytest.mark.parametrize("size", [(1, 1), (4000, 2), (11, 11), (30, 12)])
def test_where_there_is_no_room_for_a_face_none_is_suspected(size: tuple[int, int]):
    assert PNet()(Image.new("RGB", size), 40, 300).shape == (0, 5)


def test_a_damaged_file_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pnet.onnx").write_bytes(b"something else")
    (tmp_path / "pnet.json").write_text(pnet.FILE.with_suffix(".json").read_text())
    monkeypatch.setattr(pnet, "FILE", tmp_path / "pnet.onnx")
    with pytest.raises(ModelError, match="pnet is damaged"):
        PNet()
