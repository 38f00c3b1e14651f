"""The margin of a crop is chosen by accuracy on photos."""

import pytest

from ferlite.recognizer import MARGIN
from reports.results import read_results
from reports.tables.framing import usual_margin


def measured(photos: int, **accuracies: float) -> dict[str, object]:
    """A result of benchmarks/margin.py; `m09=0.6` is 60% at a margin of 0.9."""
    margins = {f"{int(m[1:]) / 10}": {"accuracy": right} for m, right in accuracies.items()}
    return {"photos": photos, "detectors": {"haar": {"margins": margins}}}


@pytest.mark.parametrize(
    ("photos", "accuracies", "margin"),
    [
        # One standard error of 66% of 1,000 photos is 1.5 points, of 100,000 photos 0.15.
        (1000, {"m08": 0.66, "m10": 0.65, "m12": 0.64}, 1.0),
        (100_000, {"m08": 0.66, "m10": 0.65, "m12": 0.64}, 0.8),
        (1000, {"m08": 0.66, "m10": 0.64, "m12": 0.63}, 0.8),
        (1000, {"m07": 0.66, "m09": 0.655, "m10": 0.60}, 0.9),
    ],
)
def test_a_margin_nearer_1_is_usual_unless_it_is_worse_by_a_standard_error(
    photos: int, accuracies: dict[str, float], margin: float
) -> None:
    assert usual_margin(measured(photos, **accuracies), "haar") == margin


@pytest.mark.parametrize("detector", ["haar", "yunet"])
def test_the_default_margin_is_the_one_that_the_photos_chose(detector: str) -> None:
    assert usual_margin(read_results()["margin"], detector) == MARGIN
