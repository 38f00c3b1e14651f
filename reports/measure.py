"""Measure again all that is said of the networks that ship, and make the tables of it.

    make measure DATA=fer2013/ PHOTOS=photos/ YUNET=face_detection_yunet_2023mar.onnx
    python -m reports.measure … --list                what would be measured
    python -m reports.measure … --only photos         one benchmark alone; may be given repeatedly

Speed comes first, and wants a machine that does nothing else. What was measured of these very
networks, by the same command, is not measured again: after a stop, give the same command.
"""

import argparse
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ferlite.classify import zoo
from ferlite.files import written_whole
from reports.weights import Run, run_or_stop

BENCHMARKS: Final = {
    # These time things.
    "pipeline": "pipeline.py --photos {photos} --envs {envs}",
    "peer_fer": "peer_fer.py --data {data} --photos {photos} --yunet {yunet} --envs {envs}",
    "runtime": "runtime.py",
    "serve": "serve.py",
    "frontier": "frontier.py",
    "web speed": "web.py speed {photos}",
    # These do not, but for a few numbers.
    "detectors": "detectors.py {photos} --yunet {yunet}",
    "photos": "photos.py {photos} --yunet {yunet}",
    "margin": "margin.py {photos} --yunet {yunet}",
    "web accuracy": "web.py accuracy {photos}",
    "label_sources": "label_sources.py {data}",
    "near_copies": "near_copies.py {data}",
    "robustness": "robustness.py {data}",
    "temporal": "temporal.py {data}",
}
"""Scripts in benchmarks/ whose results depend on the networks that ship, with what they take."""


def measure(given: Mapping[str, str], names: Sequence[str], done: Path, run: Run) -> None:
    """Run the benchmarks that have not been run, and note each as it ends.

    Args:
        given: what stands for the names in braces.
        names: of which benchmarks.
        done: the note, a JSON file; benchmarks that it knows with these networks are left out.
        run: runs a command, and raises if that fails.
    """
    networks = shipped_sha256()
    for number, name in enumerate(names, 1):
        command = f"python benchmarks/{BENCHMARKS[name]}"
        words = [word.format(**given) for word in shlex.split(command)]
        known: dict[str, list[str]] = json.loads(done.read_text("utf-8")) if done.is_file() else {}
        if known.get(name) == [networks, *words]:
            print(f"{number} of {len(names)}: {name} is measured", flush=True)
            continue
        print(f"{number} of {len(names)}: {name}", flush=True)
        run(words)
        with written_whole(done) as part:
            part.write_text(json.dumps(known | {name: [networks, *words]}, indent=1), "utf-8")
    run(["python", "-m", "reports.tables"])


def shipped_sha256() -> str:
    """A hash of all networks that ship, by their names and cards."""
    cards = {name: zoo.card(name)["sha256"] for name in zoo.names()}
    return hashlib.sha256(json.dumps(cards, sort_keys=True).encode()).hexdigest()


def main() -> None:
    """Measure, or list what would be measured."""
    parser = argparse.ArgumentParser(description="Measure again what is said of what ships.")
    parser.add_argument("--data", required=True, help="folder of FER2013 and FER+'s votes")
    parser.add_argument("--photos", required=True, help="folder of photos with a labels.csv")
    parser.add_argument("--yunet", required=True, help="YuNet's file")
    parser.add_argument("--envs", default="runs/envs", help="for environments of other packages")
    parser.add_argument("--only", choices=BENCHMARKS, action="append")
    parser.add_argument("--done", type=Path, default=Path("runs/measured.json"))
    parser.add_argument("--list", action="store_true", help="only say what would be measured")
    arguments = parser.parse_args()
    names = [name for name in BENCHMARKS if not arguments.only or name in arguments.only]
    if arguments.list:
        print("\n".join(names))
        return
    for given in (arguments.data, arguments.photos, arguments.yunet):
        if not Path(given).exists():
            parser.error(f"{given}: there is no such file or folder")
    arguments.done.parent.mkdir(parents=True, exist_ok=True)
    measure(vars(arguments), names, arguments.done, run_or_stop)


if __name__ == "__main__":
    main()
