"""How long one face takes in every network, side by side: results/benchmarks/frontier.json.

    python benchmarks/frontier.py --prepare     export what is missing (minutes)
    python benchmarks/frontier.py               measure (two minutes, on a quiet machine)

Every kind of network among the recipes and the runs of results/ is measured once, in float32 and
int8, on one thread, in rounds: a busy moment hurts all of them alike. Where the file that a run of
results/ measured is at hand (runs/NAME/ or the shipped weights) it is that; else fresh weights do,
for speed does not depend on them. The scales of int8 files made here come from random pixels, which
does for speed and says nothing about accuracy.
"""

import argparse
import hashlib
import json
import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ferlite.classify import zoo
from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab import recipes
from ferlite.lab.efficiency.runtimes import opened
from ferlite.lab.efficiency.subjects import random_faces
from ferlite.lab.efficiency.timing import sample, spread
from ferlite.lab.export import export_onnx
from ferlite.lab.int8 import quantise
from ferlite.lab.provenance import provenance
from ferlite.lab.recipe import Recipe, recipe_from_dict
from ferlite.lab.train.finetune import recipe_for
from ferlite.lab.train.loop import size_of
from ferlite.lab.train.module import build_model
from reports.results import architecture, quantised, read_results, trained_on

ROOT = Path(__file__).parents[1]
ROUNDS, SHORT, MOST_S = 15, 10, 1.0


@dataclass
class Network:
    """A kind of network: the recipes and runs that have it, and files of them where at hand."""

    recipe: Recipe
    names: list[str]
    trained: Path | None = None
    int8: Path | None = None

    def files(self, work: Path) -> dict[str, Path]:
        key = hashlib.sha256(architecture(self.recipe.model).encode()).hexdigest()[:12]
        float32 = self.trained or work / f"{self.recipe.model['system']}-{key}.onnx"
        return {"onnx_float32": float32, "onnx_int8": self.int8 or work / f"{key}.int8.onnx"}

    @property
    def shape(self) -> tuple[int, int, int, int]:
        model = self.recipe.model
        return (1, model["channels"], model["size"], model["size"])


def networks(results: dict[str, Any], runs: Path) -> list[Network]:
    """One for each kind among the recipes for seven emotions and the runs on FER2013."""
    found: dict[str, Network] = {}

    def add(recipe: Recipe, trained: Path | None = None) -> None:
        network = found.setdefault(architecture(recipe.model), Network(recipe, []))
        network.trained = network.trained or trained
        if recipe.name not in network.names:
            network.names.append(recipe.name)

    for result in trained_on(results, "fer2013"):
        try:
            add(recipe_from_dict(result["recipe"]), measured_file(result, runs))
        except FerliteError as error:
            print(f"{result['name']} is left out: {error}")
    for result in quantised(results):
        network = found.get(architecture(recipe_from_dict(result["recipe"]).model))
        if network is not None:
            network.int8 = network.int8 or measured_file(result, runs)
    for name in recipes.shipped():
        recipe, _ = recipe_for(name)
        if recipe.model["classes"] == len(EMOTIONS) and recipe.data.dataset != "image_folder":
            add(recipe)
    return list(found.values())


def measured_file(result: dict[str, Any], runs: Path) -> Path | None:
    """The very file whose accuracy a result has, where it is at hand."""
    name = result["name"]
    places: list[Path] = [runs / name / result["onnx"]["file"]]
    places += [zoo.path(name)] if name in zoo.names() else []
    for place in places:
        if place.is_file():
            sha256 = hashlib.sha256(place.read_bytes()).hexdigest()
            if sha256 == result["onnx"]["sha256"]:
                return place
    return None


def prepare(network: Network, work: Path) -> None:
    """Write the files of a network that are missing."""
    float32, int8 = network.files(work).values()
    _, channels, size, _ = network.shape
    if not float32.is_file():
        model = build_model(network.recipe)
        export_onnx(
            model, float32, name=network.recipe.name, classes=EMOTIONS, channels=channels, size=size
        )
    if not int8.is_file():
        quantise(float32, int8, random_faces((8, *network.shape[1:])))


def measure(found: list[Network], work: Path) -> Iterator[dict[str, Any]]:
    """Latencies of all, in rounds."""
    runs: dict[tuple[int, str], Callable[[], Any]] = {
        (i, runtime): partial(opened(file, threads=1), random_faces(network.shape))
        for i, network in enumerate(found)
        for runtime, file in network.files(work).items()
    }
    short = sample(runs, dict.fromkeys(runs, SHORT), 2)
    passes = {
        key: max(3 * ROUNDS, min(1000, int(1e3 * MOST_S / statistics.median(ms))))
        for key, ms in short.items()
    }
    times = sample(runs, passes, ROUNDS)
    for i, network in enumerate(found):
        files = network.files(work)
        yield {
            "names": network.names,
            "model": dict(network.recipe.model),
            "weights": "trained" if network.trained else "fresh",
            **size_of(build_model(network.recipe), *network.shape[1:3]),
            **{f"{runtime}_bytes": file.stat().st_size for runtime, file in files.items()},
            **{runtime: spread(times[i, runtime]) for runtime in files},
        }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time every network on one face, side by side.")
    parser.add_argument("--prepare", action="store_true", help="export what is missing, no more")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder of the runs")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "frontier", help="for exports")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "results" / "benchmarks" / "frontier.json"
    )
    arguments = parser.parse_args()
    found = networks(read_results(ROOT / "results"), arguments.runs)
    arguments.work.mkdir(parents=True, exist_ok=True)
    for network in found:
        prepare(network, arguments.work)
    if arguments.prepare:
        print(f"{len(found)} networks are ready in {arguments.work}")
        return
    result = {
        "kind": "benchmark",
        "name": "frontier",
        "what": "milliseconds for one face that lies in memory, ONNX Runtime, one thread",
        "rounds": ROUNDS,
        "networks": list(measure(found, arguments.work)),
        "load_average_1min_at_the_end": round(os.getloadavg()[0], 2),  # one of it is ours
        **provenance(),
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for network_ in result["networks"]:
        float32, int8 = (network_[r]["median_ms"] for r in ("onnx_float32", "onnx_int8"))
        print(f"{float32:8.3f} {int8:8.3f} ms  {', '.join(network_['names'])}")


if __name__ == "__main__":
    main()
