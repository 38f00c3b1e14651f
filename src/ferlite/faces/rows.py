"""Videos as rows: one for each face in each frame, the same in every table and over HTTP."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ferlite.faces.frame import Frame

KEYS: Final = (
    *("video", "frame", "time", "person", "track_id", "x", "y", "w", "h"),
    *("detection_score", "emotion", "confidence"),
)
"""The columns before the probabilities; `video` is there only where several share a table."""


def columns(classes: Sequence[str], several: bool) -> list[str]:
    """The names of the columns: smoothed probabilities by name, then those of the frame alone.

    >>> columns(["happy", "sad"], several=False)[-4:]
    ['happy', 'sad', 'raw_happy', 'raw_sad']
    """
    return [*KEYS[not several :], *classes, *(f"raw_{name}" for name in classes)]


def rows(frame: Frame, classes: Sequence[str], video: str | None = None) -> Iterator[list[Any]]:
    """The rows of a frame; one without faces has a row, too, with None in the face's columns.

    Args:
        frame: with its faces.
        classes: the emotions, in the order of the columns.
        video: its name, where there is a column for it.
    """
    key: list[Any] = [] if video is None else [video]
    key += [frame.index, round(frame.time, 6)]
    for face in frame.faces:
        raw = face.raw or {}
        person = face.track_id if face.person is None else face.person
        yield [
            *key,
            person,
            face.track_id,
            *face.box,
            round(face.detection_score, 6),
            face.emotion,
            round(face.confidence, 6),
            *(round(face.probabilities[name], 6) for name in classes),
            *(round(raw[name], 6) if name in raw else None for name in classes),
        ]
    if not frame.faces:
        yield [*key, *[None] * (9 + 2 * len(classes))]
