"""How far each usual mistake lifts the accuracy that one then reports.

    python benchmarks/honest_numbers.py --data fer2013.csv --runs runs/honest [--out results]

Trains small_cnn.yaml beside it on FER2013 as it should be, and once for each leak of
`reports.leaks`, and writes results/benchmarks/honest_numbers.json. Takes about an hour on one core;
resumes where it was stopped.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.provenance import provenance
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.loop import train
from reports.leaks import augmented_before_split, stopped_on_test, trained_on_test

RECIPE = str(Path(__file__).with_name("small_cnn.yaml"))
KEEP = "data.drop_copies=false"
CASES: dict[str, tuple[str, Callable[[FaceDataset], FaceDataset], list[str]]] = {
    "honest": ("official split, copies of test faces left out", lambda d: d, []),
    "copies_kept": ("copies of test faces stay in training", lambda d: d, [KEEP]),
    "stopped_on_test": ("best epoch chosen on the test split", stopped_on_test, []),
    "half_of_test_in_train": (
        "half of validation and test is in training too",
        lambda d: trained_on_test(d, 0.5),
        [KEEP, "training.epochs=10", "stopping.patience=null"],
    ),
    "all_of_test_in_train": (
        "all of validation and test is in training too",
        lambda d: trained_on_test(d, 1.0),
        [KEEP, "training.epochs=10", "stopping.patience=null"],
    ),
    "augmented_before_split": (
        "four changed copies of each face made before a random split",
        lambda d: augmented_before_split(d, 4),
        [KEEP, "training.epochs=5", "stopping.patience=null"],
    ),
}
"""Name: what is done wrong, the data that makes, and what the recipe needs changed."""


def main() -> None:
    """Train every case that has not finished yet, and write down what each one would report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs/honest"))
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"))
    arguments = parser.parse_args()
    dataset = load_fer2013(arguments.data)
    rows: list[dict[str, Any]] = []
    for name, (what, leak, settings) in CASES.items():
        run = arguments.runs / name
        if (run / "metrics.json").is_file():
            metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
        else:
            recipe = load_recipe(RECIPE, [f"name={name}", *settings])
            metrics = train(recipe, leak(dataset), run, resume=True)
        rows.append(
            {
                "case": name,
                "what": what,
                "reported_accuracy": metrics["test"]["accuracy"],
                "accuracy_ci95": metrics["test"]["accuracy_ci95"],
                "macro_f1": metrics["test"]["macro_f1"],
                "train_accuracy": metrics["history"][metrics["best_epoch"] - 1]["train_accuracy"],
                **{k: metrics[k] for k in ("data", "epochs_run", "best_epoch", "wall_time_s")},
                **{k: metrics[k] for k in ("recipe_sha256", "seed")},
            }
        )
        print(f"{name}: {rows[-1]['reported_accuracy']:.1%}")
    result = {
        "kind": "experiment",
        "name": "honest_numbers",
        "recipe": load_recipe(RECIPE).as_dict(),
        "rows": rows,
        **provenance(),
    }
    with written_whole(arguments.out / "honest_numbers.json") as part:
        part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
