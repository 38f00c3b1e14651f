"""The tables of docs/research/honest-numbers.md about copies of test faces in training."""

from collections.abc import Iterator

from ferlite.lab.markdown import markdown
from reports.chain import begun_from, teachers_of
from reports.results import Result, Results, keeps_copies


def with_and_without(results: Results) -> Iterator[tuple[Result, Result]]:
    """Trainings with copies of test faces, and before each the one that differs in nothing else."""
    runs = [run for run in results.values() if run.get("kind") == "training" and "test" in run]
    for leaky in runs:
        for honest in runs if keeps_copies(leaky) else ():
            if not keeps_copies(honest) and _but_copies(honest) == _but_copies(leaky):
                yield honest, leaky


def _but_copies(run: Result) -> object:
    """What a training was made with, but for the copies."""
    recipe = {key: value for key, value in run["recipe"].items() if key not in ("name", "summary")}
    data = {key: value for key, value in recipe["data"].items() if key != "drop_copies"}
    return {**recipe, "data": data}, list(teachers_of(run)), begun_from(run)


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
    head = (
        "training", "copies", "PublicTest", "PrivateTest (95% interval)", "points",
        "faces that have one", "faces that have none",
    )  # fmt: skip
    return markdown(head, rows, left=2)


def near_copies_table(results: Results) -> str:
    """PrivateTest by what the training had of the same photograph."""
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
