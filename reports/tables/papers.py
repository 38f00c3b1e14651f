"""The tables of docs/research/reproduction.md: the papers' numbers, ours, and why they differ."""

from collections.abc import Mapping
from itertools import combinations, groupby
from typing import Any, Final

from ferlite.lab.markdown import markdown
from reports.papers.anova import anova_of_summaries
from reports.papers.checks import checks
from reports.papers.claims import (
    AUGMENTED,
    CLAIMS,
    COPIES,
    SAMPLES,
    THREE,
    passes,
    verdict,
    written,
)
from reports.papers.lookups import (
    PAPER_ORDER,
    accuracy_of_both,
    in_paper_order,
    matrix_distance,
    one_vs_rest,
    true_accuracy,
)
from reports.papers.outlook import OUTLOOK, freezing_rows
from reports.papers.published import published
from reports.papers.summary import SUMMARY, cut_short
from reports.results import Results, deviations, keeps_copies

_AT_HAND: Final = ("fer2013",)
_BINARY: Final = {
    "light_emonet, test": "kamber_2026.light_emonet.accuracy.test_percent",
    "light_emonet, training": "kamber_2026.light_emonet.accuracy.training_percent",
    "dlfer, test": "hussan_2025.dlfer.with_source.test_percent",
    "dlfer, validation": "hussan_2025.dlfer.with_source.validation_percent",
    "dlfer, training": "hussan_2025.dlfer.with_source.train_percent",
    "dlfer without its cascade, training": "hussan_2025.dlfer.without_source.train_percent",
    "dlfer without its cascade, test": "hussan_2025.dlfer.without_source.test_percent",
    "dlfer without its cascade, validation": "hussan_2025.dlfer.without_source.validation_percent",
}
"""The published accuracies that may be of another kind."""


def summary(results: Results) -> str:
    """A row per system: what the paper says, what its text gives, what the best reading gives."""
    rows = [
        (f"`{row.system}`", row.says, row.text(results), row.best(results), row.why(results))
        for row in SUMMARY
    ]
    return markdown(
        ("system", "the paper says", "its text gives", "its best reading gives", "why"),
        rows,
        left=5,
    )


def claims(results: Results) -> str:
    """Every published number that can be measured here, ours beside it, and a verdict."""
    rows = [
        (
            f"`{claim.system}`",
            claim.quantity,
            written(claim.stated, claim.style, stated=True),
            written(claim.ours(results), claim.style),
            written(claim.best(results), claim.style) if claim.best else "",
            verdict(claim, results),
        )
        for claim in CLAIMS
        if "may not be redistributed" not in claim.because
    ]
    return markdown(("system", "what", "paper", "the text gives", "best reading", "verdict"), rows)


def claims_elsewhere(_results: Results) -> str:
    """Published numbers of data sets that may not be passed on, and the command that gives them."""
    away = [claim for claim in CLAIMS if "may not be redistributed" in claim.because]
    rows = []
    for at, together in groupby(away, key=lambda claim: claim.path.rsplit(".", 1)[0]):
        found = list(together)
        by_style = {claim.style: claim for claim in found}
        per_class = by_style.get("percents")
        accuracy = by_style["percent"]
        rows.append(
            (
                f"`{accuracy.system}`",
                accuracy.quantity,
                written(accuracy.stated, "percent", stated=True),
                written(per_class.stated, "percents") if per_class else "",
                f"`{at}`",
                accuracy.because.rpartition("; ")[2],
            )
        )
    return markdown(
        (
            "system", "what", "paper", f"{', '.join(PAPER_ORDER)}, in percent",
            "confusion matrix, in `published.yaml`", "the command that gives ours",
        ),
        rows,
        left=2,
    )  # fmt: skip


