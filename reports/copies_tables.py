"""The tables of docs/honest-numbers.md about copies of test faces in training."""

from collections.abc import Iterator
from typing import Any

from ferlite.lab.markdown import markdown
from reports.ablation import differences
from reports.claims import Results, keeps_copies

Run = dict[str, Any]


def with_and_without(results: Results) -> Iterator[tuple[Run, Run]]:
    """Trainings with copies of test faces, and before each the one that differs in nothing else."""
    runs = [run for run in results.values() if run.get("kind") == "training" and "test" in run]
    for leaky in runs:
        for honest in runs if keeps_copies(leaky) else ():
            if list(differences(leaky, honest)) == ["data.drop_copies"]:
                yield honest, leaky


def copies_kept_table(results: Results) -> str:
    """What the same training would let one report if copies of test faces stayed in it."""
    groups = results.get("near_copies", {}).get("models", {})
    rows = []
    for pair in with_and_without(results):
        honest = pair[0]
        for run in pair:
            group = groups.get(run["name"], {})
            points = 100 * (run["test"]["accuracy"] - honest["test"]["accuracy"])
            rows.append(
                (
                    f"`{run['name']}`",
                    "left out" if run is honest else "kept",
                    f"{run['validation']['accuracy']:.1%}",
                    "{accuracy:.1%} ({accuracy_ci95[0]:.1%} to {accuracy_ci95[1]:.1%})".format_map(
                        run["test"]
                    ),
                    "" if run is honest else f"{points:+.1f}",
                    *(
                        f"{group[key]['accuracy']:.1%}" if key in group else "–"
                        for key in ("identical", "none")
                    ),
                )
            )
    if not rows:
        return "Not measured yet: `ferlite train ferlite_m --set data.drop_copies=false`.\n"
    head = (
        "training", "copies", "PublicTest", "PrivateTest (95% interval)", "points",
        "faces that have one", "faces that have none",
    )  # fmt: skip
    return markdown(head, rows, left=2)


def near_copies_table(results: Results) -> str:
    """PrivateTest by what the training had of the same photograph."""
    if "near_copies" not in results:
        return "Not measured yet: `python benchmarks/near_copies.py fer2013.csv`.\n"
    models = {
        name: row
        for name, row in results["near_copies"]["models"].items()
        if not keeps_copies(results.get(name, {}))
    }
    groups = ("all", "none", "identical", "near")
    first = next(iter(models.values()))
    head = ("model", *(f"{what}: {first[group]['n']:,} faces" for group, what in zip(
        groups,
        ("PrivateTest", "no copy in Training", "only left-out copies", "near-copies in Training"),
        strict=True,
    )))  # fmt: skip
    rows = [
        (
            f"`{name}`",
            *(
                "{:.1%} ({:.1%} to {:.1%})".format(row[g]["accuracy"], *row[g]["accuracy_ci95"])
                for g in groups
            ),
        )
        for name, row in models.items()
    ]
    return markdown(head, rows, left=1)
