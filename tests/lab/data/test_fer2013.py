"""FER2013 is the same dataset in whatever form it comes."""

import gzip
import lzma
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite.errors import FerliteError
from ferlite.lab.data.fer2013 import load_fer2013

LOSSLESS = [
    "fer2013.csv",
    "fer2013.csv.xz",
    "fer2013.csv.gz",
    "fer2013.zip",
    "icml_face_data.csv",
    "images",
]
TABLES = LOSSLESS[:-1]


def rows(faces):
    """What a dataset says, whatever the order of its rows."""
    return sorted(
        zip(
            (image.tobytes() for image in faces.images_NHW),
            faces.labels_N.tolist(),
            faces.splits_N.tolist(),
            strict=True,
        )
    )


@pytest.mark.parametrize("form", LOSSLESS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 4))
def test_any_images_come_back_as_they_were(make_faces, write_form, form, seed, count):
    faces = make_faces(seed, count)
    with tempfile.TemporaryDirectory() as folder:
        path = write_form(form, faces, Path(folder))
        assert rows(load_fer2013(path, cache=Path(folder) / "cache")) == rows(faces)


@pytest.mark.parametrize("form", TABLES)
def test_a_table_keeps_the_order_of_its_rows(make_faces, write_form, tmp_path, form):
    faces = make_faces()
    assert load_fer2013(write_form(form, faces, tmp_path)).sha256 == faces.sha256


@pytest.mark.parametrize("form", LOSSLESS)
def test_the_arrays_are_what_the_docstring_says(make_faces, write_form, tmp_path, form):
    faces = load_fer2013(write_form(form, make_faces(rows=5), tmp_path))
    assert faces.name == "fer2013"
    assert faces.images_NHW.shape == (5, 48, 48)
    assert (faces.images_NHW.dtype, faces.labels_N.dtype, faces.splits_N.dtype) == (
        np.uint8,
        np.int64,
        np.int8,
    )


@pytest.mark.parametrize("form", ["fer2013.csv", "images"])
def test_the_path_may_be_text(make_faces, write_form, tmp_path, form):
    assert len(load_fer2013(str(write_form(form, make_faces(rows=3), tmp_path)))) == 3


@pytest.mark.parametrize("form", TABLES)
def test_the_content_says_the_compression_not_the_name(make_faces, write_form, tmp_path, form):
    faces = make_faces()
    misnamed = write_form(form, faces, tmp_path).rename(tmp_path / "data.bin")
    assert load_fer2013(misnamed).sha256 == faces.sha256


@pytest.mark.parametrize("form", TABLES)
def test_a_folder_stands_for_the_one_table_in_it(make_faces, write_form, tmp_path, form):
    faces = make_faces()
    write_form(form, faces, tmp_path)
    # FER+ votes and the rest of Kaggle's challenge lie beside it and are not FER2013.
    (tmp_path / "fer2013new.csv").write_text("Usage,Image name,neutral,happiness\nTraining,a,4,6\n")
    (tmp_path / "train.csv").write_text("emotion,pixels\n0,1 2 3\n")
    (tmp_path / "broken.csv.xz").write_bytes(b"\xfd7zXZ\0 nonsense")
    (tmp_path / "README.md").write_text("emotion,pixels,Usage\n")
    assert load_fer2013(tmp_path).sha256 == faces.sha256


def test_a_folder_with_two_tables_is_refused_by_their_names(make_faces, write_form, tmp_path):
    write_form("fer2013.csv", make_faces(), tmp_path)
    write_form("fer2013.csv.xz", make_faces(), tmp_path)
    with pytest.raises(FerliteError, match=r"more than once \(fer2013\.csv, fer2013\.csv\.xz\)"):
        load_fer2013(tmp_path)


def test_a_folder_with_a_table_and_images_is_refused(make_faces, write_form, tmp_path):
    path = write_form("images", make_faces(), tmp_path)
    write_form("fer2013.csv", make_faces(), path)
    with pytest.raises(FerliteError, match=r"more than once \(fer2013\.csv, folders of images\)"):
        load_fer2013(path)


def test_a_folder_without_fer2013_is_refused(tmp_path):
    (tmp_path / "fer2013new.csv").write_text("Usage,Image name,neutral,happiness\nTraining,a,4,6\n")
    with pytest.raises(FerliteError, match=r"holds no FER2013"):
        load_fer2013(tmp_path)


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FerliteError, match=r"absent\.csv: cannot be read \(No such file"):
        load_fer2013(tmp_path / "absent.csv")


@pytest.mark.parametrize("form", TABLES)
def test_a_file_cut_anywhere_is_refused_in_one_sentence(make_faces, write_form, tmp_path, form):
    whole = write_form(form, make_faces(rows=3), tmp_path).read_bytes()
    for share in (0.1, 0.3, 0.5, 0.7, 0.9, 0.999):
        cut = tmp_path / f"cut-{share}"
        cut.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(FerliteError) as refusal:
            load_fer2013(cut)
        assert str(refusal.value).startswith(f"{cut}: ")
        assert "\n" not in str(refusal.value)


@settings(max_examples=200, deadline=None)
@given(
    magic=st.sampled_from([b"", b"\xfd7zXZ\0", b"\x1f\x8b\x08", b"PK\x03\x04", b"\xff\xfe"]),
    garbage=st.binary(max_size=300),
)
def test_garbage_is_refused_whatever_it_looks_like(magic, garbage):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fer2013.csv"
        path.write_bytes(magic + garbage)
        with pytest.raises(FerliteError):
            load_fer2013(path, cache=Path(folder) / "cache")


@pytest.mark.parametrize("form", ["fer2013.csv.xz", "fer2013.csv.gz", "fer2013.zip"])
@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_damaged_byte_never_yields_other_faces(make_faces, write_form, form, place, mask):
    faces = make_faces(rows=2)
    with tempfile.TemporaryDirectory() as folder:
        path = write_form(form, faces, Path(folder))
        content = bytearray(path.read_bytes())
        content[int(place * len(content))] ^= mask
        path.write_bytes(content)
        try:
            loaded = load_fer2013(path, cache=Path(folder) / "cache")
        except FerliteError:
            return
        assert loaded.sha256 == faces.sha256  # the byte was one of a date or a name


@pytest.mark.parametrize("compress", [lzma.compress, gzip.compress])
def test_an_endless_line_is_refused_without_keeping_it_all(tmp_path, compress):
    path = tmp_path / "bomb.csv"
    path.write_bytes(compress(bytes(50_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(FerliteError, match="first line does not name the columns"):
            load_fer2013(path)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_zip_may_hold_other_files_but_one_table(make_faces, write_form, tmp_path):
    csv = write_form("fer2013.csv", make_faces(), tmp_path).read_bytes()
    with zipfile.ZipFile(tmp_path / "challenge.zip", "w") as archive:
        archive.writestr("train.csv", "emotion,pixels\n0,1 2 3\n")
        archive.writestr("a/fer2013.csv", csv)
    assert load_fer2013(tmp_path / "challenge.zip").sha256 == make_faces().sha256
    with zipfile.ZipFile(tmp_path / "challenge.zip", "a") as archive:
        archive.writestr("b/fer2013.csv", csv)
    with pytest.raises(FerliteError, match=r"\(a/fer2013\.csv, b/fer2013\.csv\); unpack one"):
        load_fer2013(tmp_path / "challenge.zip")


def test_a_zip_of_images_is_refused_with_what_to_do(tmp_path):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("train/happy/Training_1.jpg", b"\xff\xd8")
    with pytest.raises(FerliteError, match="unpack it and give the folder"):
        load_fer2013(tmp_path / "archive.zip")
