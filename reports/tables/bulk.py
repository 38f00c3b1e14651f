"""The tables of docs/research/bulk.md: what Ray costs, what limits, and what survives."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from ferlite.lab.markdown import markdown

IMAGES: Final = 10_000_000
NODES, CORES = 100, 16
"""Of the cluster that the model is of."""
GETS: Final = 5_500
"""Requests a second that Amazon promises for each prefix of a bucket."""
LAST_PART: Final = 32
"""Images of the parts that come last, as `ferlite.bulk.plan` makes them."""


def bulk_speed(report: Mapping[str, Any]) -> str:
    """The same images by a loop, by `ferlite predict` and by `ferlite label`."""
    speed, one = report["speed"], report["one"]
    predict, two, single, few = (
        speed["predict"], speed["label"], one["label"], one["label_few"],
    )  # fmt: skip
    loop = sum(speed["recognize_images_a_second_one_core"]) / 2
    rows = [
        ("a loop over `recognize`", "1", "", f"{loop:.1f}", ""),
        ("`ferlite predict --jobs 2`", "2", f"{speed['images']:,}",
         f"{predict['images_a_second']:.1f}", f"{predict['memory_mb']:,} MB"),
        *(
            (f"`ferlite label --workers {run['workers']}`", str(run["workers"]),
             f"{run['images']:,}", f"{run['images_a_second_after_start']:.1f}",
             f"{run['memory_mb']:,} MB")
            for run in (single, few, two)
        ),
    ]  # fmt: skip
    return markdown(
        ("what reads", "cores", "images", "images a second", "memory of all processes"), rows
    )


def bulk_goals(report: Mapping[str, Any]) -> str:
    """What was to be reached, and whether it is."""
    speed, one, names = report["speed"], report["one"], report["names"]
    single, few = one["label"], one["label_few"]
    over = speed["label"]["images_a_second_after_start"]
    cost = 1 - speed["label_over_predict"]
    gain = over / single["images_a_second_after_start"]
    growth = speed["label"]["memory_mb"] - few["memory_mb"]
    start = speed["label"]["seconds"] - speed["label"]["images"] / over
    rows = [
        ("what Ray costs after its start, of `ferlite predict`'s rate", "at most 10%",
         f"{cost:.1%}", _met(cost <= 0.1)),
        ("two cores over one", "at least 1.8", f"{gain:.2f}", _met(gain >= 1.8)),
        ("more memory for 20,000 images than for 2,000", "none (under 50 MB)",
         f"{growth:,} MB", _met(growth < 50)),
        ("start, until both cores work, and end", "", f"{start:.0f} s", ""),
        (f"listing and planning of {names['names']:,} names", "",
         f"{names['listing_and_planning_seconds']:.0f} s, {names['memory_mb'] / 1000:.1f} GB", ""),
    ]  # fmt: skip
    return markdown(("what", "goal", "measured", "reached"), rows, left=1)


def _met(met: bool) -> str:
    return "yes" if met else "**no**"


def bulk_model(report: Mapping[str, Any]) -> str:
    """Ten million images on a hundred machines, on paper."""
    names, parts = report["names"], report["parts"]
    rate = report["one"]["label"]["images_a_second_after_start"]
    cores = NODES * CORES
    compute = IMAGES / (rate * cores)
    count = names["parts"] * IMAGES / names["names"]
    handed_out = count / parts["parts_a_second"]
    gets = rate * cores
    rows = [
        ("list the bucket, and plan", f"{names['listing_and_planning_seconds'] / 60:.1f} min"),
        ("start Ray's workers", f"{parts['seconds_to_start_workers']:.0f} s, all at the same time"),
        ("read the images", f"{compute / 60:.1f} min at {rate:.0f} a second and core"),
        ("wait for the last worker", f"{LAST_PART / rate:.1f} s: the smallest parts come last"),
        ("hand out the parts", f"{count:,.0f} in {handed_out:.0f} s, beside the reading"),
        ("requests to the store", f"{gets:,.0f} a second, as {gets / GETS:.0f} prefixes allow"),
        ("files of results", f"{count / compute:.1f} a second"),
        ("Ray's object store", "no image goes through it"),
    ]
    title = f"{IMAGES:,} images on {NODES} machines of {CORES} cores"
    return markdown(("step", title), rows, left=2)


def bulk_kills(report: Mapping[str, Any]) -> str:
    """What was killed how often, and whether the table was the same."""
    rounds = report["rounds"]
    counts = Counter(each["kill"] for each in rounds)
    same = Counter(each["kill"] for each in rounds if each["same_table"])
    what = {
        "node": "a node with all its processes",
        "driver": "the command itself",
        "worker": "a worker",
    }
    rows = [
        (what[kill], str(count), str(same[kill]), f"{report['rows']:,}")
        for kill, count in counts.items()
    ]
    return markdown(
        ("killed at a random moment", "times", "the same table afterwards", "its rows"), rows
    )


def reading(report: Mapping[str, Any]) -> str:
    """`ferlite predict`'s own processes beside the standard library's."""
    saved = report["read_of_100_beside_a_deadly_one"]
    rows = [
        (title, ", ".join(f"{rate:.1f}" for rate in report["images_a_second"][name]),
         str(saved[name]))
        for name, title in (("own", "ferlite's own processes"), ("pool", "`ProcessPoolExecutor`"))
    ]  # fmt: skip
    return markdown(
        ("what reads on two cores", "images a second, in turns",
         "of 100 images beside one that kills its process, read"),
        rows,
    )  # fmt: skip
