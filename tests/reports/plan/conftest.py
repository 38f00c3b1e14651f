"""What tests of the plan share."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches of a test stay in the test."""
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path / "home_of_ferlite"))
