"""How often each network is right on FER2013, and what the papers say."""

from typing import Any, Final

from ferlite.lab.markdown import markdown
from ferlite.lab.recipe import load_recipe
from reports.chain import begun_from, mean_of
from reports.papers.outlook import FREEZING
from reports.results import Results, deviations, shipped, trained_on

RESIDUAL_ABLATION: Final = (
    "residual_cnn_no_shortcuts",
    "residual_cnn_no_dropout",
    "residual_cnn_four_blocks",
    "residual_cnn_rgb",
    "residual_cnn_96",
)
"""The changes of residual_cnn that its paper tried, one each."""

PARTS: Final = (*RESIDUAL_ABLATION, *(name for name in FREEZING if name != "clcm"))
"""Networks that stand in tables of their own."""


def best_first(results: Results, *datasets: str) -> list[dict[str, Any]]:
    """The training runs on these datasets, the best on their test rows first."""
    return sorted(trained_on(results, *datasets), key=lambda r: -r["test"]["accuracy"])


def at_full_protocol(results: Results) -> list[dict[str, Any]]:
    """All trainings on FER2013 that were not cut short, best first."""
    return [r for r in best_first(results, "fer2013") if not deviations(r)]


def _ships(result: dict[str, Any]) -> bool:
    """Whether people get this network, in whatever form."""
    return result["name"] in shipped() or f"{result['name']}_int8" in shipped()


def _for_readers(results: Results) -> list[dict[str, Any]]:
    """What ships and the systems of the papers, without steps and trials on the way or parts."""
    return [
        r
        for r in at_full_protocol(results)
        if _ships(r) or not (r["name"].startswith("ferlite_") or r["name"] in PARTS)
    ]


def accuracy(results: Results) -> str:
    """What ships, and the papers' systems at full protocol, best first."""
    return _accuracy(_for_readers(results), "PublicTest", "PrivateTest")


def accuracy_shortened(results: Results) -> str:
    """Those whose training was cut short, or whose images were made smaller; every row says how."""
    short = [r for r in best_first(results, "fer2013") if deviations(r)]
    return _accuracy(short, "PublicTest", "PrivateTest")


def accuracy_ferplus(results: Results) -> str:
    """All systems trained on FER+, best first."""
    found = best_first(results, "ferplus", "ferplus8")
    return _accuracy(found, "validation", "test")


def _accuracy(trained: list[dict[str, Any]], validation: str, test: str) -> str:
    rows = []
    for r in trained:
        low, high = r["test"]["accuracy_ci95"]
        rows.append(
            (
                f"`{r['name']}`",
                r["summary"],
                f"{r['parameters']:,}",
                f"{r['multiply_adds'] / 1e6:.1f} M",
                f"{r['onnx']['bytes'] / 1e6:.2f} MB",
                f"{r['validation']['accuracy']:.1%}",
                f"**{r['test']['accuracy']:.1%}** ({low:.1%} to {high:.1%})",
                f"{r['test']['macro_f1']:.3f}",
                _trained(r),
            )
        )
    return markdown(
        (
            "model", "what it is", "parameters", "multiply-adds", "file", validation,
            f"{test} (95% interval)", "macro F1", "trained",
        ),
        rows,
    )  # fmt: skip


def _trained(result: dict[str, Any]) -> str:
    """How long a run took, on what, and which runs it went on from."""
    epochs, cores = result["epochs_run"], result["hardware"]["cores"]
    before = mean_of(result) or [name for name in (begun_from(result),) if name]
    parts = [
        f"{epochs} epoch{'' if epochs == 1 else 's'}",
        f"{result['wall_time_s'] / 60:.0f} min",
        f"{cores} core{'' if cores == 1 else 's'}",
        result["recipe"]["training"]["precision"],
        *([f"after {' and '.join(f'`{name}`' for name in before)}"] if before else []),
    ]
    return ", ".join(parts) + (f"; {short}" if (short := deviations(result)) else "")


def per_class(results: Results) -> str:
    """Recall of each emotion on PrivateTest."""
    trained = _for_readers(results)
    classes = list(trained[0]["test"]["per_class"]) if trained else []
    rows = [
        (f"`{r['name']}`", *(f"{r['test']['per_class'][c]['recall']:.0%}" for c in classes))
        for r in trained
    ]
    return markdown(("model", *classes), rows, left=1)


def imbalance(results: Results) -> str:
    """What the handling of imbalance does for disgust, the rarest emotion of FER2013."""
    rows = []
    for name in ("light_emonet_plain", "light_emonet"):
        how = load_recipe(name).imbalance
        draws = ", ".join(f"{emotion} {count:,}" for emotion, count in how.faces_per_epoch.items())
        measured = ["not measured yet"] + [""] * 5
        if (r := results.get(name)) is not None:
            disgust = r["test"]["per_class"]["disgust"]
            measured = [
                f"{disgust['recall']:.1%}",
                f"{disgust['precision']:.1%}",
                f"{disgust['f1']:.3f}",
                f"{r['test']['macro_f1']:.3f}",
                f"{r['test']['accuracy']:.1%}",
                f"{r['epochs_run']} epochs" + (f"; {short}" if (short := deviations(r)) else ""),
            ]
        weights = "N/(K·n)" if how.class_weights else "none"
        rows.append((f"`{name}`", weights, draws or "none", *measured))
    return markdown(
        (
            "system", "class weights", "rare emotions raised to, faces per epoch",
            "disgust's recall", "its precision", "its F1", "macro F1", "accuracy", "trained",
        ),
        rows,
        left=3,
    )  # fmt: skip


def residual_ablation(results: Results) -> str:
    """The residual CNN and the changes of it that its paper tried, one a row."""
    whole = results["residual_cnn"]["test"]["accuracy"]
    rows = []
    for name in ("residual_cnn", *RESIDUAL_ABLATION):
        measured = ["not measured yet"] + [""] * 6
        if (r := results.get(name)) is not None:
            change = 100 * (r["test"]["accuracy"] - whole)
            measured = [
                f"{r['parameters']:,}",
                f"{r['multiply_adds'] / 1e6:.1f} M",
                f"{r['validation']['accuracy']:.1%}",
                f"**{r['test']['accuracy']:.1%}**",
                "" if r["name"] == "residual_cnn" else f"{change:+.1f}",
                f"{r['test']['macro_f1']:.3f}",
                f"{r['epochs_run']} epochs" + (f"; {short}" if (short := deviations(r)) else ""),
            ]
        rows.append((f"`{name}`", load_recipe(name).summary, *measured))
    return markdown(
        (
            "system", "what it is", "parameters", "multiply-adds", "PublicTest", "PrivateTest",
            "points", "macro F1", "trained",
        ),
        rows,
        left=2,
    )  # fmt: skip
