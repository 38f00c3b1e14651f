"""Which tests an install can run: those of the lab need PyTorch, those of the server FastAPI."""

from importlib.util import find_spec

collect_ignore_glob: list[str] = []
if find_spec("torch") is None:
    collect_ignore_glob += [
        "reports/*",
        "src/ferlite/lab",
        "tests/lab",
        "tests/reports",
        "tests/docs",
        *(f"tests/cli/test_{command}.py" for command in ("audit", "bench", "evaluate", "report")),
        "tests/cli/test_export.py",
    ]
if find_spec("fastapi") is None or find_spec("httpx") is None:
    collect_ignore_glob += ["src/ferlite/serve", "tests/serve", "tests/cli/test_serve.py"]
