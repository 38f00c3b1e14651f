"""Make the runs of a plan side by side on one GPU, and end in time, whatever happens.

A small network leaves most of a large GPU idle, so several trainings share it, each a process of
its own. Runs are started in the order of their value; one that cannot end in time is passed over.
Before the time is up all are stopped at their last epoch, from which the next call goes on.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ferlite.errors import FerliteError
from ferlite.lab.export import can_export
from ferlite.lab.recipe import recipe_from_dict
from ferlite.lab.train.checkpoint import read_checkpoint
from reports.plan.archive import epochs_done, is_trained, lighten, pack
from reports.plan.plan import Run

STOPPING_S: Final = 30.0
"""What stopping and packing may take; training ends so long before the time is up."""
_PATIENCE_S: Final = 12.0
"""From asking a training to stop to ending it; its last whole epoch is on disk in any case."""
_POLL_S: Final = 0.5
_NEWS_S: Final = 60.0
_FERLITE: Final = (sys.executable, "-c", "from ferlite.cli import main; main()")
_EPOCH: Final = re.compile(r"^epoch\s+(\d+)\s", re.MULTILINE)


@dataclass(frozen=True)
class Limits:
    """What the machine and the time allow.

    Attributes:
        minutes: after which all must be over.
        at_once: how many trainings share the machine.
        pack_to: the folder for what is worth keeping.
        pack_mb: what a file there may have, in 10⁶ bytes.
        pack_files: how many files there may be.
    """

    minutes: float
    at_once: int
    pack_to: Path
    pack_mb: float = 16
    pack_files: int = 8


@dataclass
class _Going:
    """A training that runs now.

    Attributes:
        run: what it makes.
        process: the `ferlite train`.
        log: what it prints.
        epochs: how many its recipe has.
        seen: when each of its epochs was first seen to be finished, in seconds.
    """

    run: Run
    process: subprocess.Popen[bytes]
    log: Path
    epochs: int
    seen: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        """Notice new epochs; those finished before this call come all at the same time."""
        now = time.monotonic()
        text = self.log.read_text(encoding="utf-8", errors="replace")
        for number in _EPOCH.findall(text):
            self.seen.setdefault(int(number), now)

    @property
    def epoch_s(self) -> float | None:
        """Seconds per epoch; None before two have passed."""
        first, last = min(self.seen, default=0), max(self.seen, default=0)
        return (self.seen[last] - self.seen[first]) / (last - first) if last > first else None


def carry_out(plan: Sequence[Run], data: str, out: Path, limits: Limits) -> dict[str, str]:
    """Make what can be made of a plan in the time there is.

    Every event is a line on standard output and in `out`/log.jsonl; what a training prints is in
    `out`/logs.

    Args:
        plan: the runs, the most valuable first.
        data: what `ferlite train --data` takes.
        out: the folder that holds the runs, and held them at the call before.
        limits: time and room.

    Returns:
        For each run of the plan what became of it: "finished" (now or before), "stopped" (goes on
        at the next call), "failed" or "waiting".
    """
    return _Machine(plan, data, out, limits).carry_out()


class _Machine:
    """The state of one call."""

    def __init__(self, plan: Sequence[Run], data: str, out: Path, limits: Limits) -> None:
        self.plan, self.data, self.out, self.limits = plan, data, out, limits
        self.names = [run.name for run in plan]
        self.state = dict.fromkeys(self.names, "waiting")
        self.going: dict[str, _Going] = {}
        self.slowdowns: dict[str, float] = {}
        self.began = time.monotonic()
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "logs").mkdir(exist_ok=True)

    def carry_out(self) -> dict[str, str]:
        for run in self.plan:
            if self._is_finished(run):
                self.state[run.name] = "finished"
                self._say("finished before", run.name)
        with _asked_to_stop() as asked:
            try:
                self._until(lambda: asked() or self._left_s() <= 0)
            finally:  # whatever happens, no training is left behind
                self._stop("asked to" if asked() else "the time is up")
            self._pack()
        self._say("end", runs=self.state)
        return self.state

    def _until(self, over: Callable[[], bool]) -> None:
        """Start and collect runs until there is nothing more to do, or it is over."""
        news = self.began
        while not over():
            self._collect()
            self._start_what_fits()
            if not self.going:
                return
            if time.monotonic() - news > _NEWS_S:
                news = time.monotonic()
                self._say("running", epochs=self._epochs())
            time.sleep(_POLL_S)

    def _left_s(self) -> float:
        """Seconds in which there may still be training."""
        return 60 * self.limits.minutes - STOPPING_S - (time.monotonic() - self.began)

    def _is_finished(self, run: Run) -> bool:
        """Whether an earlier call left the whole of it; what only lacks an exporter is whole here.

        A run of other settings is not: `ferlite train` will refuse to mix them.
        """
        folder = self.out / run.name
        if not is_trained(folder):
            return False
        stored = read_checkpoint(folder / "checkpoints" / "last.ckpt")["recipe"]
        same = recipe_from_dict(stored).sha256 == run.read_recipe().sha256
        return same and ((folder / "metrics.json").is_file() or not can_export())

    def _start_what_fits(self) -> None:
        for run in self.plan:
            if len(self.going) >= self.limits.at_once:
                return
            if self.state[run.name] != "waiting":
                continue
            states = {name: self.state[name] for name in run.needs(self.names)}
            lost = [name for name, state in states.items() if state in ("failed", "stopped")]
            if lost:
                self.state[run.name] = "failed"
                self._say("cannot be made", run.name, because=f"{lost[0]} {states[lost[0]]}")
            elif all(state == "finished" for state in states.values()):
                fits = self._estimate_s(run) <= self._left_s()
                if fits or run.in_parts:
                    self._start(run)

    def _estimate_s(self, run: Run) -> float:
        """What is left of a run takes so long, by its plan and by how wrong the others' were."""
        slowdown = statistics.median(self.slowdowns.values()) if self.slowdowns else 1.0
        epochs = run.read_recipe().training.epochs
        done = min(epochs_done(self.out / run.name) / epochs, 1)
        return 60 * run.minutes * slowdown * (1 - done)

    def _start(self, run: Run) -> None:
        if run.data is not None and not Path(run.data).exists():
            self.state[run.name] = "failed"
            self._say("cannot be made", run.name, because=f"{run.data} is not here")
            return
        estimate = self._estimate_s(run)
        log = self.out / "logs" / f"{run.name}.log"
        threads = max(1, (os.cpu_count() or 1) // self.limits.at_once)
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*_FERLITE, *run.command(self.data, self.out, self.names), "--resume"],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": str(threads)},
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
        epochs = run.read_recipe().training.epochs
        self.going[run.name] = _Going(run, process, log, epochs)
        self.state[run.name] = "running"
        self._say("started", run.name, estimate_min=round(estimate / 60, 1))

    def _collect(self) -> None:
        """Learn from the runs that go on, and take in those that have ended."""
        for name, going in list(self.going.items()):
            going.look()
            if going.epoch_s is not None:
                self.slowdowns[name] = going.epoch_s * going.epochs / (60 * going.run.minutes)
            if going.process.poll() is not None:
                del self.going[name]
                self._take_in(going)

    def _take_in(self, going: _Going) -> None:
        name, folder = going.run.name, self.out / going.run.name
        if going.process.returncode == 0 and is_trained(folder):
            lighten(folder)
            self.state[name] = "finished"
            self._say("finished", name, **_accuracies(folder))
            self._pack()
        else:
            self.state[name] = "failed"
            lines = going.log.read_text(encoding="utf-8", errors="replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
            self._say("failed", name, status=going.process.returncode, because=last[:300])

    def _stop(self, why: str) -> None:
        for going in self.going.values():
            going.process.send_signal(signal.SIGINT)
        end = time.monotonic() + _PATIENCE_S
        for going in self.going.values():
            try:
                going.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                going.process.kill()
                going.process.wait()
        for name, going in self.going.items():
            lighten(self.out / name)
            if self._is_finished(going.run):  # it was just about to end
                self.state[name] = "finished"
                self._say("finished", name, **_accuracies(self.out / name))
            else:
                self.state[name] = "stopped"
                self._say("stopped", name, because=why, epochs=epochs_done(self.out / name))
        self.going.clear()

    def _pack(self) -> None:
        """The finished runs first, of these the teachers last, which are large and stay home."""
        teachers = {name for run in self.plan for name in run.teachers}
        resting = [name for name in self.names if name not in self.going]
        ordered = sorted(
            resting, key=lambda name: (self.state[name] != "finished", name in teachers)
        )
        to = self.limits
        try:
            left_out = pack(
                self.out, ordered, to.pack_to, megabytes=to.pack_mb, files=to.pack_files
            )
        except (OSError, FerliteError) as error:  # a full disk is no reason to end the trainings
            self._say("not packed", because=str(error))
            return
        if left_out:
            self._say("packed", without_the_weights_of=left_out)

    def _epochs(self) -> dict[str, str]:
        return {
            name: f"{max(going.seen, default=0)}/{going.epochs}"
            for name, going in self.going.items()
        }

    def _say(self, event: str, run: str | None = None, **more: Any) -> None:
        minutes = (time.monotonic() - self.began) / 60
        entry = {"minutes": round(minutes, 2), "event": event, "run": run, **more}
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        details = ", ".join(f"{key} {value}" for key, value in more.items())
        print(f"{minutes:5.1f} min  {event} {run or ''}  {details}".rstrip(), flush=True)


def _accuracies(run: Path) -> dict[str, Any]:
    """What a status line says of a finished run."""
    history = read_checkpoint(run / "checkpoints" / "last.ckpt")["history"]
    found: dict[str, Any] = {"epochs": len(history)}
    metrics = run / "metrics.json"
    if not metrics.is_file():
        best = max(epoch["val_accuracy"] for epoch in history)
        return {**found, "validation": round(best, 4), "to be measured": "reports.finish"}
    measured = json.loads(metrics.read_text(encoding="utf-8"))
    return found | {
        split: round(measured[split]["accuracy"], 4)
        for split in ("validation", "test")
        if split in measured
    }


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C and a request to terminate into a question."""
    asked: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda n, _: asked.append(n)) for number in numbers}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
