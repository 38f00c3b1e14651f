"""CK+: peaks by label, first frames as neutral, all of it test; frames or the 48×48 table."""

import cv2
import numpy as np
import pytest

from ferlite.errors import FerliteError
from ferlite.lab.data.ckplus import load_ckplus

PEAKS = ["angry", "disgust", "fear", "happy", "sad", "surprise"]


@pytest.fixture
def ckplus(make_tree):
    return make_tree("ckplus")


def test_peaks_by_label_without_contempt_then_the_first_frame_of_every_sequence(ckplus, says):
    faces = load_ckplus(ckplus)
    assert says(faces) == [("test", emotion) for emotion in [*PEAKS, *["neutral"] * 8]]
    assert faces.name == "ckplus"
    assert faces.images_NHW.shape == (14, 96, 96)


def test_a_label_of_zero_is_neutral(ckplus):
    label = ckplus / "Emotion" / "S001" / "001" / "S001_001_00000003_emotion.txt"
    label.write_text("   0.0000000e+00\n")
    faces = load_ckplus(ckplus)
    assert [faces.classes[label] for label in faces.labels_N].count("neutral") == 9


def test_a_sequence_of_one_frame_is_not_neutral_as_well(ckplus):
    for frame in (1, 2):
        (ckplus / f"cohn-kanade-images/S001/001/S001_001_{frame:08}.png").unlink()
    assert len(load_ckplus(ckplus)) == 13


def test_the_face_is_cut_out_of_the_frame(ckplus, astronaut):
    frame = ckplus / "cohn-kanade-images/S005/001/S005_001_00000003.png"
    photo = cv2.imread(str(astronaut))
    cv2.imwrite(str(frame), photo)
    faces = load_ckplus(ckplus, size=90)
    happy = faces.images_NHW[faces.labels_N == 3][0]
    # Her face is about 90 pixels wide around (225, 115).
    wanted = cv2.cvtColor(photo[70:160, 180:270], cv2.COLOR_BGR2GRAY)
    assert np.corrcoef(happy.ravel(), wanted.ravel())[0, 1] > 0.5
    assert happy.std() > 20


@pytest.mark.parametrize(
    ("part", "named"), [("Emotion", "Emotion"), ("cohn-kanade-images", "cohn-kanade-images")]
)
def test_a_missing_part_is_named_with_where_to_ask(ckplus, part, named):
    (ckplus / part).rename(ckplus / "elsewhere")
    with pytest.raises(FerliteError, match=rf"no complete CK\+, for it lacks {named}; ask for .*"):
        load_ckplus(ckplus)


def test_a_missing_peak_is_named(ckplus):
    frame = ckplus / "cohn-kanade-images" / "S005" / "001" / "S005_001_00000003.png"
    frame.unlink()
    with pytest.raises(FerliteError, match=r"S005_001_00000003\.png: this image is missing"):
        load_ckplus(ckplus)


@pytest.mark.parametrize("text", ["8.0000000e+00", "-1", "1.5", "happy", "", "nan", "inf"])
def test_a_wrong_label_is_named(ckplus, text):
    (ckplus / "Emotion/S001/001/S001_001_00000003_emotion.txt").write_text(text)
    with pytest.raises(FerliteError, match=r"S001_001_00000003_emotion\.txt: holds .*from 0 to 7"):
        load_ckplus(ckplus)


@pytest.mark.parametrize("given", ["", "ckextended.csv"])
def test_the_table_has_fer2013s_codes_and_contempt_is_left_out(make_tree, says, given):
    faces = load_ckplus(make_tree("ckplus table") / given)
    emotions = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    assert says(faces) == [("test", emotion) for emotion in emotions]
    assert faces.name == "ckplus"


def test_a_wrong_row_of_the_table_is_named(make_tree):
    table = make_tree("ckplus table") / "ckextended.csv"
    table.write_text(table.read_text().replace("\n3,", "\n8,"))
    with pytest.raises(FerliteError, match="row 4 has the emotion '8', which is none of 0 to 7"):
        load_ckplus(table)


def test_a_table_of_contempt_alone_is_refused(make_tree):
    table = make_tree("ckplus table") / "ckextended.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0], lines[-1]]))
    with pytest.raises(FerliteError, match="holds contempt only"):
        load_ckplus(table)
