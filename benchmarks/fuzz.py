"""Give ferlite thousands of damaged images and videos, and see that it takes or refuses each.

    python benchmarks/fuzz.py [--images 20000] [--videos 500] [--out results/benchmarks/fuzz.json]

Each case goes through `EmotionRecognizer.recognize` or `recognize_video` in a process that may be
lost, and ends as

    faces, no face    it was read
    refused           a FerliteError of one sentence that begins with the file's name
    traceback         any other exception                        }
    unclear           a refusal that is not one sentence         }
    crash             the process died                           }  bugs: the files are kept in
    hang              it took longer than --seconds              }  --keep, the exit status is 1
    memory            it took more than --megabytes              }
    unsteady          the same bytes gave two different images }

Damage is made from a seed (`fuzz_cases.py`), so that the same run can be made again. A run that is
stopped goes on where it was when it is started again with the same arguments.
"""

import argparse
import contextlib
import ctypes
import importlib.metadata
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

ROOT: Final = Path(__file__).parents[1]
BUGS: Final = ("traceback", "unclear", "crash", "hang", "memory", "unsteady")
BATCH: Final = {"image": 2000, "video": 200, "hostile": 1}
"""After so many cases a new process begins, so that none profits or suffers from long ago."""
START: Final = 1800
"""Seconds that a process may take to start, which is not what is measured, on a busy machine."""
ADDRESS_SPACE: Final = 16 << 30
"""In bytes: beyond this, the process is ended before it can disturb the machine."""

Answer = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description="Give ferlite damaged files.")
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--videos", type=int, default=500)
    parser.add_argument("--no-hostile", action="store_true", help="leave out the bombs (minutes)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=30, help="a case may take")
    parser.add_argument("--megabytes", type=float, default=2000, help="a case may take")
    parser.add_argument("--yunet", type=Path, help="find faces with this YuNet file")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "benchmarks" / "fuzz.json")
    parser.add_argument("--keep", type=Path, default=ROOT / "runs" / "fuzz")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--seeds", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        kind, start, stop = arguments.work
        work(kind, int(start), int(stop), arguments)
        return
    report = measure(arguments)
    from ferlite.files import written_whole

    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=2) + "\n")
    for bug in report["bugs"]:
        print(json.dumps(bug), file=sys.stderr)
    sys.exit(1 if report["bugs"] else 0)


def measure(arguments: argparse.Namespace) -> Answer:
    """Run every case that has not been run, and sum up."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ferlite.lab.provenance import provenance
    from fuzz_cases import hostile, image_seeds, video_seeds

    counts = {"image": arguments.images, "video": arguments.videos, "hostile": len(hostile())}
    if arguments.no_hostile:
        counts["hostile"] = 0
    journal = arguments.out.with_suffix(".part.jsonl")
    settings = {
        name: str(getattr(arguments, name)) for name in ("seed", "seconds", "megabytes", "yunet")
    }
    answers = _resumed(journal, settings)
    done = Counter(answer["kind"] for answer in answers)
    columns = TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn()
    with (
        tempfile.TemporaryDirectory() as folder,
        journal.open("a") as log,
        Progress(*columns, console=Console(stderr=True)) as bar,
    ):
        print(json.dumps(settings), file=log) if not log.tell() else None
        arguments.seeds = Path(folder)
        for kind, seeds in (("image", image_seeds()), ("video", video_seeds(arguments.seeds))):
            (arguments.seeds / kind).mkdir()
            for number, (name, data) in enumerate(seeds.items()):
                (arguments.seeds / kind / f"{number:03} {name}").write_bytes(data)
        for kind, count in counts.items():
            task = bar.add_task(f"{kind}s", total=count, completed=min(count, done[kind]))
            for answer in run(kind, done[kind], count, arguments):
                answers.append(answer)
                print(json.dumps(answer), file=log, flush=True)
                bar.advance(task)
                if answer["verdict"] in BUGS:
                    bar.print(f"{kind} {answer['number']}: {answer['verdict']} {answer['what']}")
    journal.unlink()
    return {
        "what": "damaged files given to ferlite, and what became of them",
        "detector": "yunet" if arguments.yunet else "blazeface",
        "seed": arguments.seed,
        "limits": {"seconds": arguments.seconds, "megabytes": arguments.megabytes},
        "kinds": {kind: summary(answers, kind) for kind, count in counts.items() if count},
        "bugs": [answer for answer in answers if answer["verdict"] in BUGS],
        "whole_files_made_with": {name: _version(name) for name in ("pillow", "pillow-heif", "av")},
        **provenance(),
    }


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def _resumed(journal: Path, settings: Answer) -> list[Answer]:
    """What a run with the same settings that was stopped has found."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    if not journal.is_file():
        return []
    found: list[Answer] = []
    with contextlib.suppress(json.JSONDecodeError):  # the last line may be half
        found.extend(json.loads(line) for line in journal.read_text().splitlines())
    if found[:1] != [settings]:
        journal.unlink()
    return found[1:] if found[:1] == [settings] else []


