"""Does memory beat smoothing? Sequences of FER2013's faces: results/benchmarks/temporal.json.

    python benchmarks/temporal.py FER2013 [--model ferlite_s] [--keep runs/temporal]

Features and trained models are kept in --keep, so that a run that was cut off goes on. Everything
is chosen on sequences of PublicTest's faces and measured on sequences of PrivateTest's.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.files import written_whole
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.provenance import provenance
from reports.figures import temporal_figure
from reports.temporal import gru
from reports.temporal.features import (
    FeatureExtractor,
    Features,
    features_of,
    kept_features,
    key_of,
    save_features,
)
from reports.temporal.gru import Settings, TemporalModel
from reports.temporal.made import World, make_sequences
from reports.temporal.measures import (
    accuracy_since_change,
    answers,
    changes_per_s,
    follow,
    gain,
)
from reports.temporal.rows import row_sets
from reports.temporal.smoothing import exponential, held, moving_average

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "temporal.json"
SEED = 0
SHARE = 0.7
"""Of PublicTest's faces, how many the temporal models learn from; the rest selects."""
WORLD = World()
# Other holds and half of the disturbance: what was learned must not hang on the made world.
CALM = World(
    hold_mean=4.0, shift=0.02, zoom=0.03, rotation=2.5, light=0.25, blur=0.5, noise=8.0,
    lost_rate=0.1,
)  # fmt: skip
SETS = {
    "held_out": ("held_out", WORLD, 200),
    "select": ("select", WORLD, 60),
    "test": ("test", WORLD, 240),
    "calm": ("test", CALM, 120),
    "train": ("train", WORLD, 200),
}
"""By name: the rows, what happens, and how many sequences."""
REPORTED = ("test", "calm")

