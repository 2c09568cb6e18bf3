from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import calibration_curve, closure_test, expected_calibration_error
from skhep_nn.metrics._calibration_error import _folded_variance


def drawn(n=2000, seed=0, bias=0.0):
    """Labels, a prediction that is too high by up to `bias`, weights of either sign."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(1, 2, n)
    y = (rng.random(n) < truth).astype(int)
    weights = rng.choice([1.0, 2.0, -0.5], n, p=[0.5, 0.3, 0.2])
    return y, np.minimum(truth + 4 * bias * truth * (1 - truth), 1.0), weights


def test_value_by_hand_with_a_negative_weight():
    y, p, weights = [1, 0, 1, 0, 1], [0.2, 0.3, 0.4, 0.6, 0.9], [1.0, 2.0, -1.0, 1.0, 3.0]
    found = expected_calibration_error(y, p, weights, bins=[0.0, 0.5, 1.0])
    # bins: 0.8 - 0.6 - 0.6 and -0.6 + 0.3, of a total of 6
    assert found.value == pytest.approx((0.4 + 0.3) / 6)
    squares = [0.8**2 + 0.6**2 + 0.6**2, 0.6**2 + 0.3**2]
    assert found.by_chance == pytest.approx(np.sqrt(2 / np.pi) * np.sum(np.sqrt(squares)) / 6)


def test_it_is_the_calibration_error_of_the_closure_test_in_the_same_bins():
    y, p, weights = drawn(bias=0.1)
    edges = calibration_curve(y, p, weights).edges
    test = closure_test(y, p, p, bins=edges, sample_weight=weights)
    found = expected_calibration_error(y, p, weights)
    assert found.value == pytest.approx(test.calibration_error)


def test_the_scale_of_weights_changes_nothing():
    y, p, weights = drawn()
    one = expected_calibration_error(y, p, weights)
    for scale in (1e-6, 1e200):
        assert expected_calibration_error(y, p, scale * weights) == pytest.approx(one)


def test_the_variance_of_an_absolute_value_is_that_of_the_folded_normal_distribution():
    off, sigma = np.array([5.0, -3.0, 1.0, 0.0]), np.array([2.0, 1.0, 2.0, 1.0])
    ratio = np.abs(off / sigma)
    ratio *= np.sqrt(1 - 4 / np.sum(ratio**2))
    expected = stats.foldnorm.var(ratio, scale=sigma)
    np.testing.assert_allclose(_folded_variance(off, sigma**2), expected)
    of_none = stats.halfnorm.var(scale=2.0)
    assert _folded_variance(np.ones(1), np.full(1, 4.0)) == pytest.approx([of_none])
    assert _folded_variance(np.zeros(1), np.zeros(1)).tolist() == [0.0]


def test_perfect_predictions_have_the_value_that_chance_makes():
    found = [expected_calibration_error(*drawn(seed=seed)) for seed in range(100)]
    value, _, by_chance = np.mean(found, axis=0)
    # 100 samples, each with a scatter of a quarter of the value
    assert value == pytest.approx(by_chance, rel=4 * 0.25 / 10)


def test_weights_without_a_sum_are_an_error():
    with pytest.raises(WeightError, match="sums to 0; a fraction"):
        expected_calibration_error([0, 1], [0.5, 0.5], [1.0, -1.0])
    with pytest.raises(WeightError, match="sums to -1"):
        expected_calibration_error([0, 1], [0.1, 0.9], [-1.0, 3.0], bins=[0.0, 0.5])


@pytest.mark.slow
@pytest.mark.parametrize("bias", [0.0, 0.03, 0.15])
def test_the_error_covers_in_68_percent_of_toys(bias):
    found = np.array([expected_calibration_error(*drawn(seed=s, bias=bias)) for s in range(500)])
    inside = np.abs(found[:, 0] - found[:, 0].mean()) < found[:, 1]
    assert inside.mean() == pytest.approx(0.683, abs=3 * np.sqrt(0.683 * 0.317 / 500))


@pytest.mark.slow
def test_a_large_calibration_error_is_covered_by_its_error():
    truth = np.random.default_rng(1).beta(1, 2, 2_000_000)
    true_value = np.mean(np.minimum(truth + 0.6 * truth * (1 - truth), 1.0) - truth)
    found = np.array([expected_calibration_error(*drawn(seed=s, bias=0.15)) for s in range(500)])
    inside = np.abs(found[:, 0] - true_value) < found[:, 1]
    assert inside.mean() == pytest.approx(0.683, abs=3 * np.sqrt(0.683 * 0.317 / 500))
