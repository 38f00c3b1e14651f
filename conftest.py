"""Which tests an install can run: the lab's need PyTorch, Haar's OpenCV, the server's FastAPI."""

from importlib.util import find_spec

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
