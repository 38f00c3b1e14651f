import io
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from ferlite.bulk import tables
from ferlite.bulk.storage import place
from ferlite.errors import DataError

HUGGING_FACE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


@pytest.mark.parametrize(
    ("columns", "wanted", "found"),
    [
        ({"id": pa.int64(), "jpg": pa.binary()}, None, "jpg"),
        ({"image": HUGGING_FACE, "label": pa.int64()}, None, "image"),
        ({"URL": pa.string(), "text": pa.string()}, None, "URL"),
        ({"a": pa.binary(), "b": pa.large_binary()}, "b", "b"),
        ({"a": pa.binary(), "b": pa.binary()}, None, "which column holds the images, a or b"),
        ({"text": pa.string()}, None, "has no column of images"),
        ({"text": pa.string()}, "jpg", "has no column jpg; it has text"),
        ({"id": pa.int64()}, "id", "its column id holds neither bytes nor paths"),
    ],
)
def test_the_column_of_images_is_found_or_asked_for(
    columns: dict[str, pa.DataType], wanted: str | None, found: str
) -> None:
    schema = pa.schema(list(columns.items()))
    if found in columns:
        assert tables.image_column(schema, wanted, "a.parquet") == found
    else:
        with pytest.raises(DataError, match=found):
            tables.image_column(schema, wanted, "a.parquet")


def test_rows_are_read_across_row_groups(tmp_path: Path) -> None:
    data = [bytes([i]) for i in range(50)]
    parquet.write_table(pa.table({"jpg": data}), tmp_path / "a.parquet", row_group_size=20)
    where = place(str(tmp_path / "a.parquet"))
    assert tables.groups(where, None) == [(0, 20), (20, 40), (40, 50)]
    assert list(tables.rows(where, None, 18, 42)) == [(i, data[i]) for i in range(18, 42)]


def test_a_table_of_structs_gives_bytes_or_else_paths(tmp_path: Path) -> None:
    rows = [{"bytes": b"1", "path": "1.jpg"}, {"bytes": None, "path": "2.jpg"}, None]
    parquet.write_table(pa.table({"image": pa.array(rows, HUGGING_FACE)}), tmp_path / "a.parquet")
    found = tables.rows(place(str(tmp_path / "a.parquet")), None, 0, 3)
    assert list(found) == [(0, b"1"), (1, "2.jpg"), (2, None)]


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
def test_a_tar_that_breaks_off_gives_what_it_has(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    with tarfile.open(path, f"w:{suffix[4:]}") as tar:
        for name in ("1.jpg", "1.txt", "2.jpg", "3.jpg"):
            info = tarfile.TarInfo(name)
            info.size = 2000
            tar.addfile(info, io.BytesIO(bytes(range(200)) * 10))
    where = place(str(path))
    assert [name for name, _ in tables.in_tar(where, -1)] == ["1.jpg", "2.jpg", "3.jpg"]
    assert tables.members(where, 2) == 2
    if suffix == "tar":
        path.write_bytes(path.read_bytes()[:6000])
        found = tables.in_tar(where, -1)
        assert next(found)[0] == "1.jpg"
    else:
        path.write_bytes(b"no tar at all")
        found = tables.in_tar(where, -1)
    with pytest.raises(DataError, match=r"a\.tar.*: is no tar, or breaks off"):
        list(found)
