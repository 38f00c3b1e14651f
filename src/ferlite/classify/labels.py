"""Whose judgement a network gives of a face; docs/labels.md says why that matters."""

from typing import Final, Literal, TypeAlias, get_args

Labels: TypeAlias = Literal["auto", "original", "ferplus"]
"""That of its dataset's own labels, or of the ten people who voted on each of the same faces for
FER+ (Barsoum et al. 2016). "auto" is the votes, which are the truer, where a network has learned
them, and else the labels."""
LABELS: Final[tuple[str, ...]] = get_args(Labels)
OUTPUTS: Final[dict[Labels, str]] = {"original": "probabilities", "ferplus": "voted"}
"""How the outputs of a model file are called."""
