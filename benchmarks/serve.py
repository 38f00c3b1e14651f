"""How `ferlite serve` bears load, beside the same work in process: results/benchmarks/serve.json.

    apt-get install wrk
    python benchmarks/serve.py            # about four minutes
    python benchmarks/serve.py --quick    # half a minute, to see whether all still runs

Four questions, each asked of one server with its defaults (one worker, a thread for each core):
- throughput: photos a second over HTTP and in process, in turns, on the same cores. The client,
  wrk, runs on these cores, too.
- overload: for a minute, ten times the requests that it can answer. Who is let in should have an
  answer within a second, the others a refusal at once; memory should be as before afterwards.
- hostile uploads: damaged and made files of `fuzz_cases.py`; none may be the server's fault.
- a worker that dies, of two: how soon it is replaced. Other requests must not fail.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from ferlite import EmotionRecognizer
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance
from ferlite.media.ahead import cores
from fuzz_cases import VIDEO_SUFFIXES, case, hostile, image_seeds

ROOT: Final = Path(__file__).parents[1]
RESULT: Final = ROOT / "results" / "benchmarks" / "serve.json"
PHOTO: Final = ROOT / "examples" / "astronaut.jpg"
TURNS: Final = 5
CONNECTIONS: Final = 256
"""Of the overload; wrk gives each a thread of its own, so that it can be timed by its status. Those
whose requests wait ask for nothing meanwhile: with 64 the load was a fifth less than asked for."""
TIMES: Final = 10
SCRIPT: Final = """
local ffi = require("ffi")
ffi.cdef[[ typedef struct { long s; long ns; } span; int clock_gettime(int clock, span *now); ]]
local now = ffi.new("span")
local function clock()
  ffi.C.clock_gettime(1, now)
  return tonumber(now.s) + tonumber(now.ns) / 1e9
end

local threads = {}
function setup(thread) table.insert(threads, thread) end

