"""Rename the keys of stored recipes once, as ferlite 0.2 has them, and record their hashes anew.

    python -m reports.rename_recipes [RESULT.json …]

Without arguments: every JSON in `results/` and the cards of the networks that ship. Running it
again changes nothing. ONNX files stay as they are, byte for byte: the `ferlite.recipe_sha256` in
those made before is of the old keys.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ferlite.classify import zoo
from ferlite.files import written_whole
from ferlite.lab.recipe import modernised, recipe_from_dict


def rename(tree: Any) -> int:
    """Rename the keys of every recipe at any depth, in place; how many needed it."""
    count = 0
    if isinstance(tree, dict):
        if isinstance(stored := tree.get("recipe"), dict) and "system" in stored.get("model", {}):
            now = modernised(stored)
            renamed: dict[str, Any] = {"recipe": now}
            if "recipe_sha256" in tree:
                renamed["recipe_sha256"] = recipe_from_dict(now).sha256
            if any(tree[key] != value for key, value in renamed.items()):
                count += 1
                tree.update(renamed)
        for value in tree.values():
            count += rename(value)
    elif isinstance(tree, list):
        count += sum(map(rename, tree))
    return count


def stored() -> Iterator[Path]:
    """Every file that may hold a recipe."""
    yield from sorted(Path("results").rglob("*.json"))
    yield from sorted(zoo.WEIGHTS.glob("*.json"))


def main() -> None:
    """Rename in the files that the command line names, or else in all."""
    for path in [Path(name) for name in sys.argv[1:]] or stored():
        before = path.read_text(encoding="utf-8")
        tree = json.loads(before)
        if count := rename(tree):
            # Cards and results are indented by one blank, some by two.
            indent = len(before.split("\n")[1]) - len(before.split("\n")[1].lstrip())
            with written_whole(path) as part:
                text = json.dumps(tree, indent=indent, ensure_ascii=before.isascii())
                part.write_text(text + "\n", encoding="utf-8")
            print(f"{path}: {count}")


if __name__ == "__main__":
    main()
