from itertools import pairwise
from pathlib import Path

import pytest

from ferlite.bulk import plan
from ferlite.bulk.sources import Item
from ferlite.bulk.storage import place
from ferlite.errors import OutputError


def images(count: int) -> list[Item]:
    return [Item("image", "s3://photos", f"{i:05}.jpg") for i in range(count)]


def test_parts_grow_with_the_number_of_images_and_keep_their_order() -> None:
    parts = list(plan.parts_of(iter(images(50_000))))
    assert [item for part in parts for item in part] == images(50_000)
    sizes = [len(part) for part in parts[:-1]]
    assert sizes[0] == plan.SMALLEST
    assert sizes[-1] == plan.LARGEST
    assert all(a <= b for a, b in pairwise(sizes))


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    out = place(str(tmp_path / "out"))
    assert not plan.exists(out)
    plan.write(out, {"limit": None}, iter(images(100)))
    assert plan.exists(out)
    found = plan.Plan(out)
    assert found.job == {"limit": None}
    assert found.weights.tolist() == [32, 32, 32, 4]
    assert plan.part(out, 3) == images(100)[96:]
    assert found.done() == set()
    Path(plan.result(out, 2).path).write_bytes(b"")
    assert found.done() == {2}


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("important")
    with pytest.raises(OutputError, match="holds other files already"):
        plan.exists(place(str(tmp_path)))
