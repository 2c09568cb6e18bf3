from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import Estimate, brier_score, log_loss


def drawn(n=500, seed=0, negative=0.2):
    rng = np.random.default_rng(seed)
    truth = rng.beta(1, 2, n)
    weights = rng.uniform(0.5, 2, n) * np.where(rng.random(n) < negative, -1, 1)
    return (rng.random(n) < truth).astype(int), rng.beta(2, 3, n), weights


def of_three(n=600, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([1, 1, 1], n)
    y = np.array(["b", "c", "light"])[rng.integers(0, 3, n)]
    return y, p, rng.uniform(0.5, 2, n)


def test_brier_score_and_its_error_by_hand():
    found = brier_score([1, 0, 1], [0.5, 0.5, 0.0], [2.0, -1.0, 3.0])
    # squares 1/4, 1/4, 1: (1/2 - 1/4 + 3) / 4
    assert found.value == pytest.approx(3.25 / 4)
    spread = (2 * 0.5625) ** 2 + 0.5625**2 + (3 * 0.1875) ** 2
    assert found.error == pytest.approx(np.sqrt(1.5 * spread) / 4)
    assert isinstance(found, Estimate)


def test_log_loss_and_its_error_by_hand():
    value, error = log_loss([1, 0], [np.exp(-1), 1 - np.exp(-2)], [3.0, -1.0])
    assert value == pytest.approx((3 * 1 - 2) / 2)
    assert error == pytest.approx(np.sqrt(2 * (3 * 0.5) ** 2 + 2 * 1.5**2) / 2)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(brier_score, sklearn.metrics.brier_score_loss), (log_loss, sklearn.metrics.log_loss)],
)
def test_positive_weights_give_the_numbers_of_scikit_learn(ours, theirs):
    y, p, weights = drawn(negative=0)
    assert ours(y, p, weights).value == pytest.approx(theirs(y, p, sample_weight=weights))
    both = np.column_stack([1 - p, p])
    assert ours(y, both, weights) == pytest.approx(ours(y, p, weights))


def test_of_three_classes_too():
    y, p, weights = of_three()
    expected = sklearn.metrics.log_loss(y, p, sample_weight=weights)
    assert log_loss(y, p, weights).value == pytest.approx(expected)
    truth = (y[:, None] == ["b", "c", "light"]).astype(float)
    expected = np.average(np.sum((p - truth) ** 2, axis=1), weights=weights)
    assert brier_score(y, p, weights).value == pytest.approx(expected)


def test_columns_may_be_in_any_order_if_they_are_named():
    y, p, weights = of_three()
    named = log_loss(y, p[:, ::-1], weights, classes=["light", "c", "b"])
    assert named == pytest.approx(log_loss(y, p, weights))
    few = y != "c"
    found = log_loss(y[few], p[few], classes=np.array(["b", "c", "light"]))
    assert found.value == pytest.approx(-np.mean(np.log(np.where(y == "b", p[:, 0], p[:, 2])[few])))


def test_a_certain_error_counts_as_the_resolution_of_a_number():
    assert log_loss([1, 0], [0.0, 0.0]).value == pytest.approx(-np.log(2.0**-52) / 2)
    assert np.isnan(log_loss([1, 0], [0.5, 0.5], [1.0, 0.0]).error)


def test_the_scale_of_weights_changes_nothing():
    y, p, weights = drawn()
    for rule in (brier_score, log_loss):
        assert rule(y, p, 1e200 * weights) == pytest.approx(rule(y, p, weights))


@pytest.mark.parametrize("rule", [brier_score, log_loss])
def test_what_is_no_prediction_is_an_error(rule):
    y, p, weights = of_three()
    with pytest.raises(ValueError, match=r"a column for each of the classes \['b', 'c'\]"):
        rule(y, p, classes=["b", "c"])
    with pytest.raises(ValueError, match=r"label 0.0, which is not one of classes"):
        rule([0.0, 1.0], [[0.5, 0.5]] * 2, classes=[10**400, 1])
    with pytest.raises(ValueError, match=r"label 'light', which is not one of classes"):
        rule(y, p, classes=["b", "c", "g"])
    with pytest.raises(ValueError, match=r"classes=.* has 'b' twice"):
        rule(y, p, classes=["b", "c", "b"])
    with pytest.raises(ValueError, match="must sum to 1; those of 600 events do not"):
        rule(y, p / 2)
    with pytest.raises(ValueError, match=r"must be in \[0, 1\]"):
        rule([0, 1], [0.5, 2.0])
    with pytest.raises(WeightError, match="sums to"):
        rule(y, p, -weights)


@pytest.mark.slow
@pytest.mark.parametrize("rule", [brier_score, log_loss])
def test_errors_cover_in_68_percent_of_toys(rule):
    truth = rule(*drawn(2_000_000, 1)).value
    found = np.array([rule(*drawn(500, 10 + seed)) for seed in range(500)])
    inside = np.abs(found[:, 0] - truth) < found[:, 1]
    assert inside.mean() == pytest.approx(0.683, abs=3 * np.sqrt(0.683 * 0.317 / 500))
