import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fer2013_path() -> Path:
    """The real FER2013, a file or a folder, where `FERLITE_FER2013` says it is present."""
    path = os.environ.get("FERLITE_FER2013")
    if not path:
        pytest.skip("FERLITE_FER2013 is not set")
    return Path(path)
