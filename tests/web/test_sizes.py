"""What has to be fetched before a page reads faces, and how large the package is."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
DIST = WEB / "dist"
OTHERS = ("models/ferlite_s", "models/ferlite_xs", "webgpu/", "types/", "licenses.txt")
"""What the page does not load at first; the library's own file it has in it."""

pytestmark = pytest.mark.skipif(
    not (DIST / "index.html").is_file() or shutil.which("npm") is None,
    reason="needs the page ('make web') and npm",
)


def fetched(path: Path) -> int:
    """The bytes that are sent of a file: with Brotli where it lies there compressed."""
    compressed = path.with_name(path.name + ".br")
    return (compressed if compressed.exists() else path).stat().st_size


def test_the_page_fits_into_six_megabytes():
    paths = [
        path
        for path in DIST.rglob("*")
        if path.is_file()
        and path.suffix not in (".br", ".gz")
        and not path.relative_to(DIST).as_posix().startswith(OTHERS)
    ]
    assert {"index.html", "ferlite_m.onnx", "blazeface.onnx"} <= {path.name for path in paths}
    assert any(path.suffix == ".wasm" for path in paths)
    assert 4_000_000 < sum(map(fetched, paths)) <= 6_000_000


def test_the_package_without_the_runtime_fits_into_one_and_a_half_megabytes():
    packed = subprocess.run(
        ["npm", "pack", "--dry-run", "--json"], cwd=WEB, capture_output=True, text=True, check=True
    )
    (package,) = json.loads(packed.stdout)
    paths = [WEB / file["path"] for file in package["files"]]
    runtime = [path for path in paths if path.name.startswith("ort-")]
    assert {path.suffix for path in runtime} == {".wasm", ".mjs"}
    names = {path.name for path in paths}
    assert {"ferlite-web.js", "index.d.ts", "ferlite_s_int8.onnx", "licenses.txt"} <= names
    own = sum(fetched(path) for path in paths if path not in runtime)
    assert 500_000 < own <= 1_500_000
