import json
import sys

import numpy as np
import pytest

from ferlite.lab.data.layout import VOTES

HAPPY, SAD = 3, 4


@pytest.fixture
def data(tmp_path, monkeypatch):
    """FER2013 in small: the test row is the second training row again, labelled otherwise."""
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path / "home"))
    random = np.random.default_rng(0)
    one, other = random.integers(0, 256, (2, 48 * 48))
    rows = [(HAPPY, one, "Training"), (SAD, other, "Training"), (HAPPY, other, "PrivateTest")]
    lines = [f"{label},{' '.join(map(str, face))},{usage}" for label, face, usage in rows]
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "fer2013.csv"
    path.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    return path


def write_votes(folder, usages=("Training", "Training", "PrivateTest")):
    """Ten votes on each row: happiness on all but the first, which is no face."""
    happy, no_face = "0,10,0,0,0,0,0,0,0,0", "0,0,0,0,0,0,0,0,0,10"
    lines = [f"{usage},f.png,{happy}" for usage in usages]
    lines[0] = f"{usages[0]},,{no_face}"
    path = folder / "fer2013new.csv"
    path.write_text("\n".join(["Usage,Image name," + ",".join(VOTES), *lines]) + "\n")
    return path


def test_prints_a_summary_for_people(ferlite, data):
    status, out, err = ferlite("audit", data)
    assert (status, err) == (0, "")
    assert out.startswith("3 images; 1 of 1 test images (100.0%) are copies of training images")


def test_json_is_one_object(ferlite, data):
    status, out, _ = ferlite("audit", data, "--json")
    answer = json.loads(out)
    assert status == 0
    assert answer["data"]["rows"] == 3
    assert answer["copies"]["identical"]["pairs"] == 1
    assert answer["contradictions"]["identical"]["groups"] == 1
    assert answer["votes"] is None


def test_out_holds_the_printed_counts_and_the_lists(ferlite, data, tmp_path):
    out = tmp_path / "audit"
    _, printed, _ = ferlite("audit", data, "--out", out, "--json")
    assert json.loads((out / "audit.json").read_text()) == json.loads(printed)
    assert '\n1,"copy",' in (out / "exclude.csv").read_text()
    assert '\n2,"copy",' in (out / "held_out.csv").read_text()


def test_votes_beside_the_data_are_found(ferlite, data):
    write_votes(data.parent)
    for given in (data, data.parent):
        _, out, _ = ferlite("audit", given, "--json")
        answer = json.loads(out)
        assert answer["no_face"] == {"train": 1, "validation": 0, "test": 0}
        assert answer["votes"]["agreement"] == 0.5


def test_votes_elsewhere_may_be_named(ferlite, data, tmp_path):
    _, out, _ = ferlite("audit", data, "--votes", write_votes(tmp_path), "--json")
    assert json.loads(out)["votes"]["rows"] == 2


def test_votes_beside_the_data_that_do_not_fit_are_left_out_and_said(ferlite, data):
    write_votes(data.parent, ("Training", "Training"))
    status, out, err = ferlite("audit", data, "--json")
    assert status == 0
    assert json.loads(out)["votes"] is None
    assert err.startswith("ferlite: votes are left out: ")
    assert "has 2 rows but FER2013 here has 3" in err


def test_named_votes_that_do_not_fit_are_an_error(ferlite, data, tmp_path):
    votes = write_votes(tmp_path, ("Training", "PublicTest", "PrivateTest"))
    status, out, err = ferlite("audit", data, "--votes", votes)
    assert (status, out) == (1, "")
    assert "row 2 is of another Usage" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.csv"], "nowhere.csv: there is no such file or folder"),
        (["DATA", "--votes", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["DATA", "--votes", "DATA"], "is no file of FER+ votes"),
        (["DATA", "--out", "DATA"], "is a file; give a folder"),
    ],
)
def test_mistakes_are_told_in_a_sentence(ferlite, data, arguments, sentence):
    status, out, err = ferlite("audit", *(data if a == "DATA" else a for a in arguments))
    assert (status, out) == (1, "")
    assert err.startswith("ferlite: ")
    assert err.count("\n") == 1
    assert sentence in err


def test_votes_on_another_dataset_are_refused(ferlite, tmp_path, monkeypatch):
    cv2 = pytest.importorskip("cv2")
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path / "home"))
    for emotion in ("happy", "sad"):
        (tmp_path / "faces" / "train" / emotion).mkdir(parents=True)
        picture = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "faces" / "train" / emotion / "a.png"), picture)
    status, out, _ = ferlite("audit", tmp_path / "faces", "--json")
    assert status == 0
    assert json.loads(out)["contradictions"]["identical"]["groups"] == 1
    status, _, err = ferlite("audit", tmp_path / "faces", "--votes", write_votes(tmp_path))
    assert status == 1
    assert "votes are on FER2013" in err


def test_without_the_lab_it_says_how_to_install_it(ferlite, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    for name in [name for name in sys.modules if name.startswith("ferlite.lab.data.audit")]:
        monkeypatch.delitem(sys.modules, name)
    status, _, err = ferlite("audit", data)
    assert status == 1
    assert "pip install 'ferlite[lab]'" in err
