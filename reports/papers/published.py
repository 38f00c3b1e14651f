"""The papers' numbers, as `published.yaml` beside this file holds them."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FILE: Final = Path(__file__).with_name("published.yaml")

SAID_OF: Final = (
    "protocol",
    "note",
    "confusion_rows_and_columns",
    "accuracy_formula",
    "latency_cpu",
    "samples",
    "test_faces",
    "future_work",
)
"""Keys that say how a number was made or what comes next, and are no result themselves."""


@cache
def read_published() -> Mapping[str, Any]:
    """The whole file."""
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def published(path: str) -> Any:
    """What stands under a dotted path.

    >>> published("mutaliyev_2026.residual_cnn.parameters")
    552455
    """
    found: Any = read_published()
    for key in path.split("."):
        found = found[key]
    return found


def results_published() -> set[str]:
    """The dotted path of everything that a paper publishes as a result.

    >>> "kamber_2026.light_emonet.macro_f1" in results_published()
    True
    """
    return set(_leaves(read_published(), ""))


def _leaves(tree: Any, path: str) -> Iterator[str]:
    if not isinstance(tree, Mapping):
        yield path
        return
    for key, value in tree.items():
        if key not in SAID_OF:
            yield from _leaves(value, f"{path}.{key}".lstrip("."))
