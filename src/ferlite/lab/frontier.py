"""Accuracy against cost: every system, every candidate, and what each change of a recipe did.

    python -m ferlite.lab.frontier        draw docs/images/frontier.png from results/

`ferlite.lab.tables` makes the tables of docs/frontier.md from the same, and draws the figure again
where it is out of date.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from ferlite.errors import FerliteError
from ferlite.lab.claims import CLAIMS, Claim, Results
from ferlite.lab.markdown import markdown
from ferlite.lab.recipe import RECIPES, load_recipe, recipe_from_dict

FIGURE: Final = Path("docs/images/frontier.png")

Cost = Literal["latency_ms", "parameters", "multiply_adds"]
Kind = Literal["ours", "literature", "peer", "claimed"]

_SPEED_IS_THE_SAME: Final = ("dropout", "weights", "frozen", "scale")
"""What a model's settings may differ in without another latency."""
_HEADLINES: Final = ("accuracy, FER2013", "validation accuracy", "accuracy on the test split")
"""How the claims begin that say how good a system is on FER2013."""
_PEER: Final = "fer"
_AS_SHIPPED, _LITE = "fer, default", "fer's Keras model in TensorFlow Lite"


@dataclass(frozen=True)
class Point:
    """One network, as good as it was measured (or is said to be) and as costly.

    Attributes:
        name: of the system or the run.
        kind: whose it is; "claimed" has the accuracy that its paper publishes.
        accuracy: on PrivateTest, 0 to 1; None where it has not been measured.
        validation: the same on PublicTest.
        latency_ms: of one face on one thread in float32, median.
        int8_ms: the same in int8.
        parameters: how many weights.
        multiply_adds: how many for one face.
    """

    name: str
    kind: Kind
    accuracy: float | None
    validation: float | None = None
    latency_ms: float | None = None
    int8_ms: float | None = None
    parameters: float | None = None
    multiply_adds: float | None = None


def architecture(model: Mapping[str, Any]) -> str:
    """A recipe's `model` without what does not change its speed, to compare with others.

    >>> architecture(load_recipe("residual_cnn", ["model.dropout=0.9"]).model) == architecture(
    ...     load_recipe("residual_cnn").model
    ... )
    True
    """
    kept = {key: value for key, value in model.items() if key not in _SPEED_IS_THE_SAME}
    return json.dumps(kept, sort_keys=True)


def points(results: Results) -> list[Point]:
    """Every system of the papers, every candidate trained on FER2013, the peer, and the claims.

    Int8 forms are networks of their own where their accuracy was measured.
    """
    found = [_trained(result, results) for result in trained_on_fer2013(results)]
    found += [_quantised(result, results) for result in quantised(results)]
    known = {point.name for point in found}
    for name in sorted({claim.system for claim in CLAIMS} - known):
        found.append(Point(name, "literature", None, **_cost(load_recipe(name).model, results)))
    costs = {point.name: point for point in found}
    claimed = (_claimed(claim, costs[claim.system]) for claim in CLAIMS if _is_headline(claim))
    return [*found, *_peer(results), *claimed]


def trained_on_fer2013(results: Results) -> list[dict[str, Any]]:
    """The training runs whose accuracy on PrivateTest is known."""
    return [
        result
        for result in results.values()
        if result.get("kind") == "training"
        and "test" in result
        and result["data"]["name"] == "fer2013"
    ]


def _trained(result: dict[str, Any], results: Results) -> Point:
    cost = _cost(recipe_from_dict(result["recipe"]).model, results)
    cost |= {key: float(result[key]) for key in ("parameters", "multiply_adds")}
    return Point(
        name=result["name"],
        kind="ours" if result["name"].startswith("ferlite") else "literature",
        accuracy=result["test"]["accuracy"],
        validation=result["validation"]["accuracy"],
        **cost,
    )


def quantised(results: Results) -> list[dict[str, Any]]:
    """The int8 forms of networks whose own accuracy on PrivateTest is known."""
    return [
        result
        for result in results.values()
        if result.get("kind") == "quantisation" and "test" in result and "recipe" in result
    ]


def _quantised(result: dict[str, Any], results: Results) -> Point:
    """An int8 form: as fast as int8 of its kind of network, and right as often as it was itself."""
    whole = _trained(result, results)
    return replace(whole, latency_ms=whole.int8_ms)


