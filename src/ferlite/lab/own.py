"""Code of one's own, named in a recipe as "FILE.py:NAME": a network, or a function that reads data.

A recipe that names such a file runs it, as `python FILE.py` would: use only what you trust.
"""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ferlite.errors import RecipeError


def is_own(name: str) -> bool:
    """Whether this is the name of something in a Python file.

    >>> is_own("my_net.py:MyNet"), is_own("fer2013")
    (True, False)
    """
    return ".py:" in name


def load_own(name: str) -> Callable[..., Any]:
    """What "FILE.py:NAME" means; the file is looked for from where ferlite runs.

    Raises:
        RecipeError: no such file, nothing of that name in it, or running it fails.
    """
    file, _, wanted = name.rpartition(":")
    path = Path(file).resolve()
    if not path.is_file():
        raise RecipeError(f"{file}: there is no such file, and {wanted} is wanted from it")
    # One module for each file, so that a class is the same class whoever asks for it.
    module = sys.modules.get(as_module := f"ferlite_own:{path}")
    if module is None:
        spec = importlib.util.spec_from_file_location(as_module, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[as_module] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[as_module]
            why = " ".join(str(error).split()) or type(error).__name__
            raise RecipeError(f"{file}: cannot be run ({type(error).__name__}: {why})") from error
    found: Callable[..., Any] | None = getattr(module, wanted, None)
    if not callable(found):
        raise RecipeError(f"{file}: there is no class or function {wanted} in it")
    return found
