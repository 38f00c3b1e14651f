"""The seven emotions, their canonical order, and the names other people give them."""

from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The canonical order. Every probability vector, label and table in ferlite follows it.

It is FER2013's own numbering (0 = angry … 6 = neutral), so that dataset's codes need no mapping.
"""
WITH_CONTEMPT: Final = (*EMOTIONS, "contempt")
"""The eight classes of FER+, which networks of the lab may tell apart; a `Face` has the seven."""

_SYNONYMS: Final = {
    "anger": "angry",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}


def emotion_index(name: str) -> int:
    """Index of an emotion in `EMOTIONS`, from any of its common names in any case.

    >>> emotion_index("Happiness")
    3

    Raises:
        KeyError: the name is none of the seven emotions.
    """
    key = name.strip().lower()
    key = _SYNONYMS.get(key, key)
    if key not in EMOTIONS:
        raise KeyError(name)
    return EMOTIONS.index(key)
