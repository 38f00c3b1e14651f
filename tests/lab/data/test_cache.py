"""The second load comes from a cache that is keyed by content and never trusted when damaged."""

import multiprocessing
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ferlite.lab.data import cache as cache_module
from ferlite.lab.data import fer2013_folders, fer2013_table
from ferlite.lab.data.cache import cached
from ferlite.lab.data.fer2013 import load_fer2013

KEY = "0" * 64


@pytest.fixture
def parses(monkeypatch):
    """Every time a table or folders are really read, a line is added to this list."""
    calls = []
    for module in (fer2013_table, fer2013_folders):
        read = module.read
        monkeypatch.setattr(
            module, "read", lambda source, read=read: calls.append(source) or read(source)
        )
    return calls


@pytest.mark.parametrize("form", ["fer2013.csv", "fer2013.zip", "images"])
def test_the_second_load_does_not_parse_and_gives_the_same(
    make_faces, write_form, tmp_path, parses, form
):
    path = write_form(form, make_faces(), tmp_path)
    first = load_fer2013(path)
    second = load_fer2013(path)
    assert len(parses) == 1
    assert second.sha256 == first.sha256
    assert second.images_NHW.shape == first.images_NHW.shape
    assert (second.name, second.classes) == (first.name, first.classes)


@pytest.mark.parametrize("form", ["fer2013.csv", "images"])
def test_renamed_data_is_found_in_the_cache(make_faces, write_form, tmp_path, parses, form):
    path = write_form(form, make_faces(), tmp_path)
    load_fer2013(path)
    load_fer2013(path.rename(tmp_path / "renamed"))
    assert len(parses) == 1


def test_a_changed_table_of_the_same_name_is_read_anew(make_faces, write_form, tmp_path):
    load_fer2013(write_form("fer2013.csv", make_faces(seed=1), tmp_path))
    changed = make_faces(seed=2)
    assert load_fer2013(write_form("fer2013.csv", changed, tmp_path)).sha256 == changed.sha256


def test_a_picture_moved_to_another_emotion_is_read_anew(make_faces, write_form, tmp_path):
    path = write_form("images", make_faces(rows=1), tmp_path)
    [picture] = path.rglob("*.png")
    labels = []
    for emotion in ("sad", "fear"):
        folder = picture.parent.parent / emotion
        folder.mkdir(exist_ok=True)
        picture = picture.rename(folder / picture.name)
        labels += load_fer2013(path).labels_N.tolist()
    assert labels == [4, 2]


def test_the_cache_lies_in_the_given_folder_or_else_at_home(make_faces, write_form, tmp_path):
    path = write_form("fer2013.csv", make_faces(), tmp_path)
    load_fer2013(path)
    load_fer2013(path, cache=tmp_path / "elsewhere")
    at_home = [file.name for file in (tmp_path / "ferlite-home" / "datasets").iterdir()]
    elsewhere = [file.name for file in (tmp_path / "elsewhere").iterdir()]
    assert at_home == elsewhere
    assert len(at_home) == 1


def test_the_cache_holds_no_pickle(make_faces, tmp_path):
    cached(make_faces, name="made", sha256=KEY, folder=tmp_path)
    with np.load(tmp_path / f"made-{KEY}.npz", allow_pickle=False) as kept:
        assert {array: kept[array].dtype.kind for array in kept.files} == {
            "format": "i",
            "sha256": "U",
            "images": "u",
            "labels": "i",
            "splits": "i",
            "classes": "U",
        }


@pytest.fixture
def filled(make_faces, tmp_path):
    """A cache file with made faces."""
    cached(make_faces, name="made", sha256=KEY, folder=tmp_path)
    return tmp_path / f"made-{KEY}.npz"


def load(folder, build):
    """The dataset, and whether it had to be built."""
    built = []
    dataset = cached(lambda: built.append(1) or build(), name="made", sha256=KEY, folder=folder)
    return dataset, bool(built)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_no_damaged_byte_ever_yields_other_faces(make_faces, filled, place, mask):
    content = filled.read_bytes()
    damaged = bytearray(content)
    damaged[int(place * len(damaged))] ^= mask
    filled.write_bytes(damaged)
    dataset, _ = load(filled.parent, make_faces)
    assert dataset.sha256 == make_faces().sha256
    assert dataset.images_NHW.shape == make_faces().images_NHW.shape
    filled.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:1000] + bytes([content[1000] ^ 1]) + content[1001:],
        lambda content: b"garbage" * 100,
    ],
    ids=["empty", "cut", "one bit", "garbage"],
)
def test_a_damaged_cache_is_rebuilt(make_faces, filled, damage):
    content = filled.read_bytes()
    filled.write_bytes(damage(content))
    dataset, built = load(filled.parent, make_faces)
    assert built
    assert dataset.sha256 == make_faces().sha256
    assert load(filled.parent, make_faces)[1] is False


@pytest.mark.parametrize("other", [cache_module.FORMAT - 1, cache_module.FORMAT + 1])
def test_a_cache_of_another_format_is_rebuilt(make_faces, tmp_path, monkeypatch, other):
    with monkeypatch.context() as patch:
        patch.setattr(cache_module, "FORMAT", other)
        cached(lambda: make_faces(seed=9), name="made", sha256=KEY, folder=tmp_path)
    dataset, built = load(tmp_path, make_faces)
    assert built
    assert dataset.sha256 == make_faces().sha256
    assert load(tmp_path, make_faces)[1] is False


def test_a_cache_that_cannot_be_written_only_warns(make_faces, tmp_path):
    in_the_way = tmp_path / "datasets"
    in_the_way.write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="datasets: the parsed dataset cannot be kept here"):
        dataset, _ = load(in_the_way, make_faces)
    assert dataset.sha256 == make_faces().sha256


def test_what_the_source_raises_is_neither_kept_nor_changed(tmp_path):
    def fail():
        raise RuntimeError("bad source")

    with pytest.raises(RuntimeError, match="bad source"):
        load(tmp_path, fail)
    assert list(tmp_path.iterdir()) == []


def _load_at_the_barrier(path, folder, barrier, hashes):
    warnings.simplefilter("error")
    barrier.wait()
    hashes.put(load_fer2013(path, cache=folder).sha256)


def test_processes_that_fill_the_cache_at_once_all_succeed(make_faces, write_form, tmp_path):
    faces = make_faces(rows=50)
    path = write_form("fer2013.csv", faces, tmp_path)
    context = multiprocessing.get_context("fork")
    barrier, hashes = context.Barrier(4), context.Queue()
    processes = [
        context.Process(
            target=_load_at_the_barrier, args=(path, tmp_path / "cache", barrier, hashes)
        )
        for _ in range(4)
    ]
    for process in processes:
        process.start()
    found = [hashes.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert found == [faces.sha256] * 4
    assert len(list((tmp_path / "cache").iterdir())) == 1
