"""Every number that the papers publish about their systems, and where ours stands in results/."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reports.results import Results, deviations

Lookup = Callable[[Results], float | None]


@dataclass(frozen=True)
class Claim:
    """One published number.

    Attributes:
        system: ferlite's name for the system.
        quantity: what was measured, in the paper's words.
        stated: the published number, in the unit of `style`.
        ours: finds the same quantity in results/; None where it has not been measured.
        style: how to write it: "count", "mega" (10⁶), "megabytes", "ms", "percent" or "ratio".
        within: how far ours may be off and still count as reproduced, in the unit of `stated`.
        because: why it cannot be reproduced, or what to know when reading the row.
        comparable: False for numbers of another machine, which are set beside ours without verdict.
    """

    system: str
    quantity: str
    stated: float
    ours: Lookup
    style: str
    within: float = 0.0
    because: str = ""
    comparable: bool = True


def trained(name: str, path: str) -> Lookup:
    """A number of results/NAME.json by its dotted path, such as "test.accuracy"."""

    def look(results: Results) -> float | None:
        found: Any = results.get(name)
        for key in path.split("."):
            if not isinstance(found, dict) or key not in found:
                return None
            found = found[key]
        return float(found)

    return look


def efficiency(name: str, path: str) -> Lookup:
    """A number of one system in results/efficiency.json by its dotted path."""

    def look(results: Results) -> float | None:
        systems = results.get("efficiency", {}).get("systems", {})
        return trained(name, path)(systems)

    return look


def nothing(results: Results) -> None:
    """For what cannot be measured here; the claim says why."""
    return None


_NO_DATA = "cannot be here: the data set may not be redistributed; `ferlite train` and `ferlite \
report` give it to whoever has it (docs/how-to/datasets.md)"
_LATENCY = "onnx_float32_one_thread.mean_ms"
_MACHINE = "another machine; ours is ONNX Runtime, one thread"
_OF_THE_TRAINING = ("percent", "ratio")
"""Styles of what a training decides; sizes and speeds are the network's own."""
_CK = "test on CK+ after training on"


def _residual_cnn() -> list[Claim]:
    name = "residual_cnn"
    auc = {"happy": 0.97, "surprise": 0.96, "disgust": 0.95, "fear": 0.82, "sad": 0.86}
    return [
        Claim(name, "parameters", 552_455, trained(name, "parameters"), "count",
              because="no reading of the text gives it; the text's network is built here"),
        Claim("residual_cnn_gap", "parameters", 552_455, trained("residual_cnn_gap", "parameters"),
              "count", because="global average pooling fits the budget, but not to the digit"),
        Claim(name, "MFLOPs", 45.2, _flops(trained(name, "multiply_adds")), "mega", 1,
              because="two operations for each multiply-add; convolutions and dense layers"),
        Claim(name, "size on disk", 6.51, trained(name, "onnx.bytes"), "megabytes", 0.3,
              because="ours is the ONNX file"),
        Claim(name, "latency", 12.4, efficiency(name, _LATENCY), "ms", because=_MACHINE,
              comparable=False),
        Claim(name, "training accuracy", 0.714, _last_train_accuracy(name), "percent", 0.015,
              because="what the paper's title figure is"),
        Claim(name, "validation accuracy", 0.668, trained(name, "validation.accuracy"), "percent",
              0.015),
        *(
            Claim(name, f"ROC AUC, {emotion}", value,
                  trained(name, f"test.per_class.{emotion}.roc_auc"), "ratio", 0.02)
            for emotion, value in auc.items()
        ),
    ]  # fmt: skip


def _light_emonet() -> list[Claim]:
    name = "light_emonet"
    return [
        Claim(name, "parameters", 2_143_751, trained(name, "parameters"), "count",
              because="the text gives 2,650,727"),
        Claim(name, "size on disk", 8.3, trained(name, "onnx.bytes"), "megabytes", 0.3,
              because="ours is the ONNX file"),
        Claim(name, "latency", 4.2, efficiency(name, _LATENCY), "ms", because=_MACHINE,
              comparable=False),
        Claim(name, "training accuracy", 0.910, _last_train_accuracy(name), "percent", 0.015),
        Claim(name, "accuracy on the test split, which also stopped the training", 0.885,
              trained(name, "test.accuracy"), "percent", 0.015,
              because="see honest-numbers.md for what a leak gives"),
        Claim(name, "macro F1", 0.871, trained(name, "test.macro_f1"), "ratio", 0.015),
    ]  # fmt: skip


