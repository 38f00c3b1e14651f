"""What a worker is told; it loads nothing heavy, so that a worker soon shows that it is alive."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferlite.serve.limits import Limits

if TYPE_CHECKING:
    from ferlite.recognizer import EmotionRecognizer


@dataclass(frozen=True)
class Setting:
    """What a server serves; it is sent to each of its workers.

    Attributes:
        recognizer: makes the recognizer, in the worker.
        limits: what is accepted.
        api_key: what clients must show, or None.
        page: the folder of the page that is served at /; None for ferlite's own, if it is built.
    """

    recognizer: "Callable[[], EmotionRecognizer]"
    limits: Limits = Limits()  # noqa: RUF009  # frozen
    api_key: str | None = field(default=None, repr=False)
    page: Path | None = None


def load(**arguments: Any) -> "EmotionRecognizer":
    """A recognizer with these arguments."""
    from ferlite.recognizer import EmotionRecognizer

    return EmotionRecognizer(**arguments)