local photo = io.open("%(photo)s", "rb"):read("*a")
local head = "POST /v1/predict HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %%d\\r\\n\\r\\n"
local post = string.format(head, #photo) .. photo
local began, due = 0, nil
local every = %(every)f
log = ""

function delay()
  if every == 0 then return 0 end
  due = math.max((due or clock() + every * math.random()) + every, clock())
  return (due - clock()) * 1000
end

function request()
  began = clock()
  return post
end

function response(status)
  log = log .. status .. " " .. string.format("%%.1f", (clock() - began) * 1000) .. "\\n"
end

function done()
  local out = io.open("%(log)s", "w")
  for _, thread in ipairs(threads) do out:write(thread:get("log")) end
  out:close()
end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Put load on ferlite serve.")
    parser.add_argument("--quick", action="store_true", help="shorter, and no result is written")
    quick = parser.parse_args().quick
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt-get install wrk")
    with serving() as (url, process):
        rates = throughput(url, 2 if quick else 8)
        flood = overload(url, process.pid, rates["server"], 10 if quick else 60)
        uploads = hostile_uploads(url, 100 if quick else 1000)
    report = {
        "what": "ferlite serve under load, one worker with its defaults unless said otherwise",
        "cores": cores(),
        "photo": PHOTO.name,
        "throughput": rates,
        "overload": flood,
        "hostile_uploads": uploads,
        "killed_worker": killed_worker(),
        **provenance(),
    }
    print(json.dumps(report, indent=2))
    if not quick:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(RESULT) as part:
            part.write_text(json.dumps(report, indent=2) + "\n")


@contextmanager
def serving(*options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A server in a process of its own, without a line for each request."""
    command = [sys.executable, "-c", "from ferlite.cli import main; main()", "serve"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-access-log", *options], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        url = process.stderr.readline().split()[-1]
        threading.Thread(target=process.stderr.read, daemon=True).start()
        httpx.get(f"{url}/readyz", timeout=60).raise_for_status()
        yield url, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def throughput(url: str, seconds: float) -> dict[str, Any]:
    """Photos a second, in process and over HTTP in turns."""
    recognizer = EmotionRecognizer()
    photo = PHOTO.read_bytes()
    in_process, server = [], []
    for _ in range(TURNS):
        in_process.append(rate_in_process(recognizer, photo, seconds))
        answers, took = wrk(url, seconds, connections=2 * cores())
        statuses = Counter(status for status, _ in answers)
        assert set(statuses) == {200}, statuses
        server.append(len(answers) / took)
    ratios = [over_http / here for over_http, here in zip(server, in_process, strict=True)]
    return {
        "in_process": round(statistics.median(in_process), 1),
        "server": round(statistics.median(server), 1),
        "ratio": round(statistics.median(ratios), 3),
        "turns": TURNS,
        "seconds_each": seconds,
    }


def rate_in_process(recognizer: EmotionRecognizer, photo: bytes, seconds: float) -> float:
    began = time.perf_counter()

    def work(_: int) -> int:
        count = 0
        while time.perf_counter() - began < seconds:
            assert recognizer.recognize(photo)
            count += 1
        return count

    with ThreadPoolExecutor(cores()) as threads:
        count = sum(threads.map(work, range(cores())))
    return count / (time.perf_counter() - began)


def wrk(
    url: str, seconds: float, connections: int, rate: float = 0
) -> tuple[list[tuple[int, float]], float]:
    """The status of each answer and its milliseconds, and the seconds that it took.

    Args:
        url: of the server.
        seconds: how long to ask.
        connections: how many ask at the same time.
        rate: requests a second of all together, as far as answers come; 0 is as many as can be.
    """
    with tempfile.TemporaryDirectory() as folder:
        log, script = Path(folder) / "log", Path(folder) / "post.lua"
        every = connections / rate if rate else 0
        script.write_text(SCRIPT % {"photo": PHOTO, "every": every, "log": log})
        count = str(connections)
        began = time.perf_counter()
        options = f"-t {count} -c {count} -d {round(seconds)}s --timeout 30s -s".split()
        subprocess.run(["wrk", *options, script, url], check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - began
        lines = [line.split() for line in log.read_text().splitlines()]
    return [(int(status), float(milliseconds)) for status, milliseconds in lines], took


def overload(url: str, pid: int, capacity: float, seconds: float) -> dict[str, Any]:
    """Ten times the load that the server can bear."""
    before = resident(pid)
    highest, over = [before], threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            highest.append(resident(pid))

    watching = threading.Thread(target=watch)
    watching.start()
    answers, took = wrk(url, seconds, CONNECTIONS, TIMES * capacity)
    over.set()
    watching.join()
    # What the first flood left is what a second one needs.
    after = resident(pid)
    wrk(url, seconds, CONNECTIONS, TIMES * capacity)
    accepted = sorted(ms for status, ms in answers if status == 200)
    refused = sorted(ms for status, ms in answers if status == 429)
    httpx.get(f"{url}/readyz", timeout=10).raise_for_status()
    return {
        "seconds": seconds,
        "asked_per_second": round(len(answers) / took, 1),
        "times_the_capacity": round(len(answers) / took / capacity, 1),
        "statuses": dict(Counter(str(status) for status, _ in answers)),
        "accepted_per_second": round(len(accepted) / took, 1),
        "accepted_ms": percentiles(accepted),
        "refused_ms": percentiles(refused),
        "resident_mb": {
            "before": before,
            "highest": max(highest),
            "after": after,
            "after_as_much_again": resident(pid),
        },
    }


def percentiles(sorted_ms: list[float]) -> dict[str, float]:
    last = len(sorted_ms) - 1
    return {f"p{p}": round(sorted_ms[round(last * p / 100)], 1) for p in (50, 99, 100) if last >= 0}


def resident(pid: int) -> float:
    """The resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return round(int(found[1]) / 1000, 1)


def hostile_uploads(url: str, count: int) -> dict[str, Any]:
    """Statuses of damaged and made files; those that can still be read are answered."""
    seeds = image_seeds()
    made = [
        data() for name, data in hostile().items() if not name.startswith(tuple(VIDEO_SUFFIXES))
    ]
    statuses: Counter[str] = Counter()
    longest = 0.0
    with httpx.Client(base_url=url, timeout=120) as client:
        for number in range(count):
            data = made[number] if number < len(made) else case("image", number, seeds, 1).data
            began = time.perf_counter()
            statuses[str(client.post("/v1/predict", content=data).status_code)] += 1
            longest = max(longest, time.perf_counter() - began)
    return {"files": count, "statuses": dict(statuses), "longest_seconds": round(longest, 2)}


def killed_worker() -> dict[str, Any]:
    """Kill one of two workers while new connections ask all the time."""
    photo = PHOTO.read_bytes()
    with serving("--workers", "2") as (url, _):

        def worker() -> int:
            found = re.search(r'worker="(\d+)"', httpx.get(f"{url}/metrics", timeout=60).text)
            assert found
            return int(found[1])

        old: set[int] = set()
        while len(old) < 2:
            old.add(worker())
        victim = min(old)
        busy = threading.Event()
        results: Counter[str] = Counter()

        def ask() -> None:
            while not busy.is_set():
                with httpx.Client(base_url=url, timeout=60) as client:
                    try:
                        metrics = client.get("/metrics").text
                    except httpx.TransportError:  # the victim had taken it
                        results["cut_off_with_the_worker"] += 1
                        continue
                    if f'worker="{victim}"' in metrics:
                        continue  # what this connection asks is the victim's own
                    try:
                        answer = client.post("/v1/predict", content=photo)
                        results[str(answer.status_code)] += 1
                    except httpx.TransportError:
                        results["failed"] += 1

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(2)
        killed = time.perf_counter()
        os.kill(victim, signal.SIGKILL)
        while worker() in old:
            time.sleep(0.05)
        replaced = time.perf_counter() - killed
        busy.set()
        for thread in threads:
            thread.join()
    return {"replaced_after_seconds": round(replaced, 1), "other_requests": dict(results)}


if __name__ == "__main__":
    main()
