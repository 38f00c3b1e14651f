"""The networks that a benchmark measures: found by name, exported, quantised, weighed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab import recipes
from ferlite.lab.efficiency.memory import peak_memory
from ferlite.lab.efficiency.onnx_cost import onnx_cost
from ferlite.lab.export import export_onnx
from ferlite.lab.int8 import is_quantised, quantise
from ferlite.lab.models import SYSTEMS
from ferlite.lab.recipe import Recipe, load_recipe, recipe_from_dict
from ferlite.lab.train.loop import size_of
from ferlite.lab.train.module import build_model


@dataclass(frozen=True)
class Subject:
    """A network to measure.

    Attributes:
        name: what the result calls it.
        shape: of one face, (1, C, H, W).
        sources: by runtime, "pytorch", "onnx_float32" and "onnx_int8", what it opens. A lone ONNX
            file has no PyTorch, and one that is int8 already has no float32 either.
        facts: parameters, multiply-adds, bytes and memory, as the result has them.
    """

    name: str
    shape: tuple[int, int, int, int]
    sources: Mapping[str, Recipe | Path]
    facts: Mapping[str, Any]


def default_models() -> list[str]:
    """What is measured when nothing is named: the papers' systems, and what ferlite ships.

    >>> "residual_cnn" in default_models()
    True
    """
    return list(dict.fromkeys([*SYSTEMS, "residual_cnn_gap", *zoo.names()]))


def found(models: Sequence[str]) -> list[Recipe | Path]:
    """Recipes, systems, ONNX files and shipped models by their names, in this order of preference.

    Raises:
        FerliteError: there is no such model, or a result could not tell two of them apart.

    >>> [recipe.name for recipe in found(["residual_cnn", "clcm"])]
    ['residual_cnn', 'clcm']
    """
    sources = {model: _found(model) for model in models}
    first: dict[str, str] = {}
    for model, source in sources.items():
        other = first.setdefault(_name(source), model)
        if other != model:
            raise FerliteError(f"{other} and {model} are both called {_name(source)}; name one")
    return list(sources.values())


def _found(model: str) -> Recipe | Path:
    shipped = recipes.shipped()
    if model in shipped or model.endswith((".yaml", ".yml")):
        return load_recipe(model)
    if model in SYSTEMS:
        return recipe_from_dict({"name": model, "model": {"system": model}})
    if model.endswith(".onnx") or model in zoo.names():
        path = zoo.path(model)
        Classifier(path)  # says in one sentence what is wrong with a foreign file
        return path
    known = sorted({*shipped, *SYSTEMS, *zoo.names()})
    near = get_close_matches(model, known, n=1, cutoff=0.5)
    raise FerliteError(
        f"there is no model {model!r}{f' (did you mean {near[0]}?)' if near else ''}; "
        "'ferlite train --list' and 'ferlite models list' name them, and an .onnx or .yaml file "
        "will do, too"
    )


def _name(source: Recipe | Path) -> str:
    return source.stem if isinstance(source, Path) else source.name


def prepared(source: Recipe | Path, folder: Path) -> Subject:
    """Export, quantise and weigh one network; its ONNX files go into `folder`."""
    name = _name(source)
    sources: dict[str, Recipe | Path] = {}
    facts: dict[str, Any]
    if isinstance(source, Path):
        classifier = Classifier(source)
        shape = (1, classifier.channels, *classifier.size)
        facts = {"trainable_parameters": None, **onnx_cost(source)}
        sources["onnx_int8" if is_quantised(source) else "onnx_float32"] = source
    else:
        shape = (1, source.model["channels"], source.model["size"], source.model["size"])
        model = build_model(source)
        facts = {**size_of(model, *shape[1:3])}
        sources["pytorch"] = source
        sources["onnx_float32"] = file = folder / f"{name}.onnx"
        export_onnx(
            model,
            file,
            name=name,
            classes=_classes(source.model["classes"]),
            channels=shape[1],
            size=shape[2],
        )
    float32 = sources.get("onnx_float32")
    if isinstance(float32, Path):
        sources["onnx_int8"] = folder / f"{name}.int8.onnx"
        quantise(float32, folder / f"{name}.int8.onnx", random_faces((8, *shape[1:])))
    multiply_adds = facts["multiply_adds"]
    facts = {
        "input": list(shape[1:]),
        "parameters": facts["parameters"],
        "trainable_parameters": facts["trainable_parameters"],
        "multiply_adds": multiply_adds,
        "flops": None if multiply_adds is None else 2 * multiply_adds,
        **{f"{r}_bytes": p.stat().st_size for r, p in sources.items() if isinstance(p, Path)},
        "peak_memory_mb": {r: _megabytes(peak_memory(s, shape)) for r, s in sources.items()},
    }
    return Subject(name, shape, sources, facts)


def random_faces(shape: Sequence[int]) -> NDArray[np.uint8]:
    """Noise: good enough for measuring speed, which does not depend on what a face shows."""
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _classes(count: int) -> Sequence[str]:
    """Names for an exported file, which must have some; here nobody reads them."""
    return EMOTIONS if count == len(EMOTIONS) else [str(number) for number in range(count)]


def _megabytes(size: int | None) -> float | None:
    return None if size is None else round(size / 1e6, 1)
