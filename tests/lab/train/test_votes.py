"""FER+'s votes count beside the label, for training rows alone."""

from pathlib import Path

import numpy as np
import pytest

from ferlite.errors import FerliteError
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.ferplus import VOTES
from ferlite.lab.train.votes import with_votes_beside, with_votes_mixed

FACE = " ".join(["128"] * 48 * 48)
# neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF
ROWS = [
    ("Training", "a.png", [0, 0, 0, 6, 4, 0, 0, 0, 0, 0]),
    ("Training", "b.png", [0, 0, 0, 0, 0, 0, 0, 10, 0, 0]),
    ("Training", "", [0, 0, 0, 0, 0, 0, 0, 0, 0, 10]),
    ("PublicTest", "c.png", [0, 0, 0, 6, 4, 0, 0, 0, 0, 0]),
    ("PrivateTest", "", [0, 0, 0, 0, 0, 0, 0, 0, 0, 10]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    table = "".join(f"0,{FACE},{usage}\n" for usage, _, _ in ROWS)
    (tmp_path / "fer2013.csv").write_text("emotion,pixels,Usage\n" + table)
    lines = "".join(f"{u},{n},{','.join(map(str, v))}\n" for u, n, v in ROWS)
    (tmp_path / "fer2013new.csv").write_text(f"Usage,Image name,{','.join(VOTES)}\n{lines}")
    return tmp_path


def test_votes_have_their_share_of_training_rows_only(folder: Path) -> None:
    faces = load_fer2013(folder, cache=folder)
    blended, faceless = with_votes_mixed(faces, folder, 0.5)
    assert blended.targets_NK is not None
    # Labelled angry: half of it stays, and the votes add 0.4 of the other half.
    assert blended.targets_NK[0] == pytest.approx([0.5 + 0.2, 0, 0, 0, 0.3, 0, 0])
    only_its_label = np.eye(7)[0]
    for row in (1, 3, 4):  # contempt alone says nothing; the others are not learned from
        assert blended.targets_NK[row] == pytest.approx(only_its_label)
    assert faceless.tolist() == [2]
    assert np.array_equal(blended.labels_N, faces.labels_N)


def test_votes_stand_beside_the_label_of_training_rows_only(folder: Path) -> None:
    faces = load_fer2013(folder, cache=folder)
    both, faceless = with_votes_beside(faces, folder, 0.5)
    assert both.targets_NK is not None
    label_7, votes_7 = np.split(both.targets_NK[0], 2)
    assert label_7 == pytest.approx(np.eye(7)[0])
    assert votes_7 == pytest.approx([0.2, 0, 0, 0, 0.3, 0, 0])
    for row in (1, 3, 4):
        assert both.targets_NK[row] == pytest.approx(np.eye(14)[0])
    assert faceless.tolist() == [2]


def test_without_votes_it_says_what_is_missing(folder: Path) -> None:
    faces = load_fer2013(folder, cache=folder)
    (folder / "fer2013new.csv").unlink()
    with pytest.raises(FerliteError, match=r"holds no FER\+ votes"):
        with_votes_mixed(faces, folder, 0.5)
