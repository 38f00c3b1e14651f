import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from ferlite.bulk.contents import Contents
from ferlite.bulk.job import Job, run
from ferlite.bulk.sources import Sources
from ferlite.bulk.storage import place
from ferlite.errors import FerliteError, OutputError

MODEL = {"name": "brightness", "sha256": "1" * 64}


@pytest.fixture
def job(grays: Callable[..., Path], tmp_path: Path, brightness_model: Path) -> Job:
    recognizer = {"model": str(brightness_model), "detector": "none"}
    return Job(Sources([str(grays(150))]), place(str(tmp_path / "out")), recognizer)


def done(job: Job, **options: Any) -> tuple[dict[str, Any] | None, list[int]]:
    """The summary of a run, and which parts it did."""
    parts: list[int] = []

    def begun(_: Any, missing: list[int]) -> Callable[..., None]:
        parts.extend(missing)
        return lambda *_: None

    return run(job, MODEL, begun=begun, **options), parts


def table(job: Job) -> pa.Table:
    files = sorted(Path(job.destination.path).glob("part-*.parquet"))
    return pa.concat_tables(map(parquet.read_table, files))


def test_a_job_that_was_stopped_makes_the_table_of_one_that_was_not(
    job: Job, ray_here: None
) -> None:
    summary, parts = done(job)
    assert parts == [0, 1, 2, 3, 4]
    assert summary is not None
    assert (summary["images"], summary["faces"], summary["unreadable"]) == (150, 150, 0)
    folder = Path(job.destination.path)
    assert json.loads((folder / "_summary.json").read_text()) == summary
    assert summary["versions"].keys() > {"ferlite", "ray", "onnxruntime"}
    whole = table(job)
    assert [Path(name).name for name in whole["image"].to_pylist()] == [
        f"{i:04}.png" for i in range(150)
    ]

    (folder / "_summary.json").unlink()
    for part in (1, 4):
        (folder / f"part-000000{part}.parquet").unlink()
    (folder / "_part-0000001.parquet.7.part").write_bytes(b"half a file")
    again, parts = done(job)
    assert parts == [1, 4]
    assert table(job).equals(whole)
    assert again is not None
    assert {**again, "seconds_of_the_last_run": 0} == {**summary, "seconds_of_the_last_run": 0}
    assert sorted(file.name for file in folder.iterdir())[:3] == [
        "_ferlite", "_summary.json", "part-0000000.parquet",
    ]  # fmt: skip
    written = (folder / "_summary.json").read_text()
    assert done(job) == ({**again, "seconds_of_the_last_run": 0.0}, [])  # nothing left to do
    assert (folder / "_summary.json").read_text() == written

    for other, model, said in (
        (replace(job, limit=3), MODEL, "without --limit, not with --limit 3"),
        (replace(job, contents=Contents(sample=0.5)), MODEL, "--sample 1.0, not with --sample 0.5"),
        (job, {**MODEL, "name": "ferlite_s"}, "with brightness, not with ferlite_s"),
        (job, {**MODEL, "sha256": "0" * 64}, f"checksum {'1' * 8}, not with .* {'0' * 8}; give"),
        (replace(job, recognizer={**job.recognizer, "min_size": 9}), MODEL, "not with --min-size"),
    ):
        with pytest.raises(OutputError, match=f"/out: its results were made .*{said}"):
            other.planned(model)


def test_shares_make_one_table_together(job: Job, ray_here: None, tmp_path: Path) -> None:
    job = replace(job, limit=70)
    assert done(job, shard=(2, 2)) == (None, [1])
    summary, parts = done(job, shard=(1, 2))
    assert parts == [0, 2]
    assert summary is not None
    assert summary["images"] == table(job).num_rows == 70


def test_a_part_that_cannot_be_written_is_missing_until_it_can(job: Job, ray_here: None) -> None:
    job.planned(MODEL)
    obstacle = Path(job.destination.path) / "part-0000002.parquet"
    obstacle.mkdir()
    said = r"^\S+part-0000002.parquet: cannot be written \(Is a .*; the same command goes on"
    with pytest.raises(FerliteError, match=said):
        done(job)
    obstacle.rmdir()
    summary, parts = done(job)
    assert parts == [2]
    assert summary is not None
    assert summary["images"] == 150