def _cost(model: Mapping[str, Any], results: Results) -> dict[str, Any]:
    """What results/frontier.json says of a network of this kind; nothing if it does not."""
    wanted = architecture(model)
    for network in results.get("frontier", {}).get("networks", []):
        if architecture(network["model"]) == wanted:
            return {
                "latency_ms": network["onnx_float32"]["median_ms"],
                "int8_ms": network["onnx_int8"]["median_ms"],
                "parameters": float(network["parameters"]),
                "multiply_adds": float(network["multiply_adds"]),
            }
    return {}


def _peer(results: Results) -> Iterator[Point]:
    """The package that people use, where it has been measured on the same faces."""
    peer = results.get("peer_fer", {})
    try:
        private, public = (
            peer["fer2013"][split][_AS_SHIPPED]["accuracy"]
            for split in ("PrivateTest", "PublicTest")
        )
        latencies = peer["one_face_ms"]
        for name, way in ((_PEER, _AS_SHIPPED), (f"{_PEER}, TensorFlow Lite", _LITE)):
            yield Point(name, "peer", private, public, latency_ms=latencies[way]["median"])
    except KeyError:
        return


def _is_headline(claim: Claim) -> bool:
    return claim.style == "percent" and claim.quantity.startswith(_HEADLINES)


def _claimed(claim: Claim, built: Point) -> Point:
    """A paper's accuracy at its own size, where it says one, and at the time measured here."""
    published = {other.quantity: other.stated for other in CLAIMS if other.system == claim.system}
    flops = published.get("MFLOPs")
    return Point(
        name=claim.system,
        kind="claimed",
        accuracy=claim.stated,
        latency_ms=built.latency_ms,
        parameters=published.get("parameters", built.parameters),
        multiply_adds=built.multiply_adds if flops is None else 1e6 * flops / 2,
    )


def best(all_points: Sequence[Point], cost: Cost) -> list[Point]:
    """The measured networks that none is both cheaper than and as good as, the cheapest first.

    >>> a, b, c = (Point(n, "ours", p, latency_ms=t) for n, p, t in
    ...            (("a", 0.6, 1), ("b", 0.5, 2), ("c", 0.7, 3)))
    >>> [point.name for point in best([a, b, c], "latency_ms")]
    ['a', 'c']
    """
    known = [
        (getattr(point, cost), point.accuracy, point)
        for point in all_points
        if point.kind != "claimed" and point.accuracy is not None and getattr(point, cost)
    ]
    found: list[Point] = []
    best_so_far = 0.0
    for _, accuracy, point in sorted(known, key=lambda row: (row[0], -row[1])):
        if accuracy > best_so_far:
            best_so_far = accuracy
            found.append(point)
    return found


def frontier_table(results: Results) -> str:
    """Every network with its accuracy and its costs, the fastest first."""
    every = points(results)
    claims = {point.name: point.accuracy for point in every if point.kind == "claimed"}
    words: dict[Cost, str] = {
        "latency_ms": "time",
        "parameters": "parameters",
        "multiply_adds": "multiply-adds",
    }
    leaders = {word: best(every, cost) for cost, word in words.items()}
    rows = []
    measured = [point for point in every if point.kind != "claimed"]
    for point in sorted(measured, key=lambda p: (p.latency_ms or 1e9, -(p.accuracy or 0))):
        rows.append(
            (
                f"`{point.name}`",
                _shown(point.latency_ms, "{:.2f} ms"),
                _shown(point.int8_ms, "{:.2f} ms"),
                _shown(point.parameters, "{:,.0f}"),
                _shown(point.multiply_adds, "{:.1f} M", 1e-6),
                _shown(point.validation, "{:.1%}"),
                "not measured yet" if point.accuracy is None else f"**{point.accuracy:.1%}**",
                _shown(claims.get(point.name), "{:.1%}"),
                ", ".join(word for word, leading in leaders.items() if point in leading),
            )
        )
    return markdown(
        (
            "network", "one face", "int8", "parameters", "multiply-adds", "PublicTest",
            "PrivateTest", "published", "nothing better for its",
        ),
        rows,
        left=1,
    )  # fmt: skip


def _shown(value: float | None, style: str, unit: float = 1.0) -> str:
    return "–" if value is None else style.format(value * unit)


@dataclass(frozen=True)
class Change:
    """A run that differs from its base in one thing.

    Attributes:
        what: the settings that differ, and how; "" for the base itself.
        epochs: how many the recipe had.
        result: the run.
    """

    what: str
    epochs: int
    result: dict[str, Any]


