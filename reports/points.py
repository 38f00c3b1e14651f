"""Accuracy and cost of every network that was measured, of the papers' claims, and of the peer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from ferlite.lab.recipe import load_recipe, recipe_from_dict
from reports.papers.claims import CLAIMS, READINGS, Claim
from reports.results import (
    Result,
    Results,
    architecture,
    deviations,
    quantised,
    shipped,
    trained_on,
)

Cost = Literal["latency_ms", "parameters", "multiply_adds"]
Kind = Literal["ours", "literature", "peer", "trial", "claimed"]

_HEADLINES: Final = ("accuracy, FER2013", "validation accuracy", "accuracy on the test split")
"""How the claims begin that say how good a system is on FER2013."""
_AS_SHIPPED: Final = "fer, default"


@dataclass(frozen=True)
class Point:
    """One network, as good as it was measured (or is said to be) and as costly.

    Attributes:
        name: of the system or the run.
        kind: "ours" ships, "literature" is a paper's system, "peer" another package, "trial" any
            other training; "claimed" has the accuracy that its paper publishes.
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


def _kind(name: str) -> Kind:
    if name in shipped() or f"{name}_int8" in shipped():
        return "ours"
    of_a_paper = {*READINGS, *(claim.system for claim in CLAIMS)}
    return "literature" if name in of_a_paper else "trial"


def _trained(result: Result, results: Results) -> Point:
    name, accuracy = result["name"], result["test"]["accuracy"]
    kind = _kind(name)
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


def _quantised(result: Result, results: Results) -> Point:
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
        latency_ms = slower * latencies[_AS_SHIPPED]["median"]
        yield Point("fer", "peer", private, public, latency_ms=latency_ms)
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
