from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import reweighting_test


def drawn(n=2000, seed=0):
    """A source of standard deviation 1 around 0, a target around 1/2, weights of either sign."""
    rng = np.random.default_rng(seed)
    weights = rng.choice([1.0, 2.0, -0.5], (2, n), p=[0.6, 0.2, 0.2])
    return rng.normal(0.0, 1.0, n), rng.normal(0.5, 1.0, n), *weights


def ratio(x):
    return np.exp(0.5 * x - 0.125)


def test_fractions_errors_and_chi_square_by_hand():
    source, target = [0.2, 0.4, 0.6, 0.8], [0.1, 0.7, 0.9]
    test = reweighting_test(
        source, target, [1.0, 1.0, 3.0, -1.0], weights_target=[1.0, 1.0, 2.0], bins=[0, 0.5, 1]
    )
    assert test.before.tolist() == [0.5, 0.5]
    assert test.after.tolist() == [0.5, 0.5]
    assert test.target.tolist() == [0.25, 0.75]
    # f = 1/4 of a sum of 4: the variance is (1 (3/4)^2 + (1 + 4) (1/4)^2) / 16
    of_target = (9 / 16 + 5 / 16) / 16
    assert test.target_error == pytest.approx([np.sqrt(of_target)] * 2)
    assert test.after_error == pytest.approx([np.sqrt(12 / 64)] * 2)
    assert test.chi2_before == pytest.approx(1 / 16 / (of_target + 1 / 16))
    assert test.chi2_after == pytest.approx(1 / 16 / (of_target + 12 / 64))
    assert test.n_bins == 1
    assert test.p_value_after == pytest.approx(stats.chi2.sf(test.chi2_after, 1))


def test_the_true_ratio_makes_a_chi_square_of_one_per_bin():
    found = []
    for seed in range(200):
        source, target, before, of_target = drawn(seed=seed)
        weights = {"weights_before": before, "weights_target": of_target}
        after = before * ratio(source)
        found.append(reweighting_test(source, target, after, bins=11, **weights))
    chi2 = np.array([test.chi2_after for test in found])
    assert {test.n_bins for test in found} == {10}
    # 200 chi-squares of 10 degrees of freedom
    assert chi2.mean() == pytest.approx(10, abs=4 * np.sqrt(20 / 200))
    assert stats.kstest([test.p_value_after for test in found], "uniform").pvalue > 0.01
    assert min(test.chi2_per_bin_before for test in found) > 3


def test_yields_do_not_matter():
    source, target, before, _ = drawn()
    one = reweighting_test(source, target, before)
    other = reweighting_test(source, target, 1e-3 * before, weights_before=5.0)
    assert other.chi2_after == pytest.approx(one.chi2_after)
    assert other.chi2_before == pytest.approx(one.chi2_before)


def test_what_is_no_sample_is_an_error():
    source, target, before, _ = drawn(50)
    with pytest.raises(WeightError, match="weights_after sums to -"):
        reweighting_test(source, target, -np.abs(before))
    with pytest.raises(ValueError, match="source must be finite numbers"):
        reweighting_test(np.append(source[:-1], np.nan), target, before)
    with pytest.raises(ValueError, match="bins"):
        reweighting_test(source, target, before, bins=[1, 0])
    assert np.isnan(reweighting_test(source, target, 1.0, bins=[-9, 9]).chi2_per_bin_after)
