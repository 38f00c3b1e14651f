"""The arithmetic behind "do the papers agree with themselves?"."""

import numpy as np
import pytest
from scipy.stats import f_oneway, tukey_hsd

from reports.papers.anova import anova_of_summaries
from reports.papers.checks import beyond_chance, checks, weighted
from reports.papers.lookups import PAPER_ORDER, in_paper_order, one_vs_rest, true_accuracy
from reports.results import read_results


def test_means_and_deviations_alone_give_the_test_of_the_samples() -> None:
    samples = np.random.default_rng(0).normal([[1.0], [1.2], [2.0]], 0.5, (3, 50))
    f, p, pairs = anova_of_summaries(samples.mean(1), samples.std(1, ddof=1), 50)
    whole, tukey = f_oneway(*samples), tukey_hsd(*samples)
    assert (f, p) == pytest.approx((whole.statistic, whole.pvalue))
    assert pairs == pytest.approx([tukey.pvalue[0, 1], tukey.pvalue[0, 2], tukey.pvalue[1, 2]])


def test_one_vs_rest_accuracy_is_what_counting_every_class_gives_and_comes_back() -> None:
    confusion = np.random.default_rng(0).integers(0, 30, (7, 7))
    total, right = confusion.sum(), np.diag(confusion)
    wrong_K = confusion.sum(0) + confusion.sum(1) - 2 * right  # FP and FN of every class
    counted = float((1 - wrong_K / total).mean())
    accuracy = float(right.sum() / total)
    assert one_vs_rest(accuracy) == pytest.approx(counted)
    assert true_accuracy(counted) == pytest.approx(accuracy)


def test_matrices_are_put_into_the_order_of_the_papers() -> None:
    ours = np.diag([1, 2, 3, 4, 5, 6, 7])  # angry, disgust, fear, happy, sad, surprise, neutral
    assert np.diag(in_paper_order(ours.tolist())).tolist() == [1, 2, 3, 4, 7, 5, 6]
    assert PAPER_ORDER[4] == "neutral"


def test_accuracies_are_weighted_by_faces_and_differences_by_chance() -> None:
    assert weighted({"a": 1.0, "b": 0.0}, {"a": 3, "b": 1}) == 0.75
    assert beyond_chance(0.5, 400, 0.6, 400) == pytest.approx(2.857, abs=1e-3)


def test_the_papers_numbers_are_checked_as_the_page_says() -> None:
    found = {(c.system, c.question): c for c in checks(read_results())}
    own = found["clcm", "Do its classes give its accuracy on FER2013?"]
    assert (own.says, own.agrees) == ("63%", "yes")
    without = "Can validation and test differ so much, without the cascade?"
    assert found["dlfer", without].agrees == "no"
    both = found["residual_cnn", "Which test faces does its confusion matrix have?"]
    assert "7,178" in both.agrees
