"""A network and a dataset of one's own go all the way from the command line, ferlite unchanged."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ferlite.cli import app
from ferlite.errors import DataError
from ferlite.lab.data.detect import load_dataset

NET = """
from torch import nn


class MyNet(nn.Module):
    def __init__(self, *, width: int = 4, classes: int = 7) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, width, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.classify = nn.Linear(width, classes)

    def forward(self, x):
        return self.classify(self.features(x).flatten(1))
"""
DATA = """
import numpy as np
from ferlite.lab.data.dataset import FaceDataset


def load(path):
    random = np.random.default_rng(0)
    return FaceDataset(
        "my_data",
        images_NHW=random.integers(0, 256, (60, 20, 20), dtype=np.uint8),
        labels_N=np.arange(60) % 2,
        splits_N=(np.arange(60) // 20).astype(np.int8),
        classes=("calm", "tense"),
    )


def fails(path):
    raise KeyError("column")


def other(path):
    return [1, 2]


def wrong(path):
    faces = load(path)
    return FaceDataset("wrong", faces.images_NHW / 2, faces.labels_N, faces.splits_N)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_net.py").write_text(NET)
    (tmp_path / "my_data.py").write_text(DATA)
    (tmp_path / "faces.bin").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_they_train_resume_evaluate_export_and_report(here: Path) -> None:
    data = "--data faces.bin"
    train = (
        "train residual_cnn --model-file my_net.py:MyNet --set data.dataset=my_data.py:load "
        f"{data} --out runs/mine --set model.width=8 --set training.epochs=1"
    )
    best = "runs/mine/checkpoints/best.ckpt"
    for command in (
        train,
        f"{train} --resume",
        f"evaluate runs/mine/mine.onnx --dataset my_data.py:load {data}",
        f"evaluate {best} --dataset my_data.py:load {data}",
        f"export {best} again.onnx",
        f"report runs --dataset my_data.py:load {data} --out report",
    ):
        done = CliRunner().invoke(app, command.split())
        assert done.exit_code == 0, f"{command}: {done.output} {done.exception}"
    assert (here / "again.onnx").is_file()
    assert "calm" in (here / "report" / "across.md").read_text()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("fails", r"cannot read faces\.bin \(KeyError: 'column'\)"),
        ("other", "returns list, not a FaceDataset"),
        ("wrong", r"images are not uint8"),
    ],
)
def test_a_function_that_goes_wrong_is_told(here: Path, name: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        load_dataset("faces.bin", f"my_data.py:{name}")
