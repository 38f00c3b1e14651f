from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from ferlite.bulk.contents import Content, Contents, failed
from ferlite.bulk.rows import Origin
from ferlite.bulk.sources import Item, Sources
from ferlite.bulk.storage import place


def read(path: Path, **options: Any) -> list[Content]:
    contents = Contents(**options)
    return [each for item in Sources([str(path)]).items() for each in contents.of(item)]


def test_every_kind_of_file_tells_where_its_images_come_from(archive: Path) -> None:
    assert [c.origin.member for c in read(archive / "shard.tar")] == [
        "s/0.png", "s/1.png", "s/2.png",
    ]  # fmt: skip
    rows = read(archive / "table.parquet")
    assert [c.origin.row for c in rows] == [0, 1, 2, 3]
    assert (rows[3].error, rows[3].kind) == (f"{archive}/table.parquet: row 3: is empty", "missing")
    frames = read(archive / "video.mp4", fps=5)  # 0.8 seconds
    assert [(c.origin.frame, c.origin.time) for c in frames] == [
        (0, 0.0), (1, 0.2), (2, 0.4), (3, 0.6),
    ]  # fmt: skip


def test_paths_in_a_table_lead_from_its_folder(archive: Path) -> None:
    paths = ["1.png", str(archive / "2.png"), "none.png"]
    parquet.write_table(pa.table({"path": paths}), archive / "paths.parquet")
    images = [content.image for content in read(archive / "paths.parquet")]
    assert images == [str(archive / each) for each in ("1.png", "2.png", "none.png")]


def test_a_bad_file_is_told_in_place_of_its_images(archive: Path) -> None:
    for name, kind, said in (
        ("shard.tar", "tar", "is no tar, or breaks off"),
        ("table.parquet", "parquet", "is no Parquet file, or is damaged"),
        ("video.mp4", "video", "is no video that ferlite can read"),
    ):
        (archive / name).write_bytes(b"nothing " * 100)
        (content,) = Contents().of(Item(kind, "", str(archive / name), stop=1))
        assert content.error is not None
        assert content.error.startswith(f"{archive}/{name}: {said}")
        assert content.kind == "unreadable"


def test_a_sample_is_a_share_and_always_the_same() -> None:
    names = [f"s3://photos/{i}.jpg" for i in range(2000)]
    some = [name for name in names if Contents(sample=0.1).takes(name)]
    assert 150 < len(some) < 250
    assert set(some) < {name for name in names if Contents(sample=0.3).takes(name)}


def test_a_store_that_fails_is_not_held_against_its_files() -> None:
    where = place("s3://photos/a.jpg")
    gone = failed(Origin("a"), where, FileNotFoundError(2, "no such file"))
    assert (gone.kind, gone.error) == (
        "missing", "s3://photos/a.jpg: there is no such file or folder",
    )  # fmt: skip
    with pytest.raises(OSError, match="SLOW_DOWN"):
        failed(Origin("a"), where, OSError("AWS Error SLOW_DOWN"))
