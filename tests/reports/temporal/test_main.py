"""Anyone's sequences, from the folder to the table."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ferlite.classify import zoo
from ferlite.errors import FerliteError
from reports.temporal.__main__ import compared, main
from reports.temporal.gru import Settings, TemporalModel, save

MODEL = zoo.path(zoo.FAST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sequences" / "anna").mkdir(parents=True)
    lines = ["sequence,frame,emotion,seen"]
    for frame in range(1, 6):
        shade = np.full((50, 50), 40 * frame, np.uint8)
        cv2.imwrite(str(tmp_path / "sequences" / "anna" / f"{frame:06}.png"), shade)
        lines.append(f"anna,{frame},sad,1")
    (tmp_path / "sequences" / "labels.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "sequences"


@pytest.fixture
def gru(tmp_path: Path) -> Path:
    save(TemporalModel(263, Settings()), tmp_path / "gru.safetensors")
    return tmp_path / "gru.safetensors"


def test_a_row_for_each_method(folder: Path, gru: Path) -> None:
    lines = compared(folder, 10, MODEL, 0.3, gru).splitlines()
    assert [line.split("|")[2].strip() for line in lines[2:]] == [
        "frame by frame",
        "smoothing, 0.3 s",
        "GRU",
    ]


def test_a_gru_of_other_features_is_refused(folder: Path, tmp_path: Path) -> None:
    save(TemporalModel(9, Settings()), tmp_path / "other.safetensors")
    with pytest.raises(FerliteError, match=r"other\.safetensors.*9.*263"):
        compared(folder, 10, MODEL, 0.3, tmp_path / "other.safetensors")


def test_what_is_wrong_is_one_sentence(
    folder: Path, gru: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "labels.csv").unlink()
    monkeypatch.setattr(sys, "argv", ["temporal", str(folder), "--rate", "10", "--gru", str(gru)])
    with pytest.raises(SystemExit, match=r"^error: .*labels\.csv: cannot be read"):
        main()
