"""What fine-tuning on few and on many faces is worth, on faces that it has never seen.

    OMP_NUM_THREADS=1 python benchmarks/finetune.py --data fer2013.csv [--weights ferlite_s]
        [--sizes 24 100 500]

Folders of PublicTest's faces, drawn by lot, are learned from with the recipe `finetune`;
PrivateTest is their folder test/, and nothing is chosen on it. The network that ships learned from
neither, but it has seen FER2013's other faces and their labels: what it gains here is to answer as
these labels have it and no longer as it does by default for photos. Writes
results/benchmarks/finetune.json, with the processor's time, which does not depend on what else the
machine does. Takes five minutes on one core, for ferlite_m half an hour.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.provenance import provenance
from ferlite.lab.train.finetune import recipe_for
from ferlite.lab.train.loop import train

OUT = Path(__file__).parents[1] / "results" / "benchmarks" / "finetune.json"
SETTINGS = ["data.detect_faces=false"]  # the dataset's images are faces already
KEYS = ("n", "accuracy", "accuracy_ci95", "balanced_accuracy", "log_loss")


def main() -> None:
    """Fine-tune on folders of several sizes and write down what each is worth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", default="ferlite_s")
    parser.add_argument("--sizes", type=int, nargs="+", default=[24, 100, 500])
    arguments = parser.parse_args()
    dataset = load_fer2013(arguments.data)
    rows = read()
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            row = measured(dataset, arguments.weights, size, Path(folder))
        rows = [r for r in rows if (r["weights"], r["faces"]) != (arguments.weights, size)]
        rows = sorted([*rows, row], key=lambda r: (r["weights"], r["faces"]))
        content = {"kind": "finetune", **provenance(), "settings": SETTINGS, "rows": rows}
        with written_whole(OUT) as part:
            part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read() -> list[dict[str, Any]]:
    """The rows that are there already."""
    rows: list[dict[str, Any]] = []
    if OUT.is_file():
        rows = json.loads(OUT.read_text(encoding="utf-8"))["rows"]
    return rows


def measured(dataset: FaceDataset, weights: str, size: int, folder: Path) -> dict[str, Any]:
    """What a network is worth before and after it learned from so many faces."""
    drawn = np.random.default_rng(0).permutation(dataset.rows("validation"))[:size]
    for split, chosen in (("train", drawn), ("test", dataset.rows("test"))):
        for row in chosen:
            place = folder / "faces" / split / dataset.classes[dataset.labels_N[row]]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(dataset.images_NHW[row]).save(place / f"{row}.png")
    recipe, file = recipe_for("finetune", SETTINGS, Path(weights))
    started = time.process_time()
    metrics = train(recipe, folder / "faces", folder / "run", weights=file)
    return {
        "weights": weights,
        "faces": size,
        "processor_seconds": round(time.process_time() - started, 1),
        "best_epoch": metrics["best_epoch"],
        "kept_start": metrics["before"]["kept"],
        "before": {key: metrics["before"]["test"][key] for key in KEYS},
        "after": {key: metrics["test"][key] for key in KEYS},
    }


if __name__ == "__main__":
    main()
