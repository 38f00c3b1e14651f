"""The command line, run in this process."""

import sys

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
