"""What tests of the reports share: what results/ hold of a training."""

from collections.abc import Callable
from typing import Any

import pytest

from ferlite.lab.recipe import load_recipe


@pytest.fixture
def trained() -> Callable[..., dict[str, Any]]:
    """`trained(name, *settings)`: what results/ hold of a run, as far as its readers ask."""

    def make(
        name: str, *settings: str, accuracy: float = 0.6, recipe: str = "ferlite_s"
    ) -> dict[str, Any]:
        made = load_recipe(recipe, [*settings, f"name={name}"])
        return {
            "kind": "training",
            "name": name,
            "recipe": made.as_dict(),
            "teachers": [],
            "data": {"name": "fer2013"},
            "parameters": 300_000,
            "multiply_adds": 80_000_000,
            "validation": {"accuracy": accuracy - 0.01},
            "test": {"accuracy": accuracy},
            "history": [{"epoch": epoch, "val_loss": epoch - accuracy} for epoch in (1, 2)],
            "best_epoch": 1,
            "epochs_run": made.training.epochs,
            "wall_time_s": 60.0 * made.training.epochs,
            "hardware": {"processor": "a processor"},
        }

    return make
