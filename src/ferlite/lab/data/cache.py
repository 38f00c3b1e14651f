"""Keeping a parsed dataset on disk, so that only its first load is slow."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ferlite import files
from ferlite.lab.data.dataset import FaceDataset

FORMAT = 1
"""Raised whenever a cache written by an older ferlite must not be used: it is then rebuilt."""


def cached(
    build: Callable[[], FaceDataset], *, name: str, sha256: str, folder: Path | None = None
) -> FaceDataset:
    """The dataset from the cache, or else from `build`, whose result is then kept.

    Args:
        build: reads the dataset, one without targets, from its source.
        name: what the dataset is called; begins the cache file's name.
        sha256: hash of the source's content. It is the key: a renamed source is found again, a
            changed one is not mistaken for the old.
        folder: where caches lie; by default `datasets` in `ferlite.files.home()`.

    A cache that is damaged or of another format is rebuilt. One that cannot be written costs a
    warning and nothing else. Processes that build the same cache at the same time all succeed.
    """
    path = (folder or files.home() / "datasets") / f"{name}-{sha256}.npz"
    dataset = _read(path, name)
    if dataset is None:
        dataset = build()
        try:
            _write(path, dataset)
        except OSError as error:
            why = error.strerror or error
            warnings.warn(
                f"{path.parent}: the parsed dataset cannot be kept here ({why}), so the next load "
                "will be as slow as this one",
                stacklevel=3,
            )
    return dataset


def _write(path: Path, dataset: FaceDataset) -> None:
    with files.written_whole(path) as part, part.open("wb") as file:
        np.savez(
            file,
            format=FORMAT,
            sha256=dataset.sha256,
            images=dataset.images_NHW,
            labels=dataset.labels_N,
            splits=dataset.splits_N,
            classes=dataset.classes,
        )


def _read(path: Path, name: str) -> FaceDataset | None:
    """The cached dataset; None if it is missing, damaged or of another format."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            if kept["format"] != FORMAT:
                return None
            dataset = FaceDataset(
                name=name,
                images_NHW=kept["images"],
                labels_N=kept["labels"],
                splits_N=kept["splits"],
                classes=tuple(kept["classes"].tolist()),
            )
            return dataset if dataset.sha256 == kept["sha256"] else None
    except Exception:  # A damaged file raises anything, and the answer is always to rebuild it.
        return None
