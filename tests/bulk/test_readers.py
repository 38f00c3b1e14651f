"""Results are read by others without help."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ferlite.bulk import plan
from ferlite.bulk.contents import Contents
from ferlite.bulk.deaths import Deaths
from ferlite.bulk.sources import Sources
from ferlite.bulk.storage import place
from ferlite.bulk.worker import Setting, Worker


@pytest.fixture
def results(grays: Callable[..., Path], brightness_model: Path, tmp_path: Path) -> Path:
    """The results of 40 images, in two parts, one of them without any face."""
    folder, out = grays(40), place(str(tmp_path / "out"))
    plan.write(out, {}, Sources([str(folder)]).items())
    for detector, part in (("none", 0), ("blazeface", 1)):
        recognizer = {"model": str(brightness_model), "detector": detector}
        Worker(Setting(recognizer, out, Contents()), Deaths())({"part": [part]})
    (Path(out.path) / "_summary.json").write_text("{}")
    return Path(out.path)


def test_duckdb_reads_them(results: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    found = duckdb.sql(f"select count(*), count(emotion) from '{results}/*.parquet'").fetchall()
    assert found == [(40, 32)]


def test_pandas_reads_them(results: Path) -> None:
    faces = pd.read_parquet(results)
    assert (len(faces), int(faces["emotion"].notna().sum())) == (40, 32)


def test_spark_reads_them(results: Path) -> None:
    sql = pytest.importorskip("pyspark.sql")
    spark = sql.SparkSession.builder.master("local[1]").getOrCreate()
    try:
        faces = spark.read.parquet(str(results))
        assert (faces.count(), faces.where("emotion is not null").count()) == (40, 32)
    finally:
        spark.stop()
