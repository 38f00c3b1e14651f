"""The browser library on WebGPU, where the browser has it, and on WebAssembly where it does not."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from ferlite import EmotionRecognizer
from ferlite.faces.track import iou
from tests.web import test_library as library

SOFTWARE = [
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
]
"""With these, Chromium computes WebGPU's shaders without a graphics processor."""

pytestmark = library.pytestmark


@pytest.fixture(scope="module")
def folder(astronaut: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faces that fill a square: each shape of image costs seconds without a graphics processor."""
    folder = tmp_path_factory.mktemp("images")
    with Image.open(astronaut) as image:
        face = image.crop((145, 35, 305, 195))
        turned = image.rotate(12, Image.Resampling.BICUBIC, center=(225, 115))
    face.save(folder / "face.png")
    ImageOps.mirror(face).save(folder / "mirrored.png")
    turned.crop((150, 30, 310, 190)).save(folder / "turned.png")
    return folder


def read(folder: Path, flags: list[str], loads: list[dict[str, str]]) -> dict[str, Any]:
    images = sorted(path.name for path in folder.iterdir())
    job = {"folder": str(folder), "images": images, "flags": flags, "loads": loads}
    return library.run("backend.mjs", job)


def assert_as_python(folder: Path, model: str, answer: dict[str, Any]) -> None:
    recognizer = EmotionRecognizer(model)
    pairs = []
    for path, found in zip(sorted(folder.iterdir()), answer["faces"], strict=True):
        wanted = [face.to_dict() for face in recognizer.recognize(str(path))]
        both = (sorted(faces, key=lambda face: face["box"]) for faces in (found, wanted))
        pairs += zip(*both, strict=True)
    assert len(pairs) >= 3
    assert min(iou(found["box"], wanted["box"]) for found, wanted in pairs) >= 0.9
    assert max(library.largest_difference(found, wanted) for found, wanted in pairs) <= 0.03


def test_webgpu_answers_as_python(folder):
    loads = [{"backend": "webgpu", "model": "ferlite_s"}, {"backend": "auto"}]
    answer = read(folder, SOFTWARE, loads)
    if not answer["adapter"]:
        pytest.skip("this Chromium has no WebGPU")
    webgpu, auto = answer["answers"]
    assert webgpu["backend"] == "webgpu", webgpu
    assert_as_python(folder, "ferlite_s", webgpu)
    (runtime,) = (path for path in webgpu["requests"] if path.endswith(".wasm"))
    assert runtime.startswith("/dist/webgpu/ort-")
    assert auto["backend"] == "wasm"  # quicker than WebGPU without a graphics processor
    assert answer["problems"] == []


def test_without_webgpu_webassembly_takes_its_place_where_that_was_asked_for(folder):
    backends = "auto", "webgpu", "gpu"
    answer = read(folder, [], [{"backend": backend} for backend in backends])
    assert not answer["adapter"]
    auto, webgpu, gpu = answer["answers"]
    assert auto["backend"] == "wasm"
    assert_as_python(folder, "ferlite_s_int8", auto)
    assert webgpu["error"] == (
        'this browser has no WebGPU; with the backend "auto" WebAssembly takes its place'
    )
    assert gpu["error"] == 'backend must be wasm, webgpu or auto, not "gpu"'
    assert not any("/webgpu/" in path for each in answer["answers"] for path in each["requests"])
    assert answer["problems"] == []
