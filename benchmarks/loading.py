"""How long FER2013 takes to load, first and from the cache: results/benchmarks/loading.json.

    python benchmarks/loading.py PATH/TO/fer2013.csv.xz

Takes about a minute. Measures the given file or folder and the same data as a plain CSV, with the
files in the system's memory. Loading uses one core and waits for nothing, so where "wall" exceeds
"cpu" the machine was doing other things meanwhile.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.provenance import provenance

REPEATS = 3
RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "loading.json"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long FER2013 takes to load.")
    parser.add_argument("data", type=Path, help="FER2013, a file or a folder")
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        csv = folder / "fer2013.csv"
        write_csv(load_fer2013(data, cache=folder), csv)
        loads = {form(data): measure(data, folder), "fer2013.csv": measure(csv, folder)}
    report = {"what": "median seconds to load FER2013", "loads": loads, **provenance()}
    with written_whole(RESULT) as part:
        part.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(loads, indent=2))


def form(data: Path) -> str:
    """The name under which the given data is reported: of a folder, of the one table in it."""
    tables = sorted(data.glob("fer2013.*")) if data.is_dir() else [data]
    return tables[0].name if tables else "folders of images"


def write_csv(faces: FaceDataset, path: Path) -> None:
    usages = ("Training", "PublicTest", "PrivateTest")
    with path.open("w") as file:
        file.write("emotion,pixels,Usage\n")
        for image_HW, label, split in zip(
            faces.images_NHW, faces.labels_N, faces.splits_N, strict=True
        ):
            pixels = " ".join(map(str, image_HW.ravel().tolist()))
            file.write(f"{label},{pixels},{usages[split]}\n")


def measure(data: Path, folder: Path) -> dict[str, object]:
    first, cached = [], []
    for repeat in range(REPEATS):
        cache = folder / f"cache-{data.name}-{repeat}"
        first.append(seconds(data, cache))
        cached.append(seconds(data, cache))
    return {"first": medians(first), "cached": medians(cached), "repeats": REPEATS}


def seconds(data: Path, cache: Path) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    load_fer2013(data, cache=cache)
    return time.perf_counter() - wall, time.process_time() - cpu


def medians(times: list[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = zip(*times, strict=True)
    return {"wall": round(statistics.median(wall), 3), "cpu": round(statistics.median(cpu), 3)}


if __name__ == "__main__":
    main()
