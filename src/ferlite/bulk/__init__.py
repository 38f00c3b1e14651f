"""Labelling beyond one machine, on Ray Data: `ferlite label`, and `label` for own pipelines."""

import os
from typing import Any

# Ray reports to its makers unless this stands in the environment before it starts.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

__all__ = ["label"]


def __getattr__(name: str) -> Any:
    """Import Ray only when someone asks for what needs it."""
    if name == "label":
        from ferlite.bulk.dataset import label

        return label
    raise AttributeError(f"module 'ferlite.bulk' has no attribute {name!r}")
