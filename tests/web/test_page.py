"""The page in Debian's Chromium: web/tests/page.test.mjs, on the server that users have."""

import csv
import os
import shutil
import socket
import subprocess
import threading
from html import unescape
from pathlib import Path

import av
import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette

from ferlite.emotions import EMOTIONS
from ferlite.faces import rows
from ferlite.faces.face import COLUMNS
from ferlite.serve.page import HEADERS, routes

ROOT = Path(__file__).parents[2]
DIST = ROOT / "web" / "dist"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

pytestmark = pytest.mark.skipif(
    not (DIST / "index.html").is_file() or not Path(CHROMIUM).is_file() or not shutil.which("node"),
    reason="needs the page ('make web'), Node and Chromium",
)


def write_video(path: Path, codec: str, pixels: str, shots: list[Image.Image]) -> None:
    with av.open(path, "w", format="mjpeg" if path.suffix == ".mjpeg" else None) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *shots[0].size, pixels
        for shot in shots:
            container.mux(stream.encode(av.VideoFrame.from_image(shot)))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    photo = Image.open(ROOT / "examples" / "astronaut.jpg")
    two = Image.new("RGB", (1024, 512))
    two.paste(photo, (0, 0))
    two.paste(photo, (512, 0))
    two.save(folder / "two, of one.jpg")
    Image.new("RGB", (200, 150), "green").save(folder / "none.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff" + bytes(range(256)) * 8)
    (folder / "notes.txt").write_text("no image")
    (folder / "odd.avi").write_bytes(b"RIFF    AVI LIST" + bytes(5000))
    shots = []
    for i in range(30):
        shot = Image.new("RGB", (512, 384))
        shot.paste(photo, (i - 15, 0))
        shots.append(shot)
    write_video(folder / "video.mp4", "libx264", "yuv420p", shots)
    write_video(folder / "camera.mjpeg", "mjpeg", "yuvj420p", shots)
    return folder


@pytest.fixture(scope="module")
def address():
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=list(routes(DIST)))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(20)


def test_the_page_in_a_browser(media, address, tmp_path):
    done = subprocess.run(
        ["node", "--test", "web/tests/page.test.mjs"],
        cwd=ROOT,
        env={**os.environ, "PAGE": address, "MEDIA": str(media), "DIST": str(DIST),
             "TABLES": str(tmp_path), "CHROMIUM": CHROMIUM},
        capture_output=True,
        text=True,
        timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

    def table(name: str) -> list[list[str]]:
        return list(csv.reader((tmp_path / name).read_text().splitlines()))

    # As `ferlite predict --csv` and `ferlite video --csv` have it.
    header, *images = table("photos.csv")
    assert header == ["image", *COLUMNS, "error"]
    assert [row[0] for row in images] == [
        *["two, of one.jpg"] * 2, "none.png", "broken.jpg", "notes.txt"
    ]  # fmt: skip
    assert [bool(row[-1]) for row in images] == [False, False, False, True, True]
    for name in ("video.csv", "camera.csv"):
        header, *frames = table(name)
        assert header == rows.columns(EMOTIONS, several=False)
        assert {len(row) for row in frames} == {len(header)}
        raw = [float(value) for value in frames[0][-7:]]
        assert sum(raw) == pytest.approx(1, abs=1e-4)


def test_the_policy_in_the_page_is_the_servers():
    html = unescape((DIST / "index.html").read_text())
    policy = HEADERS["content-security-policy"].removesuffix("; frame-ancestors 'none'")
    assert f'content="{policy}"' in html
