"""A temperature makes confidence honest and leaves every answer as it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ferlite.lab.evaluate.calibration import RANGE, fit_temperature, tempered
from ferlite.lab.evaluate.metrics import expected_calibration_error


def softmax(logits_NK: np.ndarray) -> np.ndarray:
    exponential_NK = np.exp(logits_NK - logits_NK.max(axis=1, keepdims=True))
    return exponential_NK / exponential_NK.sum(axis=1, keepdims=True)


def drawn(probabilities_NK: np.ndarray) -> np.ndarray:
    """Labels that occur just as often as the probabilities say."""
    chance_N1 = np.random.default_rng(1).random((len(probabilities_NK), 1))
    return np.minimum((probabilities_NK.cumsum(axis=1) < chance_N1).sum(axis=1), 6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_spoiled_the_probabilities_is_found(temperature: float) -> None:
    logits_NK = np.random.default_rng(0).normal(scale=2, size=(20_000, 7))
    labels_N = drawn(softmax(logits_NK / temperature))
    says_NK = softmax(logits_NK).astype(np.float32)

    found = fit_temperature(says_NK, labels_N)

    assert found == pytest.approx(temperature, rel=0.03)
    assert expected_calibration_error(tempered(says_NK, found), labels_N) < 0.015


@given(
    arrays(np.float64, (5, 7), elements=st.floats(-20, 20)),
    st.floats(*RANGE),
)
def test_it_divides_the_logits(logits_NK: np.ndarray, temperature: float) -> None:
    found_NK = tempered(softmax(logits_NK), temperature)
    np.testing.assert_allclose(found_NK, softmax(logits_NK / temperature), atol=1e-9)
    np.testing.assert_allclose(found_NK.sum(axis=1), 1)


def test_probabilities_that_were_rounded_to_0_do_no_harm() -> None:
    says_NK = np.array([[1, 0], [1, 0], [1, 0], [1, 0]], np.float32)
    found = fit_temperature(says_NK, np.array([0, 0, 0, 1]))
    assert RANGE[0] < found <= RANGE[1]
    assert np.isfinite(tempered(says_NK, found)).all()


@pytest.mark.parametrize("labels", [0, 3])
def test_one_label_for_each_row_is_asked_for(labels: int) -> None:
    with pytest.raises(ValueError, match="one label per row"):
        fit_temperature(np.ones((labels and 2, 1)), np.zeros(labels, np.int64))
