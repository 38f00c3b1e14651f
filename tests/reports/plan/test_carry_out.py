"""A plan's runs share the machine, wait for what they need, end in time, and go on later."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from ferlite.errors import FerliteError
from reports.finish import finish_runs
from reports.plan import archive, carry_out
from reports.plan.__main__ import main
from reports.plan.archive import is_trained, pack, unpack
from reports.plan.carry_out import Limits
from reports.plan.plan import Run

SMALL = {
    "training.epochs": 4,
    "training.batch_size": 32,
    "training.precision": 32,
    "model.blocks": 2,
}


def small(name: str, minutes: float = 1, **more) -> Run:
    """An epoch of a second."""
    settings = {**SMALL, **more.pop("settings", {})}
    return Run(
        recipe="tests/lab/recipes/small.yaml", minutes=minutes, name=name, settings=settings, **more
    )


def events(out: Path) -> list[tuple[str, str | None]]:
    lines = (out / "log.jsonl").read_text().splitlines()
    return [(entry["event"], entry["run"]) for entry in map(json.loads, lines)]


@pytest.fixture
def stub(monkeypatch):
    """In the place of `ferlite`, a Python program that can be anything."""

    def use(code: str) -> None:
        monkeypatch.setattr(carry_out, "_FERLITE", (sys.executable, "-c", code))

    monkeypatch.setattr(carry_out, "STOPPING_S", 0.0)
    monkeypatch.setattr(carry_out, "_POLL_S", 0.02)
    return use


TRAINING = """
import pathlib, sys, time
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir(parents=True, exist_ok=True)
for epoch in range(int((out / "n").read_text()) if (out / "n").exists() else 0, 4):
    time.sleep(0.1)
    (out / "n").write_text(str(epoch + 1))
