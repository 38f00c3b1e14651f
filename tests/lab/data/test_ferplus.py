"""FER+: how ten votes become labels and targets, and that they meet the right faces.

The rules are those of Barsoum et al. 2016 and of its authors' code; `ferplus` states them.
"""

import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.data.ferplus import load_ferplus, load_votes, shares

COLUMNS = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt",
           "unknown", "no face")  # fmt: skip


def votes(**given):
    """Ten counts in the order of the file; `no_face` is the last."""
    return [given.get(name.replace(" ", "_"), 0) for name in COLUMNS]


def shared(mode, **given):
    """The shares that are not zero, by name, to two decimals."""
    (row,) = shares(np.array([votes(**given)]), mode)
    return {name: round(x, 2) for name, x in zip(COLUMNS, row.tolist(), strict=True) if x}


class TestMajority:
    def test_more_than_half_of_the_votes_is_the_label(self):
        assert shared("majority", happy=6, surprise=4) == {"happy": 1}

    def test_half_is_not_enough(self):
        assert shared("majority", happy=5, surprise=5) == {}
        assert shared("majority", happy=5, surprise=3, sad=2) == {}

    def test_single_votes_do_not_count(self):
        assert shared("majority", happy=5, surprise=3, sad=1, fear=1) == {"happy": 1}
        assert shared("majority", happy=1) == {}

    @pytest.mark.parametrize("nothing", ["unknown", "no_face"])
    def test_a_majority_for_no_emotion_is_left_out(self, nothing):
        assert shared("majority", happy=4, **{nothing: 6}) == {}


@pytest.mark.parametrize("mode", ["probability", "crossentropy"])
class TestDistribution:
    def test_classes_are_taken_until_they_have_three_quarters_of_the_votes(self, mode):
        assert shared(mode, happy=5, surprise=3, sad=2) == {"happy": 0.62, "surprise": 0.38}
        assert shared(mode, happy=8, surprise=2) == {"happy": 1}

    def test_three_classes_at_most_are_taken(self, mode):
        given = {"happy": 4, "surprise": 3, "sad": 2, "fear": 2, "angry": 2}
        assert shared(mode, **given) == {}
        assert shared(mode, happy=4, surprise=3, sad=2) == {"happy": 0.57, "surprise": 0.43}

    def test_equally_many_votes_are_taken_together(self, mode):
        assert shared(mode, happy=5, sad=5) == {"happy": 0.5, "sad": 0.5}
        assert shared(mode, happy=2, sad=2, fear=2, angry=2) == {}

    def test_single_votes_do_not_count(self, mode):
        assert shared(mode, happy=3, sad=3, fear=1, angry=1) == {"happy": 0.5, "sad": 0.5}

    def test_unknown_ends_the_taking_and_is_not_taken(self, mode):
        assert shared(mode, happy=5, unknown=3, sad=2) == {}
        assert shared(mode, happy=6, unknown=3) == {"happy": 1}

    @pytest.mark.parametrize("nothing", ["unknown", "no_face"])
    def test_a_row_that_is_first_of_all_no_emotion_is_left_out(self, mode, nothing):
        assert shared(mode, happy=3, **{nothing: 7}) == {}

    def test_what_was_taken_must_have_more_than_half(self, mode):
        assert shared(mode, happy=4, unknown=4) == {}


