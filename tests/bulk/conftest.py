"""Ray on this machine, once for all tests; and files of every kind to label."""

import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from tests.s3 import serving


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose folders are buckets of an S3 server."""
    folder = tmp_path_factory.mktemp("s3")
    with serving(folder, tmp_path_factory.mktemp("cache")):
        yield folder


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
