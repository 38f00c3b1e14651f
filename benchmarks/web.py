"""The browser library beside human.js and face-api.js: time, accuracy and bytes in one Chromium.

    python benchmarks/web.py accuracy PHOTOS
    python benchmarks/web.py speed PHOTOS

PHOTOS is a folder of photos with one main face each and a `labels.csv` (image, emotion). The
three run on WebAssembly with one thread each, in the same headless Chromium (`CHROMIUM` in the
environment tells another one), and every photo is read by all of them before the next one. The time
is that from a decoded image to its faces with their emotions. "accuracy" reads every photo once;
the largest face counts, and a photo without one is wrong. "speed" reads some photos several times.
Each writes its part of results/benchmarks/web.json. `make web` builds the library before; the
others come from npm into `runs/`, with the models that lie in their packages.
"""

import argparse
import csv
import json
import platform
import statistics
import subprocess
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from ferlite.emotions import emotion_index
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance

ROOT: Final = Path(__file__).parents[1]
RESULT: Final = ROOT / "results" / "benchmarks" / "web.json"
PEERS: Final = ROOT / "runs" / "web_peers"
PACKAGES: Final = (
    "@vladmandic/human@3.3.6",
    "@vladmandic/face-api@1.7.15",
    "@tensorflow/tfjs-backend-wasm@4.22.0",
)
SYSTEMS: Final[dict[str, dict[str, Any]]] = {
    "ferlite_m": {"kind": "ferlite", "model": "ferlite_m"},
    "ferlite_s_int8": {"kind": "ferlite", "model": "ferlite_s_int8"},
    "human": {"kind": "human", "mesh": False},
    "human, with its mesh": {"kind": "human", "mesh": True},
    "face-api": {"kind": "face_api", "border": False},
    "face-api, with a border": {"kind": "face_api", "border": True},
}
OURS: Final = tuple(name for name, options in SYSTEMS.items() if options["kind"] == "ferlite")
TIMED: Final = 20
"""Of the photos, so many are read for the time: every so manieth."""
ROUNDS: Final = 3
BROTLI: Final = """
import { existsSync, readFileSync, statSync } from "node:fs"
import { brotliCompressSync } from "node:zlib"
for (const path of process.argv.slice(1)) {
  const kept = `${path}.br`
  if (existsSync(kept)) console.log(statSync(kept).size)
  else console.log(brotliCompressSync(readFileSync(path)).length)
}
"""


def main() -> None:
    """Measure one half, and put it beside the other one."""
    parser = argparse.ArgumentParser(description="ferlite in the browser beside its peers.")
    parser.add_argument("what", choices=["accuracy", "speed"])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--limit", type=int, help="read no more photos than this, to try it out")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    install()
    with (arguments.photos / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    if arguments.what == "speed":
        rows = rows[:: len(rows) // TIMED][:TIMED]
    rows = rows[: arguments.limit]
    names = [row["image"] for row in rows]
    rounds = ROUNDS if arguments.what == "speed" else 1
    answer = run(arguments.photos, names, rounds)
    measured = {
        name: right(system["found"], [row["emotion"] for row in rows])
        if arguments.what == "accuracy"
        else timed(system)
        for name, system in answer["systems"].items()
    }
    report: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    report[arguments.what] = {"photos": len(rows), "systems": measured}
    if arguments.what == "speed":
        fastest = min(measured[name]["median_ms"] for name in measured if name not in OURS)
        for name in OURS:
            measured[name]["ratio_to_the_fastest_peer"] = measured[name]["median_ms"] / fastest
        report["speed"] |= {"rounds": rounds, "machine": platform.processor() or platform.machine()}
    origin = provenance()
    report[arguments.what]["commit"] = origin["commit"]
    report |= {"chromium": answer["chromium"], "packages": PACKAGES, **origin}
    print(json.dumps(measured, indent=1))
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def install() -> None:
    """The other packages, once."""
    PEERS.mkdir(parents=True, exist_ok=True)
    wanted = "\n".join(PACKAGES)
    done = PEERS / "installed.txt"
    if done.is_file() and done.read_text() == wanted:
        return
    (PEERS / "package.json").write_text('{"private": true}')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    subprocess.run(command, cwd=PEERS, check=True)
    done.write_text(wanted)


def run(photos: Path, names: list[str], rounds: int) -> dict[str, Any]:
    """Let every system read the photos."""
    job = {
        "dist": str(ROOT / "web" / "dist"),
        "peers": str(PEERS / "node_modules"),
        "photos": str(photos.absolute()),
        "names": names,
        "rounds": rounds,
        "systems": SYSTEMS,
    }
    done = subprocess.run(
        ["node", "benchmarks/web.mjs"],
        cwd=ROOT, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def right(found: list[list[dict[str, Any]]], labels: list[str]) -> dict[str, float]:
    """How often the largest face's emotion is the label, and how often there is no face."""
    correct = 0
    for faces, label in zip(found, labels, strict=True):
        if faces:
            largest = max(faces, key=lambda face: face["box"][2] * face["box"][3])
            emotion = largest.get("emotion")
            correct += emotion is not None and emotion_index(emotion) == emotion_index(label)
    return {
        "accuracy": correct / len(labels),
        "without_a_face": sum(not faces for faces in found) / len(labels),
    }


def timed(system: dict[str, Any]) -> dict[str, Any]:
    """Times of a photo, and what had to be fetched."""
    times = sorted(system["milliseconds"])
    low, *_, high = statistics.quantiles(times, n=20)
    folders = {"dist": ROOT / "web" / "dist", "peers": PEERS / "node_modules"}
    paths = []
    for file in system["files"]:
        _, folder, rest = unquote(file).split("/", 2)
        paths.append(str(folders[folder] / rest))
    told = subprocess.run(
        ["node", "--input-type=module", "--eval", BROTLI, *paths],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {
        "median_ms": statistics.median(times),
        "p5_ms": low,
        "p95_ms": high,
        "load_ms": system["load_ms"],
        "first_photo_ms": system["first_photo_ms"],
        "bytes": sum(Path(path).stat().st_size for path in paths),
        "bytes_brotli": sum(map(int, told.stdout.split())),
        "files": len(paths),
    }


if __name__ == "__main__":
    main()
