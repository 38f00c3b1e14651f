"""What Ray costs `ferlite label`: results/benchmarks/bulk.json.

    python benchmarks/bulk.py --faces fer2013.csv.xz --work /tmp/bulk --only photos
    python benchmarks/bulk.py --work /tmp/bulk --only speed     # about six minutes
    python benchmarks/bulk.py --work /tmp/bulk --only one       # about four: one core, few images
    python benchmarks/bulk.py --work /tmp/bulk --only parts
    python benchmarks/bulk.py --work /tmp/bulk --only names     # about three

Each part but the first writes its share of the result and leaves the others as they were.

- photos: 20,000 JPEGs are made of FER2013's faces, on gray, 224 pixels wide, in many sizes.
- speed: the same images, one after the other on the same two cores: a loop over `recognize` on one
  core, `ferlite predict` on two, `ferlite label` on two, and the loop again.
- one: `ferlite label` on one core; and on two with 2,000 images, for its memory.
- parts: how many parts a second Ray hands out that take no time.
- names: the listing of a bucket of ten million names, which are made up as they are asked for.
"""

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
from PIL import Image
from pyarrow import parquet

from ferlite import EmotionRecognizer
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance

ROOT: Final = Path(__file__).parents[1]
RESULT: Final = ROOT / "results" / "benchmarks" / "bulk.json"
COMMAND: Final = [sys.executable, "-c", "from ferlite.cli import main; main()"]
SIDE: Final = 224
BARE: Final = 1500
"""Images of each of the two loops over `recognize`."""
PARTS: Final = 2000
SMALL: Final = "0[01]*.jpg"
"""The first 2,000 of 20,000 images."""


def make_photos(faces: Path, folder: Path, count: int) -> None:
    """Faces of 80 to 200 pixels somewhere on gray."""
    from ferlite.lab.data.fer2013 import load_fer2013

    pixels_NHW = load_fer2013(faces).images_NHW
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for i in range(count):
        side = int(random.integers(80, 200))
        face = Image.fromarray(pixels_NHW[i % len(pixels_NHW)]).resize((side, side))
        photo = Image.new("L", (SIDE, SIDE), 128)
        photo.paste(face, tuple(random.integers(0, SIDE - side, 2).tolist()))
        photo.convert("RGB").save(folder / f"{i:05}.jpg", quality=90)


def bare(photos: Path, model: str, count: int) -> float:
    """Images a second of a loop over `recognize`, on one core."""
    paths = sorted(photos.iterdir())[:count]
    recognizer = EmotionRecognizer(model)
    recognizer.recognize(paths[0])
    begun = time.perf_counter()
    for path in paths:
        recognizer.recognize(path)
    return count / (time.perf_counter() - begun)


def watched(command: list[str]) -> dict[str, Any]:
    """Run a command; how long it took, and the memory of it and all it started, at the most."""
    environment = {**os.environ, "RAY_worker_niceness": "0"}
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        used = 0
        for each in [psutil.Process(process.pid), *_children(process.pid)]:
            try:
                used += each.memory_full_info().pss
            except psutil.Error:
                continue
        most = max(most, used)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)  # asking more often takes time from what is measured
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return {"seconds": round(time.perf_counter() - begun, 2), "memory_mb": round(most / 1e6)}


def _children(pid: int) -> list[psutil.Process]:
    try:
        children: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
        return children
    except psutil.Error:
        return []


def labelled(photos: str, out: Path, model: str, workers: int) -> dict[str, Any]:
    """A run of `ferlite label`, and how fast it was once all workers were at work."""
    shutil.rmtree(out, ignore_errors=True)
    options = ["--out", str(out), "--model", model, "--workers", str(workers)]
    found = watched([*COMMAND, "label", photos, *options])
    parts = sorted(out.glob("part-*.parquet"), key=lambda path: path.stat().st_mtime_ns)
    images = [len(set(parquet.read_table(path)["image"].to_pylist())) for path in parts]
    times = [path.stat().st_mtime for path in parts]
    after_start = sum(images[workers:]) / (times[-1] - times[workers - 1])
    return {
        "images": sum(images),
        "workers": workers,
        "parts": len(parts),
        **found,
        "images_a_second": round(sum(images) / found["seconds"], 2),
        "images_a_second_after_start": round(after_start, 2),
    }