class TestLoadFerplus:
    def test_every_face_gets_the_votes_of_its_own_row(self, make_tree, says):
        folder = make_tree("ferplus")
        expected = [(s, e) for s in ("train", "validation", "test") for e in EMOTIONS]
        for path in (folder, folder / "fer2013new.csv"):
            faces = load_ferplus(path)
            # The first row of the test tree has no face.
            assert says(faces) == expected[1:]
            assert faces.name == "ferplus"
            assert faces.classes == EMOTIONS
            assert faces.targets_NK is None

    @pytest.mark.parametrize("mode", ["probability", "crossentropy"])
    def test_targets_are_shares_in_canonical_order(self, make_tree, mode):
        folder = make_tree("ferplus")
        change(folder, 2, neutral=5, angry=3, fear=2)
        faces = load_ferplus(folder, mode=mode)
        assert faces.targets_NK.dtype == np.float32
        assert faces.targets_NK[0].tolist() == [0.375, 0, 0, 0, 0, 0, 0.625]
        assert EMOTIONS[faces.labels_N[0]] == "neutral"

    def test_validation_and_test_are_always_by_majority(self, make_tree):
        folder = make_tree("ferplus")
        for row in (2, 9, 16):  # one in each split
            change(folder, row, happy=5, sad=5)
        assert rows_of(load_ferplus(folder, mode="crossentropy")) == [6, 6, 6]
        assert rows_of(load_ferplus(folder)) == [5, 6, 6]

    def test_contempt_is_the_eighth_class_or_its_rows_are_left_out(self, make_tree):
        folder = make_tree("ferplus")
        change(folder, 2, contempt=10)
        eight = load_ferplus(folder, classes=8)
        assert eight.name == "ferplus8"
        assert eight.classes == (*EMOTIONS, "contempt")
        assert eight.labels_N[0] == 7
        assert rows_of(eight) == [6, 7, 7]
        assert rows_of(load_ferplus(folder)) == [5, 7, 7]

    def test_a_share_of_contempt_goes_to_the_others_where_it_is_no_class(self, make_tree):
        folder = make_tree("ferplus")
        change(folder, 2, neutral=5, contempt=3, sad=2)
        eight = load_ferplus(folder, mode="crossentropy", classes=8)
        assert eight.targets_NK[0].tolist() == [0, 0, 0, 0, 0, 0, 0.625, 0.375]
        seven = load_ferplus(folder, mode="crossentropy")
        assert seven.targets_NK[0].tolist() == [0, 0, 0, 0, 0, 0, 1]

    def test_fer2013_may_lie_elsewhere(self, make_tree, tmp_path):
        folder = make_tree("ferplus")
        expected = load_ferplus(folder).sha256
        elsewhere = (folder / "fer2013.csv").rename(tmp_path / "faces.csv")
        assert load_ferplus(folder, fer2013=elsewhere).sha256 == expected

    def test_without_fer2013_it_says_so(self, make_tree):
        folder = make_tree("ferplus")
        (folder / "fer2013.csv").unlink()
        with pytest.raises(FerliteError, match="holds no FER2013"):
            load_ferplus(folder)

    def test_without_votes_it_says_where_to_get_them(self, make_tree):
        with pytest.raises(FerliteError, match=r"holds no FER\+ votes .*github.com/microsoft"):
            load_ferplus(make_tree("fer2013"))

    def test_the_table_of_faces_is_not_the_table_of_votes(self, make_tree):
        with pytest.raises(FerliteError, match=r"is a table of faces; give FER\+'s votes"):
            load_ferplus(make_tree("ferplus") / "fer2013.csv")

    def test_a_table_in_another_order_is_refused(self, make_tree):
        folder = make_tree("ferplus")
        head, *lines = (folder / "fer2013.csv").read_text().splitlines()
        (folder / "fer2013.csv").write_text("\n".join([head, *reversed(lines)]))
        with pytest.raises(FerliteError, match="row 1 is of another Usage"):
            load_ferplus(folder)

    def test_a_table_with_rows_missing_is_refused(self, make_tree):
        folder = make_tree("ferplus")
        text = (folder / "fer2013.csv").read_text()
        (folder / "fer2013.csv").write_text("\n".join(text.splitlines()[:-1]))
        with pytest.raises(FerliteError, match="has 21 rows but FER2013 here has 20"):
            load_ferplus(folder)

    def test_an_unknown_mode_is_refused(self, make_tree):
        with pytest.raises(FerliteError, match="one of majority, probability, crossentropy"):
            load_ferplus(make_tree("ferplus"), mode="mean")


class TestLoadVotes:
    @pytest.mark.parametrize(
        "row",
        [
            "Training,fer0000000.png,4,0,0,1,3,2,0,0,0",
            "Training,fer0000000.png,x,0,0,1,3,2,0,0,0,0",
            "Train,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
            "Training",
        ],
    )
    def test_a_wrong_row_is_named(self, make_tree, row):
        file = make_tree("ferplus") / "fer2013new.csv"
        file.write_text(file.read_text() + row + "\n")
        with pytest.raises(FerliteError, match=r"row 22 is no row of FER\+ votes"):
            load_votes(file)

    def test_another_table_is_refused(self, make_tree):
        with pytest.raises(FerliteError, match=r"is no file of FER\+ votes"):
            load_votes(make_tree("fer2013") / "fer2013.csv")

    def test_a_header_alone_is_refused(self, make_tree):
        file = make_tree("ferplus") / "fer2013new.csv"
        file.write_text(file.read_text().splitlines()[0])
        with pytest.raises(FerliteError, match="has a header but no rows"):
            load_votes(file)

    def test_a_missing_file_is_told_in_a_sentence(self, tmp_path):
        with pytest.raises(FerliteError, match=r"nowhere\.csv: cannot be read"):
            load_votes(tmp_path / "nowhere.csv")


def change(folder, row, **given):
    """Give a row, counted from 1, other votes."""
    file = folder / "fer2013new.csv"
    lines = file.read_text().splitlines()
    usage, name, *_ = lines[row].split(",")
    lines[row] = ",".join([usage, name, *map(str, votes(**given))])
    file.write_text("\n".join(lines) + "\n")


def rows_of(faces):
    return [len(faces.rows(split)) for split in ("train", "validation", "test")]
