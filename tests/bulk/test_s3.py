"""Against a real S3 API: rclone's server on this machine."""

import io
import shutil
from pathlib import Path

import pytest
from pyarrow import parquet

from ferlite.bulk import storage
from ferlite.bulk.job import Job, run
from ferlite.bulk.sources import Sources
from ferlite.bulk.storage import place
from ferlite.errors import FerliteError
from tests.bulk.conftest import gray_image


@pytest.fixture
def bucket(s3: Path) -> Path:
    """A bucket named photos, and an empty one named results."""
    for name in ("photos", "results"):
        shutil.rmtree(s3 / name, ignore_errors=True)
        (s3 / name).mkdir()
    storage._file_system.cache_clear()
    return s3 / "photos"


def test_a_bucket_is_read_and_results_go_into_another(
    bucket: Path, archive: Path, brightness_model: Path, ray_here: None
) -> None:
    shutil.copytree(archive, bucket / "2024")
    recognizer = {"model": str(brightness_model), "detector": "none"}
    sources = Sources(["s3://photos/2024", "s3://photos/2024/*.png"])
    job = Job(sources, place("s3://results/2024"), recognizer)
    summary = run(job, {}, begun=lambda *_: lambda *_: None)
    assert summary is not None
    assert {**summary["errors"], "images": summary["images"]} == {
        "unreadable": 1, "missing": 1, "images": 15,
    }  # fmt: skip
    results = place("s3://results/2024")
    assert [info.base_name for info in storage.listed(results)] == [
        "plan.arrow", "_summary.json", "part-0000000.parquet", "part-0000001.parquet",
    ]  # fmt: skip
    file = io.BytesIO(storage.read(results / "part-0000000.parquet"))
    rows = parquet.read_table(file).to_pylist()
    assert rows[0]["image"] == "s3://photos/2024/0.png"
    assert {row["image"] for row in rows if row["frame"] == 0} == {"s3://photos/2024/video.mp4"}
    (bad,) = [row for row in rows if row["error_kind"] == "unreadable"]
    assert bad["error"].startswith("s3://photos/2024/bad.jpg: is not an image")
    assert run(job, {}, begun=lambda *_: lambda *_: None) is not None  # all is there


def test_what_is_wrong_with_a_bucket_is_one_sentence(
    bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gray_image(bucket / "a.png", 0)

    def said(address: str) -> str:
        storage._file_system.cache_clear()
        with pytest.raises(FerliteError) as refused:
            list(Sources([address]).items())
        return str(refused.value)

    assert said("s3://photos/none/*.jpg") == "s3://photos/none/*.jpg: no file matches this"
    assert said("s3://photos/b.png") == "s3://photos/b.png: there is no such file or folder"
    assert said("s3://nowhere/*") == "s3://nowhere: there is no such bucket; check its name"
    with monkeypatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "guessed")
        assert said("s3://photos/*") == ("s3://photos/*: may not be listed; check your credentials")
        with pytest.raises(FerliteError, match=r"photos/x: may not be written; check your cred"):
            storage.write_whole(place("s3://photos/x"), b"1")
    monkeypatch.setattr("ferlite.bulk.storage.TRIES", 1)
    assert said("s3://photos/*?endpoint_override=127.0.0.1:9&scheme=http") == (
        "s3://photos/*: the store does not answer; check the network and the endpoint"
    )
