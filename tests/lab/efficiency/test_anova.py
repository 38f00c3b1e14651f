"""Against a case that can be done by hand, and a printed table of the studentised range."""

import pytest

from ferlite.lab.efficiency.anova import anova

GROUPS = {"a": [1.0, 2.0, 3.0], "b": [2.0, 3.0, 4.0], "c": [5.0, 6.0, 7.0]}


def test_the_variance_between_is_set_against_the_variance_within() -> None:
    # Means 2, 3, 6 around 11/3: 26 over 2 degrees of freedom; within 2 + 2 + 2 over 6.
    found = anova(GROUPS)
    assert found["f"] == pytest.approx(13)
    assert found["degrees_of_freedom"] == [2, 6]
    # With 2 degrees of freedom between, the tail of F is (1 + 2F/6)^-3.
    assert found["p"] == pytest.approx((1 + 26 / 6) ** -3)


def test_every_pair_is_compared_once_in_the_order_given() -> None:
    pairs = anova(GROUPS)["pairs"]
    assert [(pair["a"], pair["b"]) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [pair["difference"] for pair in pairs] == pytest.approx([-1, -4, -3])


def test_intervals_are_as_wide_as_tukeys_table_says() -> None:
    # q(0.05; 3 groups, 6 degrees of freedom) = 4.339, times the root of (variance 1 / 3 each).
    for pair in anova(GROUPS)["pairs"]:
        low, high = pair["ci95"]
        assert (high - low) / 2 == pytest.approx(4.339 / 3**0.5, abs=1e-3)
        assert (low + high) / 2 == pytest.approx(pair["difference"])
        assert (pair["p"] < 0.05) == (not low < 0 < high)


def test_groups_of_one_distribution_do_not_differ() -> None:
    found = anova({"a": [1.0, 2.0, 3.0, 4.0], "b": [4.0, 3.0, 2.0, 1.0]})
    assert (found["f"], found["p"]) == (pytest.approx(0), pytest.approx(1))
    assert found["pairs"][0]["p"] == pytest.approx(1)
