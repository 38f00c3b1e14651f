"""The label sources: what a network's answer is meant to agree with."""

from typing import Final, Literal, TypeAlias, get_args

from ferlite.errors import ModelError

Labels: TypeAlias = Literal["auto", "photos", "ferplus", "fer2013"]
"""Where the answer comes from; docs/explanation/label-sources.md says which to take.

- "ferplus": the shares of the votes that ten people gave to each training face for FER+ (Barsoum et
  al. 2016).
- "photos": the same, with logit adjustment (Menon et al. 2021) for how seldom some emotions are in
  the training faces, and a temperature. The right one for photos.
- "fer2013": the label that FER2013 gives to each training face.
- "auto": the first of "photos", "ferplus" and the file's own labels that a model has."""
LABELS: Final[tuple[str, ...]] = get_args(Labels)
OUTPUTS: Final[dict[Labels, str]] = {
    "fer2013": "probabilities",
    "ferplus": "voted",
    "photos": "photos",
}
"""How the outputs of a model file are called, in their order."""
OLD_NAMES: Final = {"original": "fer2013"}
"""What label sources were called before, and are called now."""


def check_labels(labels: str) -> None:
    """Refuse what is no label source.

    Raises:
        ModelError: it is none; an old name is answered with the new one.
    """
    if labels in OLD_NAMES:
        raise ModelError(f"labels {labels!r} are now called {OLD_NAMES[labels]!r}")
    if labels not in LABELS:
        raise ModelError(f"labels must be one of {', '.join(LABELS)}, not {labels!r}")
