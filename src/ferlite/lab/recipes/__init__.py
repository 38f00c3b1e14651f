"""The recipes that come with ferlite: `papers/` are the literature's, `ferlite/` our own."""

import difflib
from pathlib import Path

from ferlite.errors import RecipeError

FOLDER = Path(__file__).parent


def shipped() -> dict[str, Path]:
    """Every recipe's file by its name, the papers' first.

    >>> shipped()["clcm"].parent.name, shipped()["ferlite_s"].parent.name
    ('papers', 'ferlite')
    """
    return {
        path.stem: path for of in ("papers", "ferlite") for path in sorted((FOLDER / of).iterdir())
    }


def find(name: str) -> Path:
    """The file of a recipe: one that comes with ferlite by its name, or any other by its path.

    Raises:
        RecipeError: there is none; the nearest name is offered.
    """
    if name.endswith((".yaml", ".yml", ".json")):
        path = Path(name)
        if not path.is_file():
            raise RecipeError(f"{path}: there is no such recipe file")
        return path
    known = shipped()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        raise RecipeError(
            f"there is no recipe named {name!r}{f' (did you mean {near[0]!r}?)' if near else ''}; "
            "'ferlite train --list' names them all, and a .yaml file will do, too"
        )
    return known[name]


def summaries() -> list[tuple[str, str, str]]:
    """Folder, name and summary of every recipe, without a word of them being checked."""
    import yaml

    return [
        (path.parent.name, name, str(yaml.safe_load(path.read_text("utf-8"))["summary"]))
        for name, path in shipped().items()
    ]
