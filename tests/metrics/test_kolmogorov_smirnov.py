from __future__ import annotations

import numpy as np
import pytest
from scipy.special import kolmogorov
from scipy.stats import ks_2samp

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import weighted_ks
from skhep_nn.metrics._kolmogorov_smirnov import _lower, _upper


@pytest.mark.parametrize("shift", [0, 0.05, 0.2, 1])
def test_unit_weights_give_scipy_statistic_and_nearly_its_p_value(shift):
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=400).round(1), rng.normal(size=300).round(1) + shift
    expected = ks_2samp(a, b)
    found = weighted_ks(a, b)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-12)
    assert found.pvalue == pytest.approx(expected.pvalue, abs=0.02)


def test_integer_weights_are_repeated_events():
    a, b, weights = [1, 2, 3, 4], [2, 3, 5], [3, 1, 2, 1]
    expected = ks_2samp(np.repeat(a, weights), b).statistic
    assert weighted_ks(a, b, weights).statistic == pytest.approx(expected, abs=1e-14)


def test_the_two_series_of_the_probability_are_the_kolmogorov_distribution():
    for x in (0.1, 0.5, 0.9, 1.0):
        assert 1 - _lower(x) == pytest.approx(kolmogorov(x), abs=1e-14)
    for x in (1.0, 1.5, 3.0):
        assert _upper(x) == pytest.approx(kolmogorov(x), rel=1e-12)


def test_the_same_sample_gives_distance_0_and_probability_1():
    assert weighted_ks([1, 2, 3], [3, 1, 2], 2.0, [5, 5, 5]) == (0.0, 1.0)


def test_the_p_value_counts_effective_events():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=200), rng.normal(size=200)
    # the events' scale is nothing; a few heavy events are fewer effective ones
    assert weighted_ks(a, b, 1e-6, 1e6) == pytest.approx(weighted_ks(a, b), rel=1e-10)
    weights = np.where(np.arange(200) < 5, 100.0, 1e-9)
    found = weighted_ks(a, b, weights)
    n = 5 * 200 / 205
    scale = np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n)
    assert found.pvalue == pytest.approx(kolmogorov(scale * found.statistic), abs=1e-6)


def test_negative_weights_subtract():
    # a: 1 and 2 with weights 2 and -1, so F(1) = 2, F(2) = 1; b: F(1) = 0.5
    assert weighted_ks([1, 2], [1, 2], [2, -1]).statistic == 1.5


@pytest.mark.parametrize(
    ("a", "message"),
    [
        ([], "a must be a 1-D array with at least one event"),
        ([1, np.nan], "a contains NaN: 1 of 2"),
    ],
)
def test_bad_samples_are_errors(a, message):
    with pytest.raises(ValueError, match=message):
        weighted_ks(a, [1, 2])


def test_weights_without_positive_sum_are_an_error():
    with pytest.raises(WeightError, match="weights_b sums to -1; a distribution needs"):
        weighted_ks([1, 2], [1, 2], None, [1, -2])