def _clcm_paper() -> list[Claim]:
    claims = []
    table = {
        # FER2013, RAF-DB, AffectNet-7, then CK+ after each; parameters; latency
        "clcm": ((0.63, 0.84, 0.54), (0.71, 0.78, 0.91), 2_393_191, 50.2),
        "mobilenet_v2": ((0.58, 0.73, 0.57), (0.65, 0.47, 0.91), 3_511_879, 58.4),
        "shufflenet_v2": ((0.65, 0.80, 0.57), (0.71, 0.60, 0.92), 3_997_795, 63.3),
    }
    for name, (own, ck, parameters, latency) in table.items():
        key = "trainable_parameters" if name == "clcm" else "parameters"
        why = "no standard width has it; the nearest is built" if name == "shufflenet_v2" else ""
        claims += [
            Claim(name, key.replace("_", " "), parameters, efficiency(name, key), "count",
                  because=why),
            Claim(name, "latency", latency, efficiency(name, _LATENCY), "ms", because=_MACHINE,
                  comparable=False),
            Claim(name, "accuracy, FER2013", own[0], trained(name, "test.accuracy"), "percent",
                  0.015),
        ]  # fmt: skip
        for dataset, accuracy in zip(("RAF-DB", "AffectNet-7"), own[1:], strict=True):
            claims.append(Claim(name, f"accuracy, {dataset}", accuracy, nothing, "percent",
                                because=_NO_DATA))  # fmt: skip
        for dataset, accuracy in zip(("FER2013", "RAF-DB", "AffectNet-7"), ck, strict=True):
            claims.append(Claim(name, f"{_CK} {dataset}", accuracy, nothing, "percent",
                                because=_NO_DATA))  # fmt: skip
    flops = _flops(efficiency("clcm", "multiply_adds"))
    claims.append(Claim("clcm", "MFLOPs", 599.4, flops, "mega", 30,
                        because="two operations for each multiply-add"))  # fmt: skip
    return claims


def _dlfer() -> list[Claim]:
    return [
        Claim("dlfer", "accuracy, FER2013", 0.8209, trained("dlfer", "test.accuracy"), "percent",
              0.015, because="far above what any honest system reaches on FER2013"),
        Claim("dlfer_scratch", "accuracy, FER2013, without the cascade", 0.6621,
              trained("dlfer_scratch", "test.accuracy"), "percent", 0.015),
        Claim("dlfer", "macro F1", 0.8216, trained("dlfer", "test.macro_f1"), "ratio", 0.015),
    ]  # fmt: skip


def _flops(multiply_adds: Lookup) -> Lookup:
    """Operations in millions, two for each multiply-add."""

    def look(results: Results) -> float | None:
        found = multiply_adds(results)
        return None if found is None else 2 * found

    return look


def _last_train_accuracy(name: str) -> Lookup:
    def look(results: Results) -> float | None:
        history = results.get(name, {}).get("history")
        return history[-1]["train_accuracy"] if history else None

    return look


CLAIMS = [*_residual_cnn(), *_light_emonet(), *_clcm_paper(), *_dlfer()]


def written(value: float | None, style: str, *, stated: bool = False) -> str:
    """A number as people read it; published ones come in the unit they were published in.

    >>> written(0.668, "percent"), written(1_479_527, "count"), written(None, "ms")
    ('66.8%', '1,479,527', '–')
    """
    if value is None:
        return "–"
    if style == "count":
        return f"{value:,.0f}"
    if style == "percent":
        return f"{value:.1%}"
    if style == "ratio":
        return f"{value:.3f}"
    if style == "ms":
        return f"{value:.1f} ms" if stated or value >= 10 else f"{value:.2f} ms"
    unit = {"mega": "M", "megabytes": "MB"}[style]
    return f"{value if stated else value / 1e6:.4g} {unit}"


def verdict(claim: Claim, results: Results) -> str:
    """reproduced, not reproduced, or why there is no answer."""
    ours = claim.ours(results)
    if ours is None:
        return claim.because if claim.ours is nothing else "not measured yet"
    if not claim.comparable:
        return f"no verdict: {claim.because}"
    in_its_unit = ours / 1e6 if claim.style in ("mega", "megabytes") else ours
    word = "reproduced" if abs(in_its_unit - claim.stated) <= claim.within else "not reproduced"
    if claim.style in _OF_THE_TRAINING and (short := shortened(claim, results)):
        # A run cut short says nothing against the paper.
        return "; ".join(part for part in ("no verdict", claim.because, short) if part)
    return "; ".join(part for part in (word, claim.because) if part)


def shortened(claim: Claim, results: Results) -> str:
    """What a row must say when our run was shorter or smaller than the paper's protocol."""
    result = results.get(claim.system, {})
    return deviations(result) if result.get("kind") == "training" else ""