def confusions(results: Results) -> str:
    """Their confusion matrices on FER2013 beside ours, and how far apart they are."""
    parts = []
    for name in THREE:
        theirs = published(f"gursesli_2024.{name}.fer2013.confusion_percent")
        result = results.get(name)
        ours = None if result is None else in_paper_order(result["test"]["confusion_matrix"])
        rows = []
        for number, emotion in enumerate(PAPER_ORDER):
            row = [f"{value}" for value in theirs[number]]
            if ours is not None:
                shares = 100 * ours[number] / ours[number].sum()
                row = [f"{a} · {b:.0f}" for a, b in zip(theirs[number], shares, strict=True)]
            rows.append((emotion, *row))
        said = "not measured yet" if ours is None else f"{matrix_distance(theirs, ours):.0%} apart"
        short = "" if result is None else cut_short(result)
        parts.append(f"`{name}`: paper · ours{short}, in percent of each row; {said}\n\n")
        parts.append(markdown(("true", *PAPER_ORDER), rows, left=1) + "\n")
    return "".join(parts).rstrip("\n") + "\n"


def agreement(results: Results) -> str:
    """Do the papers agree with themselves?"""
    rows = [(f"`{c.system}`", c.question, c.says, c.gives, c.agrees) for c in checks(results)]
    return markdown(
        ("system", "question", "the paper says", "what follows", "agrees"), rows, left=5
    )


def binary(results: Results) -> str:
    """True accuracy, one-vs-rest accuracy and Keras's binary accuracy of every trained system."""
    rows = []
    for result in sorted(_tested(results), key=lambda r: -r["test"]["accuracy"]):
        accuracy = result["test"]["accuracy"]
        rows.append(
            (
                f"`{result['name']}`",
                f"{accuracy:.1%}",
                f"{one_vs_rest(accuracy):.1%}",
                _binary_accuracy(result, results),
            )
        )
    return markdown(
        ("system", "accuracy, PrivateTest", "one-vs-rest accuracy", "Keras's `binary_accuracy`"),
        rows,
        left=1,
    )


def _tested(results: Results) -> list[dict[str, Any]]:
    """What ships, and the papers' systems, whether or not they were cut short."""
    return [
        result
        for name, result in results.items()
        if result.get("kind") == "training"
        and result["data"]["name"] in _AT_HAND
        and "test" in result
        and (not name.startswith("ferlite_") or name in ("ferlite_m", "ferlite_s", "ferlite_xs"))
    ]


def _binary_accuracy(result: Mapping[str, Any], results: Results) -> str:
    """From the run itself, or from the file that was measured for it; – where neither is there."""
    measured = results.get("ensembles", {}).get("models", {}).get(result["name"], {})
    found = result["test"].get("binary_accuracy", measured.get("test", {}).get("binary_accuracy"))
    return "–" if found is None else f"{found:.1%}"


def binary_published(results: Results) -> str:
    """The published numbers as one-vs-rest accuracies, and the system of ours that has the like."""
    measured = {
        result["name"]: result["test"]["accuracy"]
        for result in _tested(results)
        if not deviations(result) and not keeps_copies(result)
    }
    rows = []
    for what, path in _BINARY.items():
        value = float(published(path)) / 100
        behind = true_accuracy(value)
        if behind < 0:
            rows.append((what, f"{value:.1%}", "none", "", "no: below the 71.4% of nothing right"))
            continue
        near = min(measured, key=lambda name: abs(measured[name] - behind))
        close = abs(measured[near] - behind) < 0.03
        rows.append(
            (
                what,
                f"{value:.1%}",
                f"{behind:.1%}",
                f"`{near}`, {measured[near]:.1%}" if close else "none within 3 points",
                "it would explain it"
                if close
                else "possible, but no network of ours is so poor"
                if behind < min(measured.values())
                else "no network of ours is so good",
            )
        )
    return markdown(
        ("published", "value", "true accuracy behind it", "nearest of ours", "does it explain it?"),
        rows,
        left=1,
    )


def outlook(results: Results) -> str:
    """What the authors left to future work, what was done of it, and where it stands."""
    rows = [(row.idea, row.whose, row.done, row.measured(results), row.page) for row in OUTLOOK]
    return markdown(("idea", "whose", "what was done", "measured", "page"), rows, left=5)


def freezing(results: Results) -> str:
    """CLCM with other layers frozen: its authors' open question."""
    rows = [
        (
            words,
            f"{r['trainable_parameters']:,}",
            f"{r['recipe']['model']['size']}×{r['recipe']['model']['size']}",
            f"{r['validation']['accuracy']:.1%}",
            f"**{r['test']['accuracy']:.1%}**",
            f"{r['epochs_run']}, the best {r['best_epoch']}",
            f"{r['wall_time_s'] / 60:.0f} min",
        )
        for words, r in freezing_rows(results)
    ]
    if not rows:
        return "Not trained in earnest yet: [the queue](training-queue.md).\n"
    return markdown(
        ("frozen", "trained parameters", "faces at", "validation", "PrivateTest", "epochs", "time"),
        rows,
        left=1,
    )


