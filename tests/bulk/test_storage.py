from pathlib import Path

import pytest

from ferlite.bulk import storage
from ferlite.bulk.storage import place
from ferlite.errors import FerliteError


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://key:secret@photos/a", "keep names and passwords out of addresses"),
        ("https://example.org/a.jpg", "an address of the web"),
        ("ftp://example.org/a.jpg", "give a path, or an address of s3"),
        ("s3:///a", "names no bucket"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(address: str, said: str) -> None:
    with pytest.raises(FerliteError, match=said) as refused:
        place(address)
    assert "secret" not in str(refused.value)


def test_a_place_is_named_without_its_options() -> None:
    where = place("s3://photos/2024/a b?.jpg?endpoint_override=localhost:9000&scheme=http")
    assert (where.path, where.name) == ("2024/a b?.jpg", "s3://photos/2024/a b?.jpg")
    assert place("abfss://box@account.dfs.core.windows.net/a").path == "a"
    assert place("file:///tmp/a.jpg").name == "/tmp/a.jpg"


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = place(str(tmp_path / "new" / "a.bin"))
    storage.write_whole(where, b"first")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ferlite.bulk.storage.os.fsync", full)
        with pytest.raises(FerliteError, match=r"a.bin: cannot be written \(No space left"):
            storage.write_whole(where, b"second")
    assert storage.read(where) == b"first"
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.bin"]


def test_what_writers_left_that_died_is_removed(tmp_path: Path) -> None:
    (tmp_path / "_part-0000001.parquet.77.part").write_bytes(b"half")
    (tmp_path / "part-0000001.parquet").write_bytes(b"whole")
    storage.remove_leftovers(place(str(tmp_path)))
    assert [file.name for file in tmp_path.iterdir()] == ["part-0000001.parquet"]


def test_a_store_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("ferlite.bulk.storage.time.sleep", waited.append)
    answers = iter([OSError("AWS Error SLOW_DOWN during GetObject"), None])

    def ask() -> str:
        if (error := next(answers)) is not None:
            raise error
        return "here"

    assert storage.patiently(ask) == "here"
    assert waited == [1]
    with pytest.raises(FileNotFoundError):  # to ask again would not help
        storage.patiently(lambda: storage.read(place("/no/such/file")))
    assert len(waited) == 1
