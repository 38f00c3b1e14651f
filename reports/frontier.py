"""Accuracy against cost: every system, every candidate, and what each change of a recipe did.

    python -m reports.frontier        draw docs/images/frontier.png from results/

`reports.tables` makes the tables of docs/frontier.md from the same, and draws the figure again
where it is out of date.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from ferlite.lab.markdown import markdown
from ferlite.lab.recipe import load_recipe, recipe_from_dict
from reports.claims import CLAIMS, Claim, Results, deviations, keeps_copies

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
        shortened: the accuracy of a run that was shorter or smaller than its recipe, where there is
            no other; it says nothing about the network, which has its costs at full size.
        latency_ms: of one face on one thread in float32, median.
        int8_ms: the same in int8.
        parameters: how many weights.
        multiply_adds: how many for one face.
    """

    name: str
    kind: Kind
    accuracy: float | None
    validation: float | None = None
    shortened: float | None = None
    latency_ms: float | None = None
    int8_ms: float | None = None
    parameters: float | None = None
    multiply_adds: float | None = None


def architecture(model: Mapping[str, Any]) -> str:
    """A recipe's `model` without what does not change its speed, to compare with others.

    What it leaves out is at its default, so that a network measured before its system had an
    option is still the same network.

    >>> architecture(load_recipe("residual_cnn", ["model.dropout=0.9"]).model) == architecture(
    ...     load_recipe("residual_cnn").model
    ... )
    True
    """
    whole = recipe_from_dict({"name": "", "model": dict(model)}).model
    kept = {key: value for key, value in whole.items() if key not in _SPEED_IS_THE_SAME}
    return json.dumps(kept, sort_keys=True)


def points(results: Results) -> list[Point]:
    """Every system of the papers, every candidate trained on FER2013, the peer, and the claims.

    Int8 forms are networks of their own where their accuracy was measured.
    """
    found = [_trained(result, results) for result in trained_on(results, "fer2013")]
    found += [_quantised(result, results) for result in quantised(results)]
    known = {point.name for point in found}
    for name in sorted({claim.system for claim in CLAIMS} - known):
        found.append(Point(name, "literature", None, **_cost(load_recipe(name).model, results)))
    costs = {point.name: point for point in found}
    claimed = (_claimed(claim, costs[claim.system]) for claim in CLAIMS if _is_headline(claim))
    return [*found, *_peer(results), *claimed]


def trained_on(results: Results, *datasets: str) -> list[dict[str, Any]]:
    """The training runs on these datasets whose accuracy on test faces is known, and honest."""
    return [
        result
        for result in results.values()
        if result.get("kind") == "training"
        and "test" in result
        and result["data"]["name"] in datasets
        and not keeps_copies(result)
    ]


def _trained(result: dict[str, Any], results: Results) -> Point:
    name, accuracy = result["name"], result["test"]["accuracy"]
    kind: Kind = "ours" if name.startswith("ferlite") else "literature"
    if deviations(result):
        whole = _cost(load_recipe(name).model, results)
        return Point(name, kind, None, shortened=accuracy, **whole)
    cost = _cost(recipe_from_dict(result["recipe"]).model, results)
    cost |= {key: float(result[key]) for key in ("parameters", "multiply_adds")}
    return Point(
        name=name,
        kind=kind,
        accuracy=accuracy,
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
        # It was timed beside ferlite_s, perhaps on another machine than these networks.
        here = _cost(load_recipe("ferlite_s").model, results).get("latency_ms")
        there = latencies.get("ferlite_s", {}).get("median")
        slower = here / there if here and there else 1.0
        for name, way in ((_PEER, _AS_SHIPPED), (f"{_PEER}, TensorFlow Lite", _LITE)):
            latency_ms = slower * latencies[way]["median"]
            yield Point(name, "peer", private, public, latency_ms=latency_ms)
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
                _accuracy(point),
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


def _accuracy(point: Point) -> str:
    if point.accuracy is not None:
        return f"**{point.accuracy:.1%}**"
    return "not measured yet" + _shown(point.shortened, "; {:.1%} shortened", absent="")


def _shown(value: float | None, style: str, unit: float = 1.0, absent: str = "–") -> str:
    return absent if value is None else style.format(value * unit)


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
    from reports.tables import read_results

    draw(read_results(Path("results")), FIGURE)
    print(FIGURE)


if __name__ == "__main__":
    main()
