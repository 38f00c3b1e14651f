"""The models that come with ferlite: their names, cards and files."""

import hashlib
import json
import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from ferlite.errors import ModelError

WEIGHTS: Final = Path(__file__).parent / "weights"
"""`NAME.onnx` is a model and `NAME.json` its card."""
DEFAULT: Final = "ferlite_m"
"""The model that is right most often."""
FAST: Final = "ferlite_s"
"""The one that takes a third of the time."""
ALIASES: Final = {"ferlite_m_int8": "ferlite_m"}
"""Earlier names of models, which still lead to them."""


def names() -> list[str]:
    """The names of the models that come with ferlite, sorted."""
    return sorted(card.stem for card in WEIGHTS.glob("*.json"))


def card(name: str) -> dict[str, Any]:
    """A model's card: what it was trained on, how good it is, and what it must not be used for.

    Raises:
        ModelError: there is no model of that name; the nearest name is offered.
    """
    name = _checked(name)
    answer: dict[str, Any] = json.loads((WEIGHTS / f"{name}.json").read_text("utf-8"))
    return answer


def path(model: str | Path) -> Path:
    """The ONNX file of a model: a shipped one by its name, or any other by its path.

    Whatever has a folder in it or ends in `.onnx` is a path.

    >>> path("elsewhere/mine.onnx").name
    'mine.onnx'

    Raises:
        ModelError: there is no model of that name, its file is not the one its card tells of, or
            it is a checkpoint.
    """
    if str(model).endswith(".ckpt"):
        raise ModelError(
            f"{model} is a checkpoint of a training; make it a model with "
            f"'ferlite export {model} OUT.onnx'"
        )
    if isinstance(model, Path) or model.endswith(".onnx") or "/" in model or os.sep in model:
        return Path(model)
    model = _checked(model)
    file = WEIGHTS / f"{model}.onnx"
    # A few milliseconds, and a damaged install never gives a wrong answer.
    found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    if found != card(model)["sha256"]:
        raise ModelError(f"the file of the model {model} is damaged; install ferlite again")
    return file


def _checked(name: str) -> str:
    """The name under which a model is kept."""
    known = names()
    name = ALIASES.get(name, name)
    if name in known:
        return name
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if Path(name).exists():
        hint = "what has that name is no .onnx file"
    elif near:
        hint = f"did you mean {near[0]}?"
    else:
        hint = "see 'ferlite models list'" if known else "none is installed; give an .onnx file"
    raise ModelError(f"there is no model {name!r}; {hint}")
