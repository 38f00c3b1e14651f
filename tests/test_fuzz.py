"""The fuzz run of benchmarks/: a short one, and that it would notice each sort of bug."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ferlite import FerliteError
from ferlite.media import image

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="processes are limited and asked here as only Unix can"
)


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("fuzz", BENCHMARKS / "fuzz.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def arguments(tmp_path: Path) -> argparse.Namespace:
    out = tmp_path / "fuzz.json"
    return argparse.Namespace(
        images=40, videos=0, no_hostile=True, seed=0, seconds=1.0, megabytes=500, yunet=None,
        out=out, keep=tmp_path / "kept", seeds=tmp_path,
    )  # fmt: skip


def test_damaged_files_of_every_format_are_read_or_refused(tmp_path: Path):
    out = tmp_path / "fuzz.json"
    command = [sys.executable, BENCHMARKS / "fuzz.py", "--images", "330", "--videos", "26"]
    done = subprocess.run(
        [*command, "--seed", "1", "--no-hostile", "--out", out, "--keep", tmp_path / "kept"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert report["bugs"] == []
    assert {kind: found["cases"] for kind, found in report["kinds"].items()} == {
        "image": 330,
        "video": 26,
    }
    for found in report["kinds"].values():
        assert set(found["verdicts"]) == {"faces", "no face", "refused"}
        assert sum(found["verdicts"].values()) == found["cases"]
    formats = {name.split()[0] for name in report["kinds"]["image"]["formats"]}
    assert {"jpg", "png", "webp", "gif", "bmp", "tiff", "heic", "avif", "ppm"} < formats
    assert [file.name for file in tmp_path.iterdir()] == ["fuzz.json"]


def test_a_case_is_made_from_its_number_alone(fuzz: ModuleType):
    import fuzz_cases

    seeds = fuzz_cases.image_seeds()
    cases = [fuzz_cases.case("image", number, seeds, seed=0) for number in range(100)]
    assert cases == [fuzz_cases.case("image", number, seeds, seed=0) for number in range(100)]
    assert cases != [fuzz_cases.case("image", number, seeds, seed=1) for number in range(100)]
    assert {case.format for case in cases} == set(seeds)
    assert {case.damage for case in cases} == set(fuzz_cases.DAMAGES)
    assert all(case.data != seeds[case.format] for case in cases if case.damage == "end cut off")


class Recognizer:
    """Answers as a test wants it."""

    def __init__(self, answer: list[object] | Exception):
        self.answer = answer

    def recognize(self, file: Path) -> list[object]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (["a face"], "faces"),
        ([], "no face"),
        (FerliteError("{file}: is damaged"), "refused"),
        (FerliteError("{file}: is damaged\nand has two lines"), "unclear"),
        (FerliteError("says not of which file it speaks"), "unclear"),
        (ValueError("oh"), "traceback"),
        (MemoryError(), "traceback"),
    ],
)
def test_every_end_has_its_verdict(fuzz: ModuleType, astronaut: Path, answer, verdict):
    if isinstance(answer, FerliteError):
        answer = FerliteError(str(answer).format(file=astronaut))
    found = fuzz._verdict("image", Recognizer(answer), astronaut, astronaut.read_bytes())
    assert found[0] == verdict


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries do not fill memory")
def test_pixels_that_nobody_wrote_are_noticed(fuzz: ModuleType, astronaut: Path, monkeypatch):
    monkeypatch.setattr(image, "load", lambda data: np.empty((50, 50, 3), np.uint8))
    assert fuzz._verdict("image", Recognizer([]), astronaut, b"")[0] == "unsteady"


WORKER = """
import json, os, signal, sys, time
start, stop, once = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
for number in range(start, stop):
    told = {"kind": "image", "number": number, "format": "jpg", "damage": "none"}
    print(json.dumps(told), flush=True)
    if number == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    if number == 5 or (number == 6 and not os.path.exists(once)):
        open(once, "w").close() if number == 6 else None
        signal.signal(signal.SIGUSR1, lambda *_: print("is here", file=sys.stderr, flush=True))
        time.sleep(60)
        time.sleep(60)
    told |= {"verdict": "faces", "what": "", "seconds": 0.1, "megabytes": 1, "noise": 0}
    print(json.dumps(told), flush=True)
"""


def test_a_crash_and_what_hangs_twice_cost_one_case_each(fuzz: ModuleType, arguments, monkeypatch):
    def command(kind: str, start: int, stop: int, _: argparse.Namespace) -> list[str]:
        return [sys.executable, "-c", WORKER, str(start), str(stop), str(arguments.out)]

    monkeypatch.setattr(fuzz, "worker_command", command)
    answers = list(fuzz.run("image", 0, 8, arguments))
    assert [answer["number"] for answer in answers] == list(range(8))
    verdicts = {answer["number"]: answer["verdict"] for answer in answers}
    assert verdicts == {**dict.fromkeys(range(8), "faces"), 3: "crash", 5: "hang"}
    assert "-11" in answers[3]["what"]
    assert "is here" in answers[5]["what"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_memory_is_counted_at_its_highest(fuzz: ModuleType):
    # In a process of its own: who has run other tests gives back memory of theirs meanwhile.
    code = """
import fuzz, numpy
before = fuzz._resident(reset=True)
numpy.ones(80 << 20, "uint8").sum()
print(fuzz._resident() - before, fuzz._resident(reset=True) - before)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    highest, afterwards = map(float, done.stdout.split())
    assert 75 < highest < 200
    assert afterwards < 75
