import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from ferlite.bulk import plan
from ferlite.bulk.contents import Content, Contents
from ferlite.bulk.deaths import Deaths
from ferlite.bulk.sources import Sources
from ferlite.bulk.storage import place
from ferlite.bulk.worker import Setting, Worker


class Died(BaseException):
    """Stands for the end of a process."""


def worker(out: Path, model: Path, deaths: Deaths, **options: Any) -> Worker:
    recognizer = {"model": str(model), "detector": "none"}
    return Worker(Setting(recognizer, place(str(out)), Contents(), **options), deaths)


def rows(out: Path) -> list[dict[str, Any]]:
    return pa.concat_tables(map(parquet.read_table, sorted(out.glob("*.parquet")))).to_pylist()


@pytest.fixture
def planned(archive: Path, tmp_path: Path) -> Path:
    plan.write(place(str(tmp_path / "out")), {}, Sources([str(archive)]).items())
    return tmp_path / "out"


def test_a_part_has_a_row_for_each_face_and_each_image_without_one(
    planned: Path, brightness_model: Path
) -> None:
    done = worker(planned, brightness_model, Deaths())({"part": [0]})
    found = rows(planned)
    images = [row for row in found if row["error"] is None]
    assert [(r["member"], r["row"], r["frame"]) for r in images] == [
        (None, None, None), (None, None, None), (None, None, None),
        ("s/0.png", None, None), ("s/1.png", None, None), ("s/2.png", None, None),
        (None, 0, None), (None, 1, None), (None, 2, None), (None, None, 0),
    ]  # fmt: skip
    assert all((r["face"], r["w"], r["h"]) == (0, 24, 24) for r in images[:9])
    bad, empty = (row for row in found if row["error"] is not None)
    assert (Path(bad["image"]).name, bad["error_kind"]) == ("bad.jpg", "unreadable")
    assert (empty["row"], empty["error_kind"], empty["emotion"]) == (3, "missing", None)
    assert done["part"] == [0]
    assert '"images": 12, "faces": 10, "without_face": 0, "unreadable": 2' in done["counts"][0]


def test_chosen_columns_are_all_that_is_written(planned: Path, brightness_model: Path) -> None:
    wanted = ["emotion", "image"]
    worker(planned, brightness_model, Deaths(), columns=wanted)({"part": [0]})
    assert parquet.read_table(plan.result(place(str(planned)), 0).path).column_names == wanted


@pytest.mark.parametrize("step", ["read", "recognize"])
def test_an_image_that_kills_its_workers_becomes_an_error_row(
    planned: Path, brightness_model: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Of the tar its second image kills whoever reads, or recognizes, it."""
    deaths = Deaths()
    deadly = "s/1.png"
    read = Contents.of

    def of(self: Contents, item: Any) -> Any:
        for content in read(self, item):
            if step == "read" and content.origin.member == deadly:
                raise Died
            yield content

    def recognize(self: Worker, content: Content, found: Any) -> None:
        if step == "recognize" and content.origin.member == deadly:
            raise Died
        usual(self, content, found)

    usual = Worker._recognize
    monkeypatch.setattr(Contents, "of", of)
    monkeypatch.setattr(Worker, "_recognize", recognize)
    died = 0
    while not list(planned.glob("*.parquet")):
        try:
            worker(planned, brightness_model, deaths)({"part": [0]})
        except Died:
            died += 1
    assert died == 4  # the first time it was not known over what
    (crashed,) = [row for row in rows(planned) if row["error_kind"] == "crashed"]
    assert "ended the process that read it, again and again" in crashed["error"]
    assert crashed["member"] == (None if step == "read" else deadly)
    members = [row["member"] for row in rows(planned) if row["member"] and not row["error"]]
    assert members == (["s/0.png"] if step == "read" else ["s/0.png", "s/2.png"])


def test_what_is_no_image_s_fault_is_told_in_a_sentence(
    planned: Path, brightness_model: Path
) -> None:
    answer = worker(planned, brightness_model, Deaths(), version="0.0")({"part": [0]})
    assert "has ferlite" in answer["error"][0]
    assert "this one 0.0; install the same everywhere" in answer["error"][0]
    os.mkdir(plan.result(place(str(planned)), 0).path)
    answer = worker(planned, brightness_model, Deaths())({"part": [0]})
    assert "part-0000000.parquet: cannot be written (" in answer["error"][0]
    assert answer["counts"] == [""]
