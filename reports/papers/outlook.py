"""What the authors left to future work, and what was done of it here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from reports.papers.lookups import trained
from reports.results import Result, Results


@dataclass(frozen=True)
class Idea:
    """One line of an author's outlook.

    Attributes:
        idea: what they propose.
        whose: who proposes it.
        done: what was done of it.
        measured: the result, from results/.
        page: where it stands.
    """

    idea: str
    whose: str
    done: str
    measured: Callable[[Results], str]
    page: str


_CNN, _EMONET, _CLCM, _DLFER = (
    "Mutaliyev & Kalpeyeva", "Kamber & Alkaabi", "Gursesli et al.", "Hussan",
)  # fmt: skip


def _change(base: str, other: str) -> Callable[[Results], str]:
    """PrivateTest's accuracy of one training and of another that changes one thing."""

    def look(results: Results) -> str:
        before, after = (trained(name, "test.accuracy")(results) for name in (base, other))
        if before is None or after is None:
            return "not measured yet"
        points = 100 * (after - before)
        return f"{before:.1%} → {after:.1%} ({points:+.1f} points; `{base}`, `{other}`)"

    return look


def _both(*lookups: Callable[[Results], str]) -> Callable[[Results], str]:
    return lambda results: "; ".join(look(results) for look in lookups)


def _gru(results: Results) -> str:
    methods = results["temporal"]["methods"]
    said = {"gru": "GRU", "layer_exponential": "smoothing of relearned layers"}
    found = [f"{words} {methods[k]['test']['accuracy']:.1%}" for k, words in said.items()]
    return f"{' against '.join(found)} of frames"


def _harder(results: Results) -> str:
    rows = results["robustness"]["models"]
    shown = []
    for name in ("light_emonet", "ferlite_s"):
        row = rows[name]["corruptions"]
        mean = {what: _mean(row[what]) for what in ("eyes covered", "low light")}
        shown.append(
            f"`{name}`: eyes covered {mean['eyes covered']:.1%}, low light {mean['low light']:.1%}"
        )
    return "; ".join(shown)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _sizes(results: Results) -> str:
    shown = [
        f"`{name}` {results[name]['onnx']['bytes'] / 1e6:.2f} MB, "
        f"{results[name]['test']['accuracy']:.1%}"
        for name in ("ferlite_s_int8", "ferlite_xs_int8")
        if name in results
    ]
    return "; ".join(shown)


def _elsewhere(results: Results) -> str:
    """FER+ and photos, by a network that learned FER2013's faces alone."""
    ferplus = results["ferlite_s"]["voted"]["test"]["accuracy"]
    photos = results["photos"]["models"]["ferlite_s"]["photos"]["accuracy"]
    return f"`ferlite_s`: FER+ {ferplus:.1%}, photos {photos:.1%}"


def _freezing(results: Results) -> str:
    rows = freezing_rows(results)
    return "; ".join(f"{words}: {r['test']['accuracy']:.1%}" for words, r in rows) or (
        "not trained in earnest yet"
    )


def _ensembles(results: Results) -> str:
    rows = results.get("ensembles", {}).get("rows")
    if not rows:
        return "not measured yet"
    return "; ".join(f"{row['what']}: {row['test']['accuracy']:.1%}" for row in rows)


FREEZING: Final = {
    "clcm_unfrozen": "nothing",
    "clcm": "the paper's",
    "clcm_half": "half",
    "clcm_features": "all but the head",
}
"""Trainings of CLCM that differ in what is frozen."""


def freezing_rows(results: Results) -> list[tuple[str, Result]]:
    """Those of them that were made."""
    made = [(words, results[name]) for name, words in FREEZING.items() if name in results]
    # Three epochs of 48×48 without ImageNet's weights say nothing about freezing.
    return [(words, r) for words, r in made if r["initial_weights"] is not None]


OUTLOOK: Final = (
    Idea("knowledge distillation", f"{_CNN}; {_EMONET}", "three teachers, a small student",
         _both(_change("ferlite_s_votes", "ferlite_s_votes_distilled"),
               _change("ferlite_xs_without_teachers", "ferlite_xs")),
         "[tried](tried.md)"),
    Idea("GRU over frames, video", f"{_CNN}; {_EMONET}", "made sequences; smoothing instead", _gru,
         "[temporal](temporal.md)"),
    Idea("attention", _CNN, "squeeze-and-excitation, learned pooling",
         _both(_change("ferlite_s", "ferlite_s_attention"),
               _change("ferlite_m", "ferlite_m_attention")),
         "[tried](tried.md)"),
    Idea("RGB and higher resolution", f"{_CNN}; {_EMONET}",
         "three channels and 96×96; FER2013 is gray and has 48×48",
         _both(_change("residual_cnn", "residual_cnn_rgb"),
               _change("residual_cnn", "residual_cnn_96"),
               _change("ferlite_m", "ferlite_m_96px")),
         "[below](#the-residual-cnn-part-by-part)"),
    Idea("landmark heat maps as extra channels", _EMONET,
         "three maps from MediaPipe's face mesh: eyes and brows, nose, mouth",
         _change("residual_cnn_augmented", "residual_cnn_landmarks"),
         "[below](#the-authors-outlook)"),
    Idea("occlusion and low light", _EMONET, "nine corruptions, five strengths", _harder,
         "[robustness](robustness.md)"),
    Idea("quantisation and distillation below 2 MB", _EMONET, "static int8", _sizes,
         "[int8](int8.md)"),
    Idea("cross-dataset generalisation", f"{_EMONET}; {_CLCM}",
         "FER+ and labelled photos; one command for RAF-DB, AffectNet and CK+",
         _elsewhere, "[across](across.md)"),
    Idea("interpretability", _CLCM, "what speaks for an emotion: `--explain`",
         lambda _: "no number", "[photos](../how-to/photos.md)"),
    Idea("web and mobile", _CLCM, "a browser library on onnxruntime-web", lambda _: "no number",
         "[server](../how-to/server.md)"),
    Idea("freezing other layers", _CLCM, "nothing, the paper's, half, all but the head",
         _freezing, "[below](#what-freezing-is-worth)"),
    Idea("ensembles", _DLFER, "mean of probabilities", _ensembles,
         "[below](#ensembles)"),
)  # fmt: skip
"""Every idea, with what came of it."""
