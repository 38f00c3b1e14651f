"""A wrong row is refused in one sentence with the file, the row and what is wrong with it."""

import pytest

from ferlite.errors import FerliteError
from ferlite.lab.data.fer2013_table import read
from ferlite.lab.data.layout import kind_of

FACE = " ".join(["7"] * 48 * 48)
GOOD = f"3,{FACE},Training"


def write(path, *rows, header="emotion,pixels,Usage", end="\n"):
    path.write_text(end.join([header, *rows, ""]), newline="")
    return path


@pytest.fixture
def csv(tmp_path):
    return tmp_path / "fer2013.csv"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (f"3,{FACE[:-2]},Training", "has 2303 pixels instead of 48×48 = 2304"),
        (f"3,{FACE} 7,Training", "has 2305 pixels instead of 48×48 = 2304"),
        ("3,,Training", "has 0 pixels instead of 48×48 = 2304"),
        (f"3,{FACE[:-1]}256,Training", "has the pixel '256', which is over 255"),
        (f"3,{FACE[:-1]}1007,Training", "has the pixel '1007', which is over 255"),
        (f"3,{FACE[:-1]}{'9' * 20},Training", f"has the pixel '{'9' * 20}', which is over 255"),
        (f"3,{FACE[:-1]}{'9' * 5000},Training", f"has the pixel '{'9' * 24}…', which is over 255"),
        (f"3,{FACE[:-1]}-1,Training", "has the pixel '-1', which is no number from 0 to 255"),
        (f"3,{FACE[:-1]}7.0,Training", "has the pixel '7.0', which is no number from 0 to 255"),
        (f"3,x{FACE[1:]},Training", "has the pixel 'x', which is no number from 0 to 255"),
        (f"3,{FACE} x,Training", "has the pixel 'x', which is no number from 0 to 255"),
        (f"7,{FACE},Training", "has the emotion '7', which is none of 0 to 6"),
        (f"-1,{FACE},Training", "has the emotion '-1', which is none of 0 to 6"),
        (f"happy,{FACE},Training", "has the emotion 'happy', which is none of 0 to 6"),
        (f",{FACE},Training", "has the emotion '', which is none of 0 to 6"),
        (
            f"3,{FACE},Testing",
            "has the Usage 'Testing', which is none of Training, PublicTest, PrivateTest",
        ),
        (
            f"3,{FACE},Train",
            "has the Usage 'Train', which is none of Training, PublicTest, PrivateTest",
        ),
        (f"3,{FACE}", "lacks a column; the file may be cut short"),
        ("3", "lacks a column; the file may be cut short"),
    ],
)
def test_a_wrong_row_is_named_and_told(csv, row, complaint):
    with pytest.raises(FerliteError) as refusal:
        read(write(csv, GOOD, GOOD, row, GOOD))
    assert str(refusal.value) == f"{csv}: row 3 {complaint}"


def test_row_one_is_the_first_after_the_header(csv):
    with pytest.raises(FerliteError, match="row 1 has the emotion '9'"):
        read(write(csv, f"9,{FACE},Training"))


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("pixels,Usage", [f"{FACE},Training"]),
        ("emotion;pixels;Usage", [GOOD.replace(",", ";")]),
        (GOOD, [GOOD]),
        ("", []),
    ],
)
def test_a_header_without_the_three_columns_is_refused(csv, header, rows):
    with pytest.raises(FerliteError, match=r"first line does not name the columns emotion, pix"):
        read(write(csv, *rows, header=header))


def test_an_empty_file_is_refused(csv):
    csv.touch()
    with pytest.raises(FerliteError, match="first line does not name the columns"):
        read(csv)


def test_a_header_alone_is_refused(csv):
    with pytest.raises(FerliteError, match="has a header but no rows"):
        read(write(csv))


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("emotion,pixels,Usage", GOOD),
        ("emotion, Usage, pixels", f"3, Training,{FACE}"),
        ('"emotion","pixels","Usage"', f'"3","{FACE}","Training"'),
        (",emotion,pixels,Usage", f"0,{GOOD}"),
        ("\ufeffemotion,pixels,Usage", GOOD),
        ("Emotion,Pixels,usage", GOOD),
        ("emotion,pixels,Usage", f"3,{FACE.replace(' ', '  ')} ,Training "),
        ("emotion,pixels,Usage", f"3,{FACE.replace('7', '007')},Training"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_harmless_differences_of_spelling_are_read(csv, header, row, end):
    faces = read(write(csv, row, row, header=header, end=end))
    assert faces.images_NHW.tolist() == [[[7] * 48] * 48] * 2
    assert faces.labels_N.tolist() == [3, 3]
    assert faces.splits_N.tolist() == [0, 0]


def test_the_last_line_needs_no_end(csv):
    csv.write_text(f"emotion,pixels,Usage\n{GOOD}")
    assert len(read(csv)) == 1


def test_every_gray_value_is_read_as_itself(csv):
    values = [*range(256)] * 9
    faces = read(write(csv, f"0,{' '.join(map(str, values))},PrivateTest"))
    assert faces.images_NHW.ravel().tolist() == values


def test_kaggle_s_train_csv_is_told_to_lack_usage(tmp_path):
    file = tmp_path / "train.csv"
    file.write_text(f"emotion,pixels\n3,{FACE}\n")
    with pytest.raises(FerliteError, match="lacks the column Usage"):
        read(file)
    for path in (file, tmp_path):
        with pytest.raises(FerliteError, match=r"train\.csv: lacks the column Usage"):
            kind_of(path)
