"""A dataset so easy that a small network learns it in three epochs."""

from pathlib import Path

import numpy as np
import pytest

from ferlite.emotions import EMOTIONS


def easy_csv(path: Path, train: int = 140, others: int = 35) -> Path:
    """fer2013.csv with noise and, per emotion, one bright band at its own height."""
    generator = np.random.default_rng(0)
    lines = ["emotion,pixels,Usage"]
    for usage, count in (("Training", train), ("PublicTest", others), ("PrivateTest", others)):
        for row in range(count):
            label = row % len(EMOTIONS)
            image = generator.integers(0, 90, (48, 48))
            image[6 * label : 6 * label + 6] += 100
            lines.append(f"{label},{' '.join(map(str, image.ravel()))},{usage}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def easy_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fer2013.csv of 210 rows; see `easy_csv`."""
    return easy_csv(tmp_path_factory.mktemp("data") / "fer2013.csv")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches of a test stay in the test."""
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path / "home"))
