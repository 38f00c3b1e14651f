"""Results are found by name, wherever they lie."""

from pathlib import Path

import pytest

from ferlite.errors import DataError
from reports.results import RESULTS, place_of, read_results


def test_names_are_unique_across_folders(tmp_path: Path) -> None:
    for folder in ("models", "trials"):
        (tmp_path / folder).mkdir()
    (tmp_path / "trials" / "b.json").write_text('{"name": "b"}')
    (tmp_path / "models" / "c.json").write_text('{"name": "c"}')
    assert list(read_results(tmp_path)) == ["b", "c"]
    (tmp_path / "models" / "b.json").write_text("{}")
    with pytest.raises(DataError, match=r"b\.json: there is another result of this name"):
        read_results(tmp_path)


def test_a_result_keeps_its_place_and_a_new_one_gets_one(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "old.json").write_text("{}")
    assert place_of("old", tmp_path) == tmp_path / "models" / "old.json"
    assert place_of("light_emonet", tmp_path) == tmp_path / "models" / "light_emonet.json"
    assert place_of("new", tmp_path) == tmp_path / "trials" / "new.json"


def test_what_lies_in_results_is_named_as_its_file() -> None:
    results = read_results()
    for path in (*RESULTS.glob("models/*.json"), *RESULTS.glob("trials/*.json")):
        assert results[path.stem]["name"] == path.stem
