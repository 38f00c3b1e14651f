"""Ray on this machine, once for all tests; and files of every kind to label."""

import os
import shutil
import socket
import subprocess
import sysconfig
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

RCLONE = shutil.which("rclone", path=os.pathsep.join([sysconfig.get_path("scripts"), os.defpath]))


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An S3 server on this machine, rclone's, with a key for it in the environment.

    A folder in this one is a bucket.
    """
    if RCLONE is None:
        pytest.skip("rclone is not installed")
    folder = tmp_path_factory.mktemp("s3")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(RCLONE, "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}"),
            *("--auth-key", "ferlite,secret", "--dir-cache-time", "0s"),
            *("--vfs-cache-mode", "writes", "--vfs-write-back", "0s"),
            *("--cache-dir", str(tmp_path_factory.mktemp("cache"))),
        ],
        stderr=subprocess.DEVNULL,
    )
    patch = pytest.MonkeyPatch()
    patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    patch.setenv("AWS_ACCESS_KEY_ID", "ferlite")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    try:
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield folder
    finally:
        patch.undo()
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def ray_here(s3: Path) -> Iterator[None]:
    """Ray on this machine; its processes know the key of the S3 server."""
    from ferlite.bulk.cluster import connected

    with pytest.MonkeyPatch.context() as patch:
        # By default Ray's workers give way to everything else, which on a busy machine takes long.
        patch.setenv("RAY_worker_niceness", "0")
        with connected(None):
            yield


def gray_image(path: Path, gray: int) -> Path:
    """A small image of one gray, which the brightness network reads as an emotion."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((24, 24), gray, np.uint8)).save(path)
    return path


@pytest.fixture
def grays(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of so many images, each of another gray."""

    def make(count: int, name: str = "photos") -> Path:
        for i in range(count):
            gray_image(tmp_path / name / f"{i:04}.png", 7 * i % 256)
        return tmp_path / name

    return make


@pytest.fixture
def archive(tmp_path: Path, two_people: Path) -> Path:
    """A folder with one of everything: images, a Parquet file, a tar, a video, and bad files."""
    folder = tmp_path / "archive"
    for i in range(3):
        gray_image(folder / f"{i}.png", 40 * i)
    (folder / ".hidden").mkdir()
    gray_image(folder / ".hidden" / "no.png", 0)
    (folder / "notes.txt").write_text("nothing to read")
    (folder / "bad.jpg").write_text("no image")
    data = [(folder / f"{i}.png").read_bytes() for i in range(3)]
    table = pa.table({"id": [1, 2, 3, 4], "png": [*data, None]})
    parquet.write_table(table, folder / "table.parquet", row_group_size=3)
    with tarfile.open(folder / "shard.tar", "w") as tar:
        for i in range(3):
            tar.add(folder / f"{i}.png", f"s/{i}.png")
            tar.add(folder / "notes.txt", f"s/{i}.txt")
    shutil.copy(two_people, folder / "video.mp4")
    return folder
