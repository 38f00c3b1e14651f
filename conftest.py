"""Which tests an install can run: the lab's need PyTorch, Haar's OpenCV, the server's FastAPI."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several processes with several threads each would wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

collect_ignore_glob: list[str] = []
if find_spec("torch") is None:
    collect_ignore_glob += [
        "reports/*",
        "src/ferlite/lab",
        "tests/lab",
        "tests/reports",
        "tests/docs",
        "tests/web",
        *(f"tests/cli/test_{command}.py" for command in ("audit", "bench", "evaluate", "report")),
        "tests/cli/test_export.py",
    ]
if find_spec("cv2") is None:
    collect_ignore_glob += ["src/ferlite/faces/haar.py", "tests/test_fuzz.py"]
if find_spec("fastapi") is None or find_spec("httpx") is None:
    collect_ignore_glob += ["src/ferlite/serve", "tests/serve", "tests/web"]
    collect_ignore_glob += ["tests/cli/test_serve.py", "tests/cli/test_webcam_browser.py"]
if find_spec("ray") is None or find_spec("pyarrow") is None:
    collect_ignore_glob += ["src/ferlite/bulk", "tests/bulk", "tests/cli/test_label.py"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say what stays together where several processes share the tests (`pytest -n 2`).

    A file's tests do, since they share what they make; so do all for which Ray or Chromium is
    started. Each page of the docs is for itself.
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        path = item.path.relative_to(Path(__file__).parent).as_posix()
        if path == "tests/docs/test_blocks.py":
            group = item.name
            if "bucket" in group or "cluster" in group:
                group = "Ray"
        elif path.startswith(("tests/bulk/", "src/ferlite/bulk/")) or "test_label" in path:
            group = "Ray"
        elif path.startswith(("tests/web/", "tests/cli/test_webcam_browser")):
            group = "Chromium"
        else:
            group = path
        item.add_marker(pytest.mark.xdist_group(group))