def summary(answers: list[Answer], kind: str) -> Answer:
    """Counts by format and damage and verdict, and the dearest case."""
    mine = [answer for answer in answers if answer["kind"] == kind]

    def table(key: str) -> dict[str, dict[str, int]]:
        rows: dict[str, Counter[str]] = defaultdict(Counter)
        for answer in mine:
            rows[answer[key]][answer["verdict"]] += 1
        return {row: dict(sorted(counts.items())) for row, counts in rows.items()}

    return {
        "cases": len(mine),
        "verdicts": dict(Counter(answer["verdict"] for answer in mine)),
        "formats": table("format"),
        "damages": dict(sorted(table("damage").items())),
        "seconds": round(sum(answer["seconds"] for answer in mine), 1),
        "slowest": max(mine, key=lambda answer: answer["seconds"]),
        "largest": max(mine, key=lambda answer: answer["megabytes"]),
        "libraries_wrote_to_standard_error": sum(answer["noise"] > 0 for answer in mine),
    }


def run(kind: str, start: int, stop: int, arguments: argparse.Namespace) -> Iterator[Answer]:
    """The answers to the cases from `start` to `stop`, whatever happens to who gives them."""
    tried = -1
    while start < stop:
        for answer in _batch(kind, start, min(stop, start + BATCH[kind]), arguments):
            # A machine that slept, or was busy, is no bug: a hang is one that hangs again.
            if answer["verdict"] == "hang" and tried != start:
                tried = start
                break
            start = answer["number"] + 1
            yield answer


def _batch(kind: str, start: int, stop: int, arguments: argparse.Namespace) -> Iterator[Answer]:
    """The same for cases in one process; ends early, with the culprit, if one ends the process."""
    command = worker_command(kind, start, stop, arguments)
    with tempfile.TemporaryFile("w+") as noise:
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=noise, text=True)
        lines: queue.Queue[str] = queue.Queue()
        assert worker.stdout is not None
        threading.Thread(target=_read, args=(worker.stdout, lines), daemon=True).start()
        begun: Answer | None = None
        try:
            while True:
                limit = arguments.seconds if begun and "verdict" not in begun else START
                line = lines.get(timeout=limit)
                if not line:
                    break
                begun = json.loads(line)
                assert begun is not None
                if "verdict" in begun:
                    yield begun
            code, verdict = worker.wait(), "crash"
        except queue.Empty:
            # Its own answer to this signal tells where it hangs.
            worker.send_signal(signal.SIGUSR1)
            time.sleep(1)
            worker.kill()
            code, verdict = worker.wait(), "hang"
        finally:
            worker.kill()
            worker.wait()
        noise.seek(0)
        last = noise.read()[-2000:]
    if begun is None or ("verdict" in begun and begun["number"] + 1 != stop):
        raise RuntimeError(f"the worker ended with {code} between two cases: {last}")
    if "verdict" not in begun:
        spent = arguments.seconds if verdict == "hang" else 0.0
        what = f"exit status {code}: {last}"
        yield {
            **begun, "verdict": verdict, "what": what, "seconds": spent, "megabytes": 0, "noise": 0
        }  # fmt: skip