def ensembles(results: Results) -> str:
    """Several networks that answer together, by the mean of their probabilities."""
    found = results.get("ensembles")
    if found is None:
        return "Not measured yet.\n"
    rows = [
        (
            row["what"],
            ", ".join(f"`{name}`" for name in row["members"]),
            f"{row['validation']['accuracy']:.1%}",
            f"**{row['test']['accuracy']:.1%}**",
            f"{row['best_member']:.1%}",
        )
        for row in found["rows"]
    ]
    return markdown(
        ("ensemble", "members", "PublicTest", "PrivateTest", "its best member"), rows, left=2
    )


def residual_readings(results: Results) -> str:
    """The residual CNN by its text, with augmentation, and with copies of test faces, too."""
    at = "mutaliyev_2026.residual_cnn"
    aucs = published(f"{at}.roc_auc")
    training, validation = (
        published(f"{at}.accuracy.{which}_percent") for which in ("training", "validation")
    )
    paper_aucs = " / ".join(f"{value:.2f}" for value in aucs.values())
    rows: list[tuple[str, ...]] = [
        ("the paper", f"{training}%", "near 0.8", "about 1.0", "", "", f"{validation}%", paper_aucs)
    ]
    for name, words in (
        ("residual_cnn", "its text"),
        (AUGMENTED, "augmented"),
        (f"{AUGMENTED}_2", "the same, another seed"),
        (f"{AUGMENTED}_keras", "the same, as Keras begins and normalises"),
        (COPIES, "augmented, copies kept"),
    ):
        if name not in results:
            rows.append((f"{words} (`{name}`)", "not trained yet", *[""] * 6))
            continue
        r = results[name]
        last = r["history"][-1]
        rows.append(
            (
                f"{words} (`{name}`)",
                f"{last['train_accuracy']:.1%}",
                f"{last['train_loss']:.2f}",
                f"{last['val_loss']:.2f}",
                f"{r['validation']['accuracy']:.1%}",
                f"{r['test']['accuracy']:.1%}",
                f"{accuracy_of_both(name)(results):.1%}",
                " / ".join(f"{r['test']['per_class'][e]['roc_auc']:.2f}" for e in aucs),
            )
        )
    return markdown(
        (
            "reading", "training accuracy", "training loss", "validation loss", "PublicTest",
            "PrivateTest", "both, 7,178 faces", f"ROC AUC: {', '.join(aucs)}",
        ),
        rows,
        left=1,
    )  # fmt: skip


def latencies(results: Results) -> str:
    """The analysis of variance and Tukey's test of Gursesli et al., theirs and ours."""
    at = [published(f"gursesli_2024.{name}.efficiency") for name in THREE]
    short = passes(results)
    tests = (
        anova_of_summaries(
            [1000 * e["mean_inference_s"] for e in at],
            [1000 * e["sd_inference_s"] for e in at],
            SAMPLES,
        ),
        anova_of_summaries([r["mean_ms"] for r in short], [r["sd_ms"] for r in short], SAMPLES),
    )
    rows = []
    for number, (i, j) in enumerate(combinations(range(len(THREE)), 2)):
        a, b = THREE[i], THREE[j]
        theirs = 1000 * (at[i]["mean_inference_s"] - at[j]["mean_inference_s"])
        ours = short[i]["mean_ms"] - short[j]["mean_ms"]
        p = [_p(pairs[number]) for _, _, pairs in tests]
        rows.append((f"`{a}` − `{b}`", f"{theirs:+.1f} ms", p[0], f"{ours:+.2f} ms", p[1]))
    theirs_f, ours_f = (f"F(2, {3 * (SAMPLES - 1)}) = {f:.0f}" for f, _, _ in tests)
    head = ("pair", "paper", "its p (Tukey)", "here", "p (Tukey)")
    return f"Paper: {theirs_f}. Here: {ours_f}.\n\n" + markdown(head, rows, left=1)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
