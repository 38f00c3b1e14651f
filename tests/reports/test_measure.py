"""All that is said of what ships is measured again by one command, which goes on after a stop."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from reports import measure as module
from reports.measure import BENCHMARKS, measure

GIVEN = {name: f"my {name}" for name in ("data", "photos", "yunet", "envs")}


class Runs:
    """Stands in for the shell, and fails at one benchmark."""

    def __init__(self, fails: str = "") -> None:
        self.commands: list[Sequence[str]] = []
        self._fails = fails

    def __call__(self, words: Sequence[str]) -> None:
        if self._fails and self._fails in words[1]:
            raise SystemExit(self._fails)
        self.commands.append(words)


def test_every_benchmark_is_there_and_takes_what_it_is_given(tmp_path: Path) -> None:
    runs = Runs()
    measure(GIVEN, list(BENCHMARKS), tmp_path / "done.json", runs)
    *benchmarks, last = runs.commands
    assert len(benchmarks) == len(BENCHMARKS)
    assert last == ["python", "-m", "reports.tables"]
    for _, script, *options in benchmarks:
        files = [Path(script), Path("benchmarks/peer_fer.py")]  # others take its options
        source = "".join(file.read_text(encoding="utf-8") for file in files)
        assert all(f'"{option}"' in source for option in options if option.startswith("--")), script
    assert benchmarks[0][2:] == ["--photos", "my photos", "--envs", "my envs"]


def test_after_a_stop_it_goes_on_and_other_networks_are_measured_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, done = list(BENCHMARKS), tmp_path / "done.json"
    first, second, third = Runs(fails="serve.py"), Runs(), Runs()
    with pytest.raises(SystemExit):
        measure(GIVEN, names, done, first)
    measure(GIVEN, names, done, second)
    assert len(first.commands) == names.index("serve")
    scripts = [BENCHMARKS[name].split()[0] for name in names]
    ran = [Path(words[1]).name for words in [*first.commands, *second.commands[:-1]]]
    assert ran == scripts
    monkeypatch.setattr(module, "shipped_sha256", lambda: "others")
    measure(GIVEN, names, done, third)
    assert len(third.commands) == len(names) + 1