def speed(photos: Path, work: Path, model: str) -> dict[str, Any]:
    count = len(list(photos.iterdir()))
    loop = min(BARE, count)
    first = bare(photos, model, loop)
    csv = str(work / "faces.csv")
    predict = watched([*COMMAND, "predict", str(photos), "--csv", csv, "--model", model])
    predict["images_a_second"] = round(count / predict["seconds"], 2)
    label = labelled(str(photos), work / "two", model, 2)
    second = bare(photos, model, loop)
    return {
        "model": model,
        "images": count,
        "recognize_images_a_second_one_core": [round(first, 2), round(second, 2)],
        "predict": predict,
        "label": label,
        "label_over_predict": round(
            label["images_a_second_after_start"] / predict["images_a_second"], 3
        ),
    }


def one(photos: Path, work: Path, model: str) -> dict[str, Any]:
    return {
        "label": labelled(str(photos / "0*.jpg"), work / "one", model, 1),
        "label_few": labelled(str(photos / SMALL), work / "few", model, 2),
    }


class Nothing:
    """A worker that has nothing to do."""

    def __call__(self, batch: Any) -> Any:
        return batch


def parts() -> dict[str, Any]:
    import ferlite.bulk  # noqa: F401
    from ferlite.bulk.cluster import connected

    with connected(None):
        import ray.data

        found = {}
        for count in (10, PARTS):
            begun = time.perf_counter()
            data = ray.data.from_items(
                [{"part": i} for i in range(count)], override_num_blocks=count
            ).map_batches(
                Nothing,
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=2, max_tasks_in_flight_per_actor=2),
                num_cpus=1,
            )
            assert sum(1 for _ in data.iter_rows()) == count
            found[count] = time.perf_counter() - begun
    rate = (PARTS - 10) / (found[PARTS] - found[10])
    return {"parts_a_second": round(rate, 1), "seconds_to_start_workers": round(found[10], 2)}


def names(count: int, work: Path) -> dict[str, Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = str(ROOT / "benchmarks" / "bulk_names.py")
    server = subprocess.Popen([sys.executable, script, str(count), str(port)])
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        AWS_ACCESS_KEY_ID="any",
        AWS_SECRET_ACCESS_KEY="any",
        AWS_EC2_METADATA_DISABLED="true",
    )
    from ferlite.bulk import plan, storage
    from ferlite.bulk.sources import Sources

    shutil.rmtree(work / "names", ignore_errors=True)
    destination = storage.place(str(work / "names"))
    try:
        time.sleep(2)
        source = storage.place("s3://names/photos")
        begun = time.perf_counter()
        found = len(storage.listed(source))
        listed = time.perf_counter() - begun
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.perf_counter()
        plan.write(destination, {}, Sources(["s3://names/photos"]).items())
        planned = time.perf_counter() - begun
    finally:
        server.kill()
    begun = time.perf_counter()
    read = plan.Plan(destination)
    return {
        "names": found,
        "listing_seconds": round(listed, 1),
        "listing_memory_mb": round(memory / 1000),
        "listing_and_planning_seconds": round(planned, 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "reading_the_plan_seconds": round(time.perf_counter() - begun, 1),
        "parts": len(read),
        "plan_mb": round((work / "names" / "_ferlite" / "plan.arrow").stat().st_size / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("photos", "speed", "one", "parts", "names"))
    parser.add_argument("--faces", type=Path, help="FER2013, to make the photos")
    parser.add_argument("--work", type=Path, required=True, help="a folder for the photos")
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--names", type=int, default=10_000_000)
    parser.add_argument("--model", default="ferlite_s")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    work, photos = arguments.work, arguments.work / "photos"
    if arguments.only == "photos":
        make_photos(arguments.faces, photos, arguments.images)
        return
    measure: Callable[[], dict[str, Any]] = {
        "speed": lambda: speed(photos, work, arguments.model),
        "one": lambda: one(photos, work, arguments.model),
        "parts": parts,
        "names": lambda: names(arguments.names, work),
    }[arguments.only]
    found = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    found[arguments.only] = {**measure(), "provenance": provenance()}
    print(json.dumps(found[arguments.only], indent=1))
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
