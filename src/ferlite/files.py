"""Writing files so that nobody ever sees half of one, and where ferlite keeps its own."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it into place if the block succeeds.

    The given path keeps the suffix, so that libraries that choose a format by it still do.

    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "answer.txt"
    >>> with written_whole(out) as part:
    ...     _ = part.write_text("42")
    >>> out.read_text()
    '42'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def home() -> Path:
    """The folder for downloaded models and caches: `FERLITE_HOME`, or the user's cache folder."""
    if chosen := os.environ.get("FERLITE_HOME"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "ferlite"