def ablation(results: Results, base: str) -> list[Change]:
    """The base and every run that differs from it in settings of one group alone.

    A different number of epochs does not count as a difference: such runs are told by it, and
    stand below the base at as many epochs.

    Args:
        results: all of results/.
        base: the name of a result whose recipe comes with ferlite.

    Returns:
        The base first, then the other runs, the longest first.
    """
    whole = _settings(results[base])
    changes = []
    for result in trained_on_fer2013(results):
        run = _settings(result)
        differs = sorted(key for key in whole | run if whole.get(key) != run.get(key))
        epochs = int(run["training.epochs"])
        others = [key for key in differs if key != "training.epochs"]
        if len({key.split(".")[0] for key in others}) > 1:
            continue
        what = ", ".join(
            f"`{key}` {_value(run.get(key))} instead of {_value(whole.get(key))}" for key in others
        )
        changes.append(Change(what, epochs, result))
    long = int(whole["training.epochs"])
    # The base before all, even before another run of the same settings.
    return sorted(
        changes, key=lambda c: (c.epochs != long, -c.epochs, c.what, c.result["name"] != base)
    )


def ablation_table(results: Results) -> str:
    """Each of ferlite's recipes, changed in one thing at a time."""
    trained = [result["name"] for result in trained_on_fer2013(results)]
    bases = [path.stem for path in sorted(RECIPES.glob("ferlite_*.yaml")) if path.stem in trained]
    texts = []
    for base in bases:
        changes = ablation(results, base)
        if len(changes) == 1:
            texts.append(f"`{base}`: no run differs from it in one thing alone.\n")
            continue
        head = (
            f"`{base}`, changed in one thing", "epochs", "PublicTest", "PrivateTest",
            "points on PublicTest", "points on PrivateTest",
        )  # fmt: skip
        texts.append(markdown(head, [_row(change, changes) for change in changes], left=1))
    return "\n".join(texts) or "Not measured yet.\n"


def _row(change: Change, changes: Sequence[Change]) -> tuple[str, ...]:
    """A line of the ablation: against the unchanged run of as many epochs, or else the base."""
    base = changes[0]
    reference = next((c for c in changes if not c.what and c.epochs == change.epochs), base)
    splits = ("validation", "test")
    accuracies = [change.result[split]["accuracy"] for split in splits]
    points_more = [
        100 * (accuracy - reference.result[split]["accuracy"])
        for accuracy, split in zip(accuracies, splits, strict=True)
    ]
    return (
        change.what or f"`{change.result['name']}` as it is",
        f"{change.epochs}"
        + ("" if reference.epochs == change.epochs else f", against {reference.epochs}"),
        *(f"{accuracy:.1%}" for accuracy in accuracies),
        *("" if change is reference else f"{more:+.1f}" for more in points_more),
    )


def _settings(result: dict[str, Any]) -> dict[str, Any]:
    """A run's settings by dotted key, with the defaults of keys that are newer than it."""
    try:
        tree = recipe_from_dict(result["recipe"]).as_dict()
    except FerliteError:  # of a system that there is no more
        tree = result["recipe"]
    flat: dict[str, Any] = {}
    for group, value in tree.items():
        if isinstance(value, Mapping):
            flat |= {f"{group}.{key}": inner for key, inner in value.items()}
        elif group not in ("name", "summary"):
            flat[group] = value
    return flat


def _value(value: Any) -> str:
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


def digest(results: Results) -> str:
    """What the figure is made from, in a word that the figure carries."""
    text = json.dumps([asdict(point) for point in points(results)], sort_keys=True)
    return f"frontier-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def is_drawn(results: Results, path: Path) -> bool:
    """Whether the figure at a path is the one that results/ give."""
    return path.is_file() and digest(results).encode() in path.read_bytes()


def draw(results: Results, path: Path) -> None:
    """Draw accuracy against latency, parameters and multiply-adds."""
    from ferlite.lab.evaluate.figures import frontier_figure

    every = points(results)
    frontier_figure(every, partial(best, every), path, digest(results))


def main() -> None:
    """Draw the figure of the project in the current folder."""
    from ferlite.lab.tables import read_results

    draw(read_results(Path("results")), FIGURE)
    print(FIGURE)


if __name__ == "__main__":
    main()
