"""What helped, and by how much: each of ferlite's runs beside the one it differs least from."""

from dataclasses import dataclass
from typing import Any, Final

from ferlite.errors import FerliteError
from ferlite.lab.markdown import markdown
from ferlite.lab.recipe import as_written, by_dotted_key, recipe_from_dict
from reports.claims import Results, deviations
from reports.frontier import architecture, trained_on

Run = dict[str, Any]

_PARTS: Final = {"teachers": "distillation.", "weights": "model.weights"}
"""Settings that belong to a change of another kind, and do not count beside it."""


@dataclass(frozen=True)
class Change:
    """Two runs of one network.

    Attributes:
        worse: the run that is right less often on PublicTest.
        better: the other.
        how: in what the better differs: what kind of thing (a setting's key, or "teachers", or
            "weights"), and how.
    """

    worse: Run
    better: Run
    how: dict[str, list[str]]


def ablation(results: Results) -> list[Change]:
    """Every run of ferlite's and the one like it in most, those that differ in least first.

    Runs that were cut short are left out. Two runs that are each other's nearest come once.
    """
    runs = [
        run
        for run in trained_on(results, "fer2013")
        if run["name"].startswith("ferlite") and not deviations(run)
    ]
    found: dict[tuple[str, str], Change] = {}
    for run in runs:
        others = [o for o in runs if o is not run and _network(o) == _network(run)]
        if not others:
            continue
        nearest = min(others, key=lambda o: (len(differences(run, o)), o["name"]))
        worse, better = sorted((run, nearest), key=lambda r: (_accuracy(r), r["name"]))
        names = worse["name"], better["name"]
        found[names] = Change(worse, better, differences(better, worse))
    return sorted(
        found.values(),
        key=lambda c: (len(c.how), _accuracy(c.worse) - _accuracy(c.better), c.better["name"]),
    )


def differences(run: Run, other: Run) -> dict[str, list[str]]:
    """In what a run differs from another, by kind: teachers, initial weights, settings."""
    found: dict[str, list[str]] = {}
    if _hashes(run) != _hashes(other):
        taught_by = ", ".join(t.get("name") or t["from"] for t in run.get("teachers") or [])
        found["teachers"] = [f"taught by {taught_by}" if taught_by else "no teachers"]
    if _origin(run) != _origin(other):
        weights = run.get("initial_weights") or {}
        begun = weights.get("name") or weights.get("from") or "fresh weights"
        if _is_folded(weights):
            begun = f"the file {weights['from']}"
        if several := weights.get("mean_of"):
            begun = f"the mean of {several}"
        found["weights"] = [f"begun from {begun}"]
    new, old = _settings(run), _settings(other)
    for key in sorted(new | old):
        if new.get(key) != old.get(key):
            whole = (kind for kind, part in _PARTS.items() if key.startswith(part))
            text = f"`{key}` {as_written(new.get(key))} instead of {as_written(old.get(key))}"
            found.setdefault(next(whole, key), []).append(text)
    return found


def ablation_table(results: Results) -> str:
    """What each change was worth: points of either test set, and the log loss on PublicTest."""
    rows = []
    for change in ablation(results):
        cells = []
        for split in ("validation", "test"):
            after, before = (r[split]["accuracy"] for r in (change.better, change.worse))
            cells += [f"{before:.1%} → {after:.1%}", f"{100 * (after - before):+.1f}"]
        loss = " → ".join(f"{_log_loss(r):.3f}" for r in (change.worse, change.better))
        how = "; ".join(", ".join(texts) for texts in change.how.values())
        epochs, minutes = change.better["epochs_run"], change.better["wall_time_s"] / 60
        rows.append(
            (
                f"`{change.worse['name']}` → `{change.better['name']}`",
                f"{len(change.how)}",
                how or "nothing: the same again",
                *cells[:2],
                loss,
                *cells[2:],
                f"{epochs}",
                f"{minutes:.0f} min",
            )
        )
    head = (
        "from → to", "changes", "what was done differently", "PublicTest", "points", "log loss",
        "PrivateTest", "points", "epochs", "time",
    )  # fmt: skip
    return markdown(head, rows, left=3) if rows else "Not measured yet.\n"


def _network(run: Run) -> str:
    """Which network it is, for inputs of any size: the weights are the same."""
    return architecture({k: v for k, v in run["recipe"]["model"].items() if k != "size"})


def _accuracy(run: Run) -> float:
    return float(run["validation"]["accuracy"])


def _log_loss(run: Run) -> float:
    """On PublicTest, of the kept epoch: before a network that ships was calibrated."""
    (kept,) = (e for e in run["history"] if e["epoch"] == run["best_epoch"])
    return float(kept["val_loss"])


def _origin(run: Run) -> str:
    """With which weights a run began: runs by their names, which outlive a file's hash.

    An ONNX file is another beginning than the run that it came from: normalisation was folded into
    its filters, whose lengths decide how fast they learn. It goes by its hash, for one that ships
    keeps its name when the network changes.
    """
    weights = run.get("initial_weights") or {}
    if _is_folded(weights):
        return str(weights["sha256"])
    return str(weights.get("name") or weights.get("mean_of") or weights.get("sha256"))


def _is_folded(weights: dict[str, Any]) -> bool:
    return str(weights.get("from", "")).endswith(".onnx")


def _hashes(run: Run) -> list[str]:
    return [teacher["sha256"] for teacher in run.get("teachers") or []]


def _settings(run: Run) -> dict[str, Any]:
    """A run's settings by dotted key, with the defaults of keys that are newer than it."""
    try:
        tree = recipe_from_dict(run["recipe"]).as_dict()
    except FerliteError:  # of a system that there is no more
        tree = run["recipe"]
    found = by_dotted_key(tree)
    return {key: found[key] for key in found if key not in ("name", "summary")}
