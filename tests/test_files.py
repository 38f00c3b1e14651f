from pathlib import Path

import pytest

from ferlite.files import home, written_whole


def test_a_file_appears_with_its_content_and_nothing_is_left_beside_it(tmp_path: Path):
    target = tmp_path / "new" / "folder" / "a.txt"
    with written_whole(target) as part:
        part.write_text("all of it")
        assert not target.exists()
    assert target.read_text() == "all of it"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_an_interrupted_write_leaves_the_old_file_as_it_was(
    tmp_path: Path, failure: type[BaseException]
):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail() -> None:
        with written_whole(target) as part:
            part.write_text("half")
            raise failure

    with pytest.raises(failure):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_name_to_write_to_has_the_same_suffix(tmp_path: Path):
    with written_whole(tmp_path / "a.b.png") as part:
        assert part.suffix == ".png"
        part.touch()


def test_home_is_where_ferlite_home_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path))
    assert home() == tmp_path


def test_home_is_in_the_cache_folder_otherwise(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("FERLITE_HOME")
    assert home().name == "ferlite"