"""
"""Four epochs of a tenth of a second, of which a number is kept and nothing else."""


@pytest.fixture
def counted(stub, monkeypatch):
    """Trainings that only count their epochs."""

    def epochs(run: Path) -> int:
        return int((run / "n").read_text() or 0) if (run / "n").exists() else 0

    def checkpoint(path: Path) -> dict:
        return {"recipe": small(path.parents[1].name).read_recipe().as_dict(), "history": []}

    stub(TRAINING)
    monkeypatch.setattr(carry_out, "epochs_done", epochs)
    monkeypatch.setattr(carry_out, "is_trained", lambda run: epochs(run) == 4)
    monkeypatch.setattr(carry_out, "read_checkpoint", checkpoint)
    monkeypatch.setattr(carry_out, "can_export", lambda: False)
    monkeypatch.setattr(carry_out, "lighten", lambda run: None)
    monkeypatch.setattr(carry_out, "pack", lambda *_, **__: [])
    monkeypatch.setattr(carry_out, "_accuracies", lambda run: {})
    return epochs


def test_a_student_waits_for_its_teacher_and_what_was_stopped_goes_on(counted, tmp_path):
    out, limits = tmp_path / "runs", Limits(minutes=60, at_once=2, pack_to=tmp_path / "pack")
    plan = [small("teacher"), small("student", teachers=("teacher",))]

    def interrupt():
        while not (out / "teacher" / "n").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt, daemon=True).start()
    states = carry_out.carry_out(plan, "data", out, limits)
    assert states == {"teacher": "stopped", "student": "waiting"}
    assert 1 <= counted(out / "teacher") < 4

    states = carry_out.carry_out(plan, "data", out, limits)
    assert states == {"teacher": "finished", "student": "finished"}
    happened = events(out)
    assert happened.index(("finished", "teacher")) < happened.index(("started", "student"))
    assert carry_out.carry_out(plan, "data", out, limits) == states
    assert events(out)[len(happened) :] == [
        ("finished before", "teacher"),
        ("finished before", "student"),
        ("end", None),
    ]


def test_a_run_that_is_not_trained_to_its_end_is_not_finished(tmp_path):
    with pytest.raises(FerliteError, match="is not trained to its end"):
        finish_runs([tmp_path / "run"], tmp_path)


def test_what_cannot_end_in_time_is_not_started_unless_it_can_go_on_later(stub, tmp_path):
    stub("import time; time.sleep(600)")
    plan = [small("long", 60), small("parts", 60, in_parts=True), small("short", 0.01)]
    limits = Limits(minutes=0.03, at_once=2, pack_to=tmp_path / "pack")
    states = carry_out.carry_out(plan, "data", tmp_path / "runs", limits)
    assert states == {"long": "waiting", "parts": "stopped", "short": "stopped"}
    assert ("started", "long") not in events(tmp_path / "runs")


def test_estimates_follow_the_epochs_that_were_measured(tmp_path):
    plan = [small("a", 10), small("b", 20)]
    machine = carry_out._Machine(plan, "data", tmp_path, Limits(60, 2, tmp_path / "pack"))
    assert machine._estimate_s(plan[1]) == 20 * 60
    machine.slowdowns = {"a": 2.5}
    assert machine._estimate_s(plan[1]) == 50 * 60


def test_epochs_are_read_from_what_a_training_prints(tmp_path, monkeypatch):
    log = tmp_path / "log"
    going = carry_out._Going(small("a"), None, log, 10)  # type: ignore[arg-type]
    clock = iter([100.0, 107.0, 114.0])
    monkeypatch.setattr(carry_out.time, "monotonic", lambda: next(clock))
    text = ""
    for number in (4, 5, 6):
        text += f"epoch  {number:2d}  train 1.0000 50.00%  validation 1.0 50.00%  lr 1e-3  7 s\n"
        log.write_text(text)
        going.look()
    assert going.epoch_s == 7


def test_a_failure_is_told_and_costs_only_what_needs_it(stub, tmp_path, capsys):
    stub("import sys; sys.exit('ferlite: the data is odd')")
    plan = [small("a"), small("b", after=("a",)), small("c", data="nowhere")]
    states = carry_out.carry_out(plan, "data", tmp_path / "runs", Limits(5, 1, tmp_path / "pack"))
    assert states == dict.fromkeys("abc", "failed")
    told = capsys.readouterr().out
    assert "failed a" in told
    assert "the data is odd" in told
    assert "cannot be made b  because a failed" in told
    assert "nowhere is not here" in told


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--data", ".", "--minutes", "0.2"], "leaves no time to train"),
        (["--data", "nowhere", "--minutes", "5"], "there is no such file or folder"),
        (["--data", ".", "--minutes", "5", "--at-once", "0"], "must be at least 1"),
    ],
)
def test_wrong_options_are_refused(words, complaint, tmp_path):
    with pytest.raises(SystemExit, match=complaint):
        main([*words, "--out", str(tmp_path / "runs")])
    assert not (tmp_path / "runs").exists()


class TestPacking:
    """What is kept of runs goes into files of limited size."""

    @pytest.fixture
    def runs(self, tmp_path, monkeypatch):
        """Three runs of one epoch: 300, 500 and 100 kB; checkpoints that are only looked at."""
        monkeypatch.setattr(archive, "epochs_done", lambda run: int((run / "n").read_text()))
        monkeypatch.setattr(archive, "is_trained", lambda run: True)
        for name, size in (("a", 300), ("b", 500), ("c", 100)):
            folder = tmp_path / "runs" / name / "checkpoints"
            folder.mkdir(parents=True)
            (folder / "best.ckpt").write_bytes(os.urandom(size * 1000))
            (folder.parent / "n").write_text("1")
            (folder.parent / "metrics.json").write_text("{}")
        return tmp_path / "runs"

    def test_no_file_is_larger_than_asked_and_all_come_back(self, runs, tmp_path, monkeypatch):
        assert pack(runs, ["a", "b", "c"], tmp_path / "pack", megabytes=0.25, files=8) == []
        pieces = sorted(path.name for path in (tmp_path / "pack").iterdir())
        assert pieces == [f"runs.tar.{n}of4" for n in (1, 2, 3, 4)]
        assert all(p.stat().st_size <= 250_000 for p in (tmp_path / "pack").iterdir())
        monkeypatch.setattr(archive, "epochs_done", lambda run: 0)
        assert unpack(tmp_path / "pack", tmp_path / "back") == dict.fromkeys("abc", True)
        for name in "abc":
            place = Path(name) / "checkpoints" / "best.ckpt"
            assert (tmp_path / "back" / place).read_bytes() == (runs / place).read_bytes()

    def test_what_finds_no_room_is_left_out_but_for_its_numbers(self, runs, tmp_path, monkeypatch):
        assert pack(runs, ["a", "b", "c"], tmp_path / "pack", megabytes=0.25, files=2) == ["b"]
        monkeypatch.setattr(archive, "epochs_done", lambda run: 0)
        unpack(tmp_path / "pack", tmp_path / "back")
        assert (tmp_path / "back" / "b" / "metrics.json").is_file()
        assert not (tmp_path / "back" / "b" / "checkpoints").exists()

    def test_a_missing_or_damaged_piece_is_told(self, runs, tmp_path):
        pack(runs, ["a", "b", "c"], tmp_path / "pack", megabytes=0.25, files=8)
        (tmp_path / "pack" / "runs.tar.1of4").write_bytes(b"x" * 2000)
        with pytest.raises(FerliteError, match="damaged"):
            unpack(tmp_path / "pack", tmp_path / "back")
        (tmp_path / "pack" / "runs.tar.2of4").unlink()
        with pytest.raises(FerliteError, match=r"some of the pieces runs\.tar\.…of4 are missing"):
            unpack(tmp_path / "pack", tmp_path / "back")
        with pytest.raises(FerliteError, match="holds no packed runs"):
            unpack(runs, tmp_path / "back")

    def test_runs_without_an_epoch_are_not_packed(self, tmp_path):
        assert pack(tmp_path, ["a"], tmp_path / "pack") == []
        assert not is_trained(tmp_path / "a")
        assert unpack(tmp_path / "pack", tmp_path / "back") == {}
