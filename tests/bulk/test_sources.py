import tarfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from ferlite.bulk.sources import Sources, limited
from ferlite.bulk.storage import place
from ferlite.errors import DataError
from tests.bulk.conftest import gray_image


def names(*arguments: str, **options: object) -> list[str]:
    found = Sources(list(map(str, arguments)), **options).items()  # type: ignore[arg-type]
    return [f"{item.kind} {Path(item.path).name} {item.start}-{item.stop}" for item in found]


def test_a_folder_is_read_in_order_without_hidden_files(archive: Path) -> None:
    sources = Sources([str(archive)])
    found = [(item.kind, Path(item.path).name, item.start, item.stop) for item in sources.items()]
    assert found == [
        ("image", "0.png", 0, -1),
        ("image", "1.png", 0, -1),
        ("image", "2.png", 0, -1),
        ("image", "bad.jpg", 0, -1),
        ("tar", "shard.tar", 0, -1),
        ("parquet", "table.parquet", 0, 3),
        ("parquet", "table.parquet", 3, 4),
        ("video", "video.mp4", 0, -1),
    ]
    assert sources.left_out == {"other": 1}


def test_globs_stay_in_a_folder_unless_they_have_two_stars(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "a/2.png", "a/b/3.jpg", "a/hash", "[x]/4.jpg"):
        gray_image(tmp_path / f"{name}.png", 0).rename(tmp_path / name)
    assert names(f"{tmp_path}/a/*.jpg") == ["image 1.jpg 0--1"]
    assert names(f"{tmp_path}/a/**/*.jpg") == ["image 1.jpg 0--1", "image 3.jpg 0--1"]
    assert names(f"{tmp_path}/a/[!12]*") == ["image hash 0--1"]  # whatever it is called
    assert names(f"{tmp_path}/[x]/4.jpg") == ["image 4.jpg 0--1"]  # a name, not a pattern
    assert names(f"{tmp_path}/a/1.jpg", f"{tmp_path}/a/1.jpg") == ["image 1.jpg 0--1"]


def test_what_names_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="this folder has no images"):
        names(f"{tmp_path}/empty")
    with pytest.raises(DataError, match=r"empty/\*\.jpg: no file matches this"):
        names(f"{tmp_path}/empty/*.jpg")
    with pytest.raises(DataError, match="there is no such file or folder"):
        names(f"{tmp_path}/none.jpg")
    parquet.write_table(pa.table({"id": [1]}), tmp_path / "ids.parquet")
    with pytest.raises(DataError, match="has no column of images"):
        names(f"{tmp_path}/ids.parquet")
    assert names(str(tmp_path)) == ["parquet ids.parquet 0--1"]  # its row will say so


def test_results_among_the_sources_are_not_read(tmp_path: Path) -> None:
    gray_image(tmp_path / "1.png", 0)
    gray_image(tmp_path / "out" / "2.png", 0)
    gray_image(tmp_path / "outer" / "3.png", 0)
    found = names(str(tmp_path), skip=place(str(tmp_path / "out")))
    assert found == ["image 1.png 0--1", "image 3.png 0--1"]


def test_a_limit_counts_images_in_tables_and_tars(archive: Path) -> None:
    def first(most: int) -> list[tuple[str, int, int]]:
        items = limited(Sources([str(archive)]).items(), most)
        return [(item.kind, item.start, item.stop) for item in items][4:]

    assert first(4) == []
    assert first(6) == [("tar", 0, 2)]
    assert first(9) == [("tar", 0, 3), ("parquet", 0, 2)]
    with tarfile.open(archive / "shard.tar") as tar:
        assert len(tar.getmembers()) == 6  # of which three are images