def worker_command(kind: str, start: int, stop: int, arguments: argparse.Namespace) -> list[str]:
    """What starts a process that runs these cases."""
    command = [sys.executable, __file__, "--work", kind, str(start), str(stop)]
    for name in ("seed", "seeds", "megabytes", "keep", *(("yunet",) if arguments.yunet else ())):
        command += [f"--{name}", str(getattr(arguments, name))]
    return command


def _read(stream: TextIO, lines: "queue.Queue[str]") -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def work(kind: str, start: int, stop: int, arguments: argparse.Namespace) -> None:
    """Run cases in this process: a line of JSON before each, and one after it."""
    import faulthandler

    from ferlite import EmotionRecognizer
    from fuzz_cases import Case, case, hostile

    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    recognizer = EmotionRecognizer(
        detector="yunet" if arguments.yunet else "blazeface", yunet=arguments.yunet
    )
    recognizer.recognize(ROOT / "examples" / "astronaut.jpg")  # what is loaded once is loaded now
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    files = sorted((arguments.seeds / kind).iterdir()) if kind != "hostile" else []
    seeds = {file.name.split(" ", 1)[1]: file.read_bytes() for file in files}
    for number in range(start, stop):
        if kind == "hostile":
            format, make = list(hostile().items())[number]
            made = Case(number, format, "made", make())
        else:
            made = case(kind, number, seeds, arguments.seed)
        file = arguments.seeds / made.name
        file.write_bytes(made.data)
        told = {"kind": kind, "number": number, "format": made.format, "damage": made.damage}
        kept = arguments.keep / f"{kind} {made.name}"
        print(json.dumps(told), file=answers, flush=True)
        wrote = os.fstat(2).st_size
        # Seconds of the processor, because a busy machine is not the file's fault.
        before, began = _resident(reset=True), time.process_time()
        verdict, what = _verdict(kind, recognizer, file, made.data)
        seconds, peak = time.process_time() - began, _resident() - before
        if peak > arguments.megabytes and verdict not in BUGS:
            verdict, what = "memory", f"{peak:.0f} MB"
        if verdict in BUGS:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(made.data)
        file.unlink()
        told |= {
            "verdict": verdict,
            "what": what,
            "seconds": round(seconds, 3),
            "megabytes": round(peak, 1),
            "noise": os.fstat(2).st_size - wrote,
        }
        print(json.dumps(told), file=answers, flush=True)


def _verdict(kind: str, recognizer: Any, file: Path, data: bytes) -> tuple[str, str]:
    import numpy as np

    from ferlite import FerliteError
    from ferlite.media.image import load
    from fuzz_cases import VIDEO_SUFFIXES

    try:
        if kind == "video" or file.suffix[1:] in VIDEO_SUFFIXES:
            found = sum(len(frame.faces) for frame in recognizer.recognize_video(file))
            return ("faces" if found else "no face"), ""
        found = len(recognizer.recognize(file))
        if kind == "image":
            # What a decoder did not fill holds whatever was there before, which is not the image.
            _fill_new_memory(0x55)
            once = load(data)
            _fill_new_memory(0xAA)
            again = load(data)
            if not np.array_equal(once, again):
                return "unsteady", f"{np.mean(once != again):.1%} of the pixels differ"
        return ("faces" if found else "no face"), ""
    except FerliteError as error:
        sentence = str(error)
        if "\n" in sentence or not sentence.startswith(str(file)) or len(sentence) > 500:
            return "unclear", sentence
        return "refused", ""
    except Exception as error:
        return "traceback", f"{type(error).__name__}: {error}"
    finally:
        _fill_new_memory(0)


def _fill_new_memory(byte: int) -> None:
    """Make the C library fill what it gives out; without effect where it cannot."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(-6, byte)  # M_PERTURB


def _resident(reset: bool = False) -> float:
    """The most megabytes of memory in use since the last reset; now, if it is reset now."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
