"""`ferlite export`: from a checkpoint to a file that ferlite runs."""

import numpy as np
import pytest

from ferlite.classify.classifier import Classifier
from ferlite.emotions import EMOTIONS
from ferlite.lab.int8 import is_quantised

torch = pytest.importorskip("torch")

from ferlite.lab.train.checkpoint import load_model  # noqa: E402


@pytest.fixture
def data(tmp_path):
    """FER2013 in small: 14 training faces of noise."""
    rng = np.random.default_rng(0)
    rows = [
        f"{n % 7},{' '.join(map(str, rng.integers(0, 256, 48 * 48)))},Training" for n in range(14)
    ]
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(["emotion,pixels,Usage", *rows]) + "\n")
    return path


FACES = np.random.default_rng(1).integers(0, 256, (5, 1, 32, 32), dtype=np.uint8)


def test_the_file_gives_what_the_checkpoint_gives(ferlite, make_checkpoint, data, tmp_path):
    checkpoint, out, small = make_checkpoint(), tmp_path / "a.onnx", tmp_path / "b.onnx"
    status, said, _ = ferlite("export", checkpoint, out)
    assert (status, said) == (0, f"{out}: tiny, {out.stat().st_size / 1e6:.2f} MB\n")
    with torch.no_grad():
        expected = load_model(checkpoint)(torch.from_numpy(FACES)).numpy()
    np.testing.assert_allclose(Classifier(out)(FACES), expected, atol=1e-4)
    assert Classifier(out).name == "tiny"

    assert ferlite("export", checkpoint, small, "--int8", "--data", data)[0] == 0
    assert is_quantised(small)
    assert small.stat().st_size < out.stat().st_size / 2
    np.testing.assert_allclose(Classifier(small)(FACES), expected, atol=0.05)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["out.pt"], "out.pt: the name of an exported model ends in .onnx"),
        (["out.onnx", "--int8"], "--int8 needs --data"),
        (["out.onnx", "--data", "fer2013.csv"], "--data needs --int8"),
    ],
)
def test_mistakes_are_told_in_a_sentence(ferlite, make_checkpoint, arguments, sentence):
    status, said, err = ferlite("export", make_checkpoint(), *arguments)
    assert (status, said) == (1, "")
    assert err.startswith("ferlite: ")
    assert err.count("\n") == 1
    assert sentence in err


def test_no_checkpoint_and_a_checkpoint_of_other_classes_are_refused(
    ferlite, make_checkpoint, tmp_path
):
    _, _, err = ferlite("export", tmp_path / "none.ckpt", tmp_path / "out.onnx")
    assert "none.ckpt: there is no such checkpoint" in err
    _, _, err = ferlite("export", make_checkpoint(classes=9), tmp_path / "out.onnx")
    assert "tells 9 classes apart that are not the seven emotions" in err
    assert not (tmp_path / "out.onnx").exists()


def test_a_network_that_knows_contempt_is_exported_with_it(ferlite, make_checkpoint, tmp_path):
    status, _, _ = ferlite("export", make_checkpoint(classes=8), tmp_path / "out.onnx")
    assert status == 0
    assert Classifier(tmp_path / "out.onnx").classes == (*EMOTIONS, "contempt")


def test_where_nothing_can_be_written_it_says_so(ferlite, make_checkpoint, tmp_path):
    (tmp_path / "taken").write_text("a file, no folder")
    status, _, err = ferlite("export", make_checkpoint(), tmp_path / "taken" / "out.onnx")
    assert status == 1
    assert "cannot be written" in err
