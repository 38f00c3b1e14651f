"""The command line, run in this process."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ferlite.cli import main


@pytest.fixture
def ferlite(monkeypatch, capsys):
    """Run the command line; gives its exit status, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["ferlite", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return run


@pytest.fixture
def process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in an empty folder; its end as a process has."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = ["ferlite", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(command, code, *capfd.readouterr())

    return run


@pytest.fixture
def executable() -> list[str]:
    """How the command line begins in a process of its own."""
    return [sys.executable, "-c", "from ferlite.cli import main; main()"]