DEFAULT_HALF_LIFE = 0.3
HALF_LIVES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0)
WINDOWS = (0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
SEEDS = (0, 1, 2)
MODELS = {
    "layer": ("held_out", Settings(memory=False)),
    "gru_probabilities": ("held_out", Settings(inputs="probabilities")),
    "gru": ("held_out", Settings()),
    "gru_training_rows": ("train", Settings()),
}
"""By name: the set a temporal model learns from, and its settings."""

Answers = dict[str, NDArray[np.int64]]
"""What a method says on each of the sets that it is measured on."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure smoothing against a GRU.")
    parser.add_argument("data", type=Path, help="FER2013")
    parser.add_argument("--model", default=zoo.FAST, help="a name or an .onnx file")
    parser.add_argument("--keep", type=Path, default=Path("runs/temporal"))
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)

    model = zoo.path(arguments.model)
    sets, about = prepared(arguments.data, model, arguments.keep)
    rows, sweeps = smoothed(sets)
    rows |= learned(sets, arguments.keep)
    best_gru = max(
        (name for name in rows if name.startswith("gru")), key=lambda n: rows[n]["select_accuracy"]
    )
    report = {
        "what": "emotions followed through made sequences of FER2013's faces; chosen on "
        "PublicTest's faces, measured on PrivateTest's",
        "kind": "benchmark",
        "model": {
            "name": Classifier(model).name,
            "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        },
        "seed": SEED,
        "worlds": {"test": WORLD.as_dict(), "calm": CALM.as_dict()},
        "sets": about,
        "default_half_life": DEFAULT_HALF_LIFE,
        "chosen_gru": best_gru,
        "methods": {name: summary(name, rows, sets) for name in rows},
        "sweeps": sweeps,
        **provenance(),
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=1) + "\n")
    temporal_figure(report, arguments.out.with_suffix(".png"))


def prepared(data: Path, model: Path, keep: Path) -> tuple[dict[str, Features], dict[str, Any]]:
    """The features of every set, and what is to be said of it; what is kept is not made again."""
    dataset = load_fer2013(data)
    rows = row_sets(dataset, share=SHARE, seed=SEED)
    extract = FeatureExtractor(model)
    found, about = {}, {}
    for number, (name, (of, world, count)) in enumerate(SETS.items()):
        key = key_of(
            model=extract.sha256,
            data=dataset.sha256,
            rows=hashlib.sha256(rows[of].tobytes()).hexdigest(),
            world=world.as_dict(),
            count=count,
            seed=[SEED, number],
        )
        path = keep / f"features_{name}.npz"
        if (features := kept_features(path, key)) is None:
            print(f"{name}: {count} sequences of {len(rows[of]):,} faces")
            part = dataset.take(rows[of])
            seed = SEED * len(SETS) + number
            made = make_sequences(part.images_NHW, part.labels_N, count, world, seed)
            features = features_of(made, extract)
            save_features(features, path, key)
        found[name] = features
        about[name] = {"faces": len(rows[of]), **described(features)}
    return found, about


def described(features: Features) -> dict[str, Any]:
    """What a set is like; of the face network's accuracy and confidence, frame by frame."""
    said_NK = features.probabilities_STK[features.seen_ST]
    right_N = said_NK.argmax(1) == features.labels_ST[features.seen_ST]
    return {
        "sequences": len(features),
        "frames": features.labels_ST.size,
        "seen": round(float(features.seen_ST.mean()), 4),
        "changes_per_s": changes_per_s(features.labels_ST, features.rate),
        "accuracy_where_seen": round(float(right_N.mean()), 4),
        "confidence_where_seen": round(float(said_NK.max(1).mean()), 4),
    }


def smoothed(sets: Mapping[str, Features]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The methods that learn nothing but one number, and what each value of it gives."""
    ways = {"moving_average": (moving_average, WINDOWS), "exponential": (exponential, HALF_LIVES)}

    def said(way: Any, value: float | None) -> Answers:
        return {
            name: answers(
                held(sets[name].probabilities_STK, sets[name].seen_ST)
                if value is None
                else way(sets[name].probabilities_STK, sets[name].seen_ST, sets[name].rate, value)
            )
            for name in ("select", *REPORTED)
        }

    rows = {"frame": row(said(None, None), sets)}
    sweeps: dict[str, Any] = {}
    for name, (way, values) in ways.items():
        tried = {value: row(said(way, value), sets) for value in values}
        best = max(values, key=lambda value: tried[value]["select_accuracy"])
        rows[name] = tried[best] | {"seconds": best}
        if name == "exponential":
            rows["default"] = tried[DEFAULT_HALF_LIFE] | {"seconds": DEFAULT_HALF_LIFE}
        sweeps[name] = {
            str(value): {
                part: follow(tried[value]["said"][part], sets[part].labels_ST, sets[part].rate)
                for part in ("select", *REPORTED)
            }
            for value in values
        }
    return rows, sweeps


def learned(sets: Mapping[str, Features], keep: Path) -> dict[str, Any]:
    """The temporal models, each from several seeds, and the layer smoothed besides."""
    rows: dict[str, Any] = {}
    for name, (of, settings) in MODELS.items():
        models, epochs = zip(
            *(fitted(name, sets, of, replace(settings, seed=seed), keep) for seed in SEEDS),
            strict=True,
        )
        said = [
            {part: answers(model.probabilities(sets[part])) for part in ("select", *REPORTED)}
            for model in models
        ]
        rows[name] = row_of_seeds(said, sets) | {
            "learned_from": of,
            "settings": asdict(settings),
            "epochs": list(epochs),
            "parameters": sum(p.numel() for p in models[0].parameters()),
        }
        if name == "layer":
            rows["layer_exponential"] = smoothed_layer(models, sets)
    return rows


def fitted(
    name: str, sets: Mapping[str, Features], of: str, settings: Settings, keep: Path
) -> tuple[TemporalModel, int]:
    """A trained model, from its file if it was trained before, and how many epochs it took."""
    learn, select = sets[of], sets["select"]
    arrays = [a for f in (learn, select) for a in (f.probabilities_STK, f.labels_ST, f.seen_ST)]
    content = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    key = key_of(settings=asdict(settings), content=content)
    path = keep / f"{name}_{settings.seed}.safetensors"
    if path.is_file():
        model, notes = gru.load(path)
        if notes.get("key") == key:
            return model, int(notes["epochs"])
    model, history = gru.train(learn, select, settings)
    gru.save(model, path, key=key, epochs=str(len(history)), history=json.dumps(history))
    best = max(epoch["select_accuracy"] for epoch in history)
    print(f"{path.stem}: {len(history)} epochs, {best:.1%}", flush=True)
    return model, len(history)


def smoothed_layer(models: tuple[TemporalModel, ...], sets: Mapping[str, Features]) -> Any:
    """The layer without memory, its probabilities smoothed: what is left for memory to gain."""

    def said(part: str, half_life: float) -> list[NDArray[np.int64]]:
        features = sets[part]
        return [
            answers(
                exponential(
                    model.probabilities(features), features.seen_ST, features.rate, half_life
                )
            )
            for model in models
        ]

    tried = {value: said("select", value) for value in HALF_LIVES}
    labels_ST = sets["select"].labels_ST
    best = max(HALF_LIVES, key=lambda v: float(np.mean([s == labels_ST for s in tried[v]])))
    by_set = {"select": tried[best], **{part: said(part, best) for part in REPORTED}}
    of_seeds = [{part: by_set[part][number] for part in by_set} for number in range(len(models))]
    return row_of_seeds(of_seeds, sets) | {"seconds": best}


def row(said: Answers, sets: Mapping[str, Features]) -> dict[str, Any]:
    """A method that has no seed."""
    return row_of_seeds([said], sets) | {"said": said}


def row_of_seeds(said: list[Answers], sets: Mapping[str, Features]) -> dict[str, Any]:
    """A method's answers from each seed, and how good they were where one selects."""
    right = [float((each["select"] == sets["select"].labels_ST).mean()) for each in said]
    return {"seeds": said, "said": said[0], "select_accuracy": float(np.mean(right))}


def summary(name: str, rows: Mapping[str, Any], sets: Mapping[str, Features]) -> dict[str, Any]:
    """A method's row as it is written: the mean over the seeds, and the gain over smoothing."""
    of = rows[name]
    kept: dict[str, Any] = {k: v for k, v in of.items() if k not in ("seeds", "said")}
    kept["select_accuracy"] = round(kept["select_accuracy"], 4)
    for part in REPORTED:
        labels_ST, rate = sets[part].labels_ST, sets[part].rate
        each = [follow(said[part], labels_ST, rate) for said in of["seeds"]]
        kept[part] = {k: round(float(np.mean([e[k] for e in each])), 4) for k in each[0]}
        if len(each) > 1:
            kept[part]["accuracy_of_seeds"] = [e["accuracy"] for e in each]
        for base in ("exponential", "layer_exponential"):
            kept[part][f"gain_over_{base}"] = gain(
                right(of, part, labels_ST), right(rows[base], part, labels_ST)
            )
        kept[part]["since_change"] = accuracy_since_change(
            of["said"][part], labels_ST, rate, seconds=2.0
        )
    return kept


def right(row: Mapping[str, Any], part: str, labels_ST: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many of the seeds are right in each frame, as a share."""
    share_ST: NDArray[np.float64] = np.mean([s[part] == labels_ST for s in row["seeds"]], axis=0)
    return share_ST


if __name__ == "__main__":
    main()
