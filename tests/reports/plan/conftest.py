"""A dataset so easy and small that a training of it takes seconds."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def easy_data(tmp_path: Path) -> Path:
    """A fer2013.csv of 126 rows of noise, each with a bright band at its emotion's height."""
    generator = np.random.default_rng(0)
    lines = ["emotion,pixels,Usage"]
    for row in range(126):
        image = generator.integers(0, 90, (48, 48))
        image[6 * (row % 7) : 6 * (row % 7) + 6] += 100
        usage = ("Training", "PublicTest", "PrivateTest")[row // 42]
        lines.append(f"{row % 7},{' '.join(map(str, image.ravel()))},{usage}")
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches of a test stay in the test."""
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path / "home_of_ferlite"))
