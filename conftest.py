"""Which tests the base install can run: without PyTorch, those of the lab are not collected."""

from importlib.util import find_spec

if find_spec("torch") is None:
    collect_ignore_glob = [
        "reports/*",
        "src/ferlite/lab",
        "tests/lab",
        "tests/reports",
        "tests/docs",
        *(f"tests/cli/test_{command}.py" for command in ("audit", "bench", "evaluate", "report")),
        "tests/cli/test_export.py",
    ]
