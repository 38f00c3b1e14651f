"""What corrupted images and damaged files do to ferlite, and what its confidence is worth."""

from collections import Counter
from statistics import fmean
from typing import Any

from ferlite.classify import zoo
from ferlite.lab.markdown import markdown
from reports.results import Results


def robustness(results: Results) -> str:
    """Accuracy on corrupted faces, over all corruptions and for each."""
    r = results["robustness"]
    head = ("model", "faces", "as they are", "mean", "kept", *r["corruptions"])
    rows = []
    for name, row in r["models"].items():
        mean = row["mean_corruption_accuracy"]
        rows.append(
            (
                f"`{name}`",
                f"{r['data']['n']:,}",
                f"{row['clean']:.1%}",
                "–" if mean is None else f"**{mean:.1%}**",
                "–" if mean is None else f"{mean / row['clean']:.0%}",
                *(_mean_of(row["corruptions"].get(each)) for each in r["corruptions"]),
            )
        )
    return markdown(head, rows, left=1)


def robustness_strengths(results: Results) -> str:
    """Accuracy at each strength of each corruption."""
    return _by_strength(results["robustness"], "corruptions")


def framing_robustness(results: Results) -> str:
    """Accuracy on faces that are cut too tightly, too loosely, or beside."""
    return _by_strength(results["robustness"], "framings")


def robustness_short(results: Results) -> str:
    """What each corruption leaves of the default's accuracy, at its weakest and its strongest."""
    row = results["robustness"]["models"][zoo.DEFAULT]
    rows = [
        (name, f"{measured[0]:.0%}", f"{fmean(measured):.0%}", f"{measured[-1]:.0%}")
        for name, measured in row["corruptions"].items()
    ]
    head = ("faces", "slightly", "in the mean", "strongly")
    return markdown(head, [("as they are", *[f"{row['clean']:.0%}"] * 3), *rows], left=1)


def _by_strength(report: dict[str, Any], group: str) -> str:
    rows = []
    for name, what in report[group].items():
        strengths = ", ".join(f"{strength:g}" for strength in what["strengths"])
        measured = [row[group].get(name) for row in report["models"].values()]
        rows.append(
            (
                f"{name}: {what['what']}",
                f"{what['unit']}: {strengths}",
                *("–" if m is None else ", ".join(f"{100 * a:.0f}" for a in m) for m in measured),
            )
        )
    return markdown(("what", "strengths", *(f"`{name}`, %" for name in report["models"])), rows)


def _mean_of(accuracies: list[float] | None) -> str:
    return "–" if accuracies is None else f"{fmean(accuracies):.1%}"


def calibration(results: Results) -> str:
    """Temperatures, and the expected calibration error with and without."""
    rows = []
    for r in results.values():
        for what, answers in ((f"`{r.get('name')}`", r), ("its votes", r.get("voted", {}))):
            if "calibration" in answers:
                error = answers["calibration"]["expected_calibration_error"]
                before, after = error["before"], error["after"]
                rows.append(
                    (
                        what,
                        f"{answers['calibration']['temperature']:.3f}",
                        f"{before['validation']:.3f} → {after['validation']:.3f}",
                        f"{before['test']:.3f} → **{after['test']:.3f}**",
                    )
                )
    return markdown(("model", "temperature", "error on PublicTest", "error on PrivateTest"), rows)


def fuzz(results: Results) -> str:
    """What became of damaged files."""
    r = results["fuzz"]
    bugs = Counter(bug["kind"] for bug in r["bugs"])
    rows = []
    kinds = {"image": "damaged images", "video": "damaged videos", "hostile": "hostile files"}
    for kind, title in kinds.items():
        found = r["kinds"][kind]
        verdicts = found["verdicts"]
        rows.append(
            (
                title,
                f"{found['cases']:,}",
                *(f"{verdicts.get(verdict, 0):,}" for verdict in ("faces", "no face", "refused")),
                f"{bugs[kind]}",
                f"{found['slowest']['seconds']:.1f} s",
                f"{found['largest']['megabytes']:,.0f} MB",
            )
        )
    return markdown(
        (
            "what", "files", "read, faces", "read, no face", "refused in one sentence", "bugs",
            "slowest", "most memory",
        ),
        rows,
        left=1,
    )  # fmt: skip
