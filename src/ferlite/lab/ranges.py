"""Bounds of a setting, written where the setting is declared: `Annotated[float, Range(0, 1)]`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """Smallest and largest value a number in a recipe may take, both included."""

    low: float
    high: float
