"""The table of docs/research/training-queue.md: the runs of the plan that are still to be made."""

import shlex

from ferlite.lab.markdown import markdown
from reports.plan.plan import read_plan
from reports.results import Results


def training_queue(results: Results) -> str:
    """The runs of the plan whose result is not there, or is of another recipe."""
    rows: list[tuple[str, ...]] = []
    for run in (plan := read_plan()):
        recipe = run.read_recipe()
        if results.get(run.name, {}).get("recipe_sha256") == recipe.sha256:
            continue
        command = shlex.join(["ferlite", *run.command(names=[other.name for other in plan])])
        hours, minutes = divmod(run.minutes, 60)
        time = f"{hours:.0f} h" if hours and not minutes else f"{run.minutes:g} min"
        rows.append((f"{len(rows) + 1}", f"`{run.name}`", f"`{command}`", time, run.settles))
    if not rows:
        return "Nothing: every run of the plan is in `results/`.\n"
    return markdown(("", "run", "command", "time", "what it settles"), rows, left=5)
