"""Lists of rows to leave out: written, read back, and refused when they are of other data."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ferlite.errors import FerliteError
from ferlite.lab.data.exclusions import Exclusion, exclude, read_exclusions, write_exclusions


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 11), st.text(min_size=1), st.text()), max_size=20))
def test_what_was_written_is_read_whatever_the_reasons_say(make_faces, tmp_path, lines):
    faces = make_faces()
    write_exclusions(tmp_path / "list.csv", (Exclusion(*line) for line in lines), faces)
    rows = read_exclusions(tmp_path / "list.csv", faces)
    assert rows.dtype == np.int64
    assert rows.tolist() == sorted({row for row, _, _ in lines})


@pytest.mark.parametrize(
    "text", ["3\n1\n\n3\n", "row\r\n1\r\n3\r\n", "﻿row,why\n 3 ,ugly\n1,\n", "# mine\n1\n3"]
)
def test_a_list_may_be_written_by_hand(make_faces, tmp_path, text):
    path = tmp_path / "mine.txt"
    path.write_text(text, newline="")
    assert read_exclusions(path, make_faces()).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("row\n12\n", "line 2 has '12', which is no row number from 0 to 11"),
        ("-1\n", "line 1 has '-1'"),
        ("1.0\n", "line 1 has '1.0'"),
        ("1\nfer0000003.png\n", "line 2 has 'fer0000003.png'"),
        ("٣\n", "line 1 has '٣'"),
        ("9" * 5000, "line 1 has '999999999999999999999999'"),
        ("\0\1\2", "which is no row number"),
        ('"' + "9" * 200_000, "is no list of rows"),
    ],
)
def test_what_is_no_row_is_told_with_its_line(make_faces, tmp_path, text, sentence):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FerliteError) as caught:
        read_exclusions(path, make_faces())
    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)


def test_a_list_of_other_data_is_refused(make_faces, tmp_path):
    path = tmp_path / "list.csv"
    write_exclusions(path, [Exclusion(1, "blank", "")], make_faces(seed=1))
    with pytest.raises(FerliteError, match="lists rows of other data than this fer2013"):
        read_exclusions(path, make_faces(seed=2))


def test_a_missing_list_is_told(make_faces, tmp_path):
    with pytest.raises(FerliteError, match=r"nowhere.csv: cannot be read \(No such file"):
        read_exclusions(tmp_path / "nowhere.csv", make_faces())


def test_excluded_rows_go_and_the_others_keep_their_order(make_faces):
    faces = make_faces()
    kept = exclude(faces, np.array([0, 5, 5, 11]))
    assert np.array_equal(kept.images_NHW, faces.images_NHW[[1, 2, 3, 4, 6, 7, 8, 9, 10]])
    assert np.array_equal(kept.labels_N, faces.labels_N[[1, 2, 3, 4, 6, 7, 8, 9, 10]])
    assert exclude(faces, np.array([], np.int64)).sha256 == faces.sha256
