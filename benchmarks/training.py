"""How much of the bare forward and backward pass's speed the whole training loop keeps.

    python benchmarks/training.py [--out results/benchmarks/training_speed.json]

Times, on the same batches of random faces, in one process: the bare forward and backward pass of
the network (uint8 batch in, gradients out), and `ferlite train`'s loop as it is, with Lightning,
augmentation, optimiser and bookkeeping. Both in rounds that take turns, so that a busy machine
slows both alike; the ratio is quoted.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import lightning
import torch
from torch.nn import functional

from ferlite.files import written_whole
from ferlite.lab.provenance import provenance
from ferlite.lab.recipe import Recipe, load_recipe
from ferlite.lab.train.batches import Batch, batches
from ferlite.lab.train.loop import quiet_lightning
from ferlite.lab.train.module import TrainingModule

ROUNDS, STEPS, WARMUP = 5, 8, 3


class StepTimes(lightning.Callback):
    """Seconds from the start of each step to the start of the next."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def on_train_batch_start(self, *_: Any, **__: Any) -> None:
        self.starts.append(time.perf_counter())

    def seconds(self) -> list[float]:
        times = [b - a for a, b in zip(self.starts, self.starts[1:], strict=False)]
        return times[WARMUP:]


def bare(module: TrainingModule, loader: Any) -> list[float]:
    """Seconds of each forward and backward pass, without augmentation and optimiser."""
    autocast = module.recipe.training.precision == "bf16"
    module.model.train()
    seconds = []
    for faces_B1HW, labels_B, _ in loader:
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            x_BCHW = module.prepared(faces_B1HW)
            loss = functional.cross_entropy(module.all_logits(x_BCHW)[0], labels_B)
        loss.backward()  # type: ignore[no-untyped-call]
        seconds.append(time.perf_counter() - start)
        module.zero_grad()
    return seconds[WARMUP:]


def whole(module: TrainingModule, loader: Any) -> list[float]:
    """Seconds of each step of the training loop."""
    times = StepTimes()
    with quiet_lightning():
        trainer = lightning.Trainer(
            accelerator="cpu",
            max_epochs=1,
            precision="bf16-mixed" if module.recipe.training.precision == "bf16" else "32-true",
            callbacks=[times],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
        )
        trainer.fit(module, loader, val_batch())
    return times.seconds()


def val_batch() -> Any:
    """One batch, because the loop wants something to validate on."""
    return batches(torch.zeros(2, 1, 48, 48, dtype=torch.uint8), torch.zeros(2).long(), 2)


def measure(recipe: Recipe) -> dict[str, Any]:
    """Faces per second of both, and their ratio in each round."""
    size = recipe.training.batch_size
    count = size * (STEPS + WARMUP + 1)
    generator = torch.Generator().manual_seed(0)
    faces = torch.randint(0, 256, (count, 1, 48, 48), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, 7, (count,), generator=generator)

    def loader() -> torch.utils.data.DataLoader[Batch]:
        return batches(faces, labels, size, shuffle_seed=0)

    rounds = []
    for _ in range(ROUNDS):
        module = TrainingModule(recipe)
        a, b = statistics.median(bare(module, loader())), statistics.median(whole(module, loader()))
        rounds.append({"bare": size / a, "loop": size / b, "ratio": a / b})
    ratios = sorted(r["ratio"] for r in rounds)
    return {
        "recipe": recipe.name,
        "batch_size": size,
        "precision": recipe.training.precision,
        "bare_faces_per_s": round(statistics.median(r["bare"] for r in rounds), 1),
        "loop_faces_per_s": round(statistics.median(r["loop"] for r in rounds), 1),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_range": [round(ratios[0], 3), round(ratios[-1], 3)],
    }


def main() -> None:
    """Measure the paper's recipe (float32 and bfloat16) and the augmented one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/training_speed.json"))
    out = parser.parse_args().out
    rows = [
        measure(load_recipe("residual_cnn", ["training.precision=32"])),
        measure(load_recipe("residual_cnn")),
        measure(load_recipe("results/trials/ferlite_s_v0.json")),
    ]
    result = {
        "kind": "benchmark",
        "name": "training_speed",
        "threads": torch.get_num_threads(),
        "rounds": ROUNDS,
        "rows": rows,
        **provenance(),
    }
    with written_whole(out) as part:
        part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
