from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import ClosureTest, closure_test

EDGES = [0.0, 1.0, 2.0]


def drawn(n=20_000, seed=0):
    """A variable, the true probability, which depends on it, and a draw."""
    rng = np.random.default_rng(seed)
    by = rng.uniform(0, 2, n)
    p = 0.1 + 0.4 * by * rng.random(n)
    return (rng.random(n) < p).astype(int), p, by


def test_counts_expectation_and_variance_by_hand():
    y, p, by = [1, 0, 1, 1], [0.5, 0.2, 0.9, 0.4], [0.3, 0.7, 1.0, 2.0]
    test = closure_test(y, p, by, bins=EDGES, sample_weight=[1.0, 2.0, 3.0, -1.0], min_variance=0)
    assert test.total.tolist() == [3.0, 2.0]
    assert test.counts.tolist() == [1.0, 2.0]
    assert test.expected == pytest.approx([0.5 + 0.4, 2.7 - 0.4])
    # 1 x 1/4 + 4 x 0.16, 9 x 0.09 + 1 x 0.24
    assert test.variance == pytest.approx([0.89, 1.05])
    assert test.pulls == pytest.approx([0.1 / np.sqrt(0.89), -0.3 / np.sqrt(1.05)])
    assert test.chi2 == pytest.approx(0.01 / 0.89 + 0.09 / 1.05)
    assert test.n_bins == 2
    assert test.calibration_error == pytest.approx((0.1 + 0.3) / 5)


def test_the_p_value_is_that_of_a_chi_square_with_all_bins():
    test = closure_test(*drawn(), bins=10)
    assert test.n_bins == 10
    assert test.p_value == pytest.approx(stats.chi2.sf(test.chi2, 10))
    assert test.chi2_per_bin == test.chi2 / 10


def test_the_truth_has_a_chi_square_of_one_per_bin():
    chi2 = [closure_test(*drawn(2000, seed), bins=10).chi2 for seed in range(200)]
    # 200 x 10 bins: mean 10 with an error of sqrt(20 / 200), and the p-values are uniform
    assert np.mean(chi2) == pytest.approx(10, abs=4 * np.sqrt(20 / 200))
    assert stats.kstest(stats.chi2.sf(chi2, 10), "uniform").pvalue > 0.01


def test_the_truth_has_a_chi_square_of_one_per_bin_with_weights_too():
    chi2 = []
    for seed in range(200):
        y, p, by = drawn(2000, seed)
        weight = np.random.default_rng(seed).normal(1, 1, 2000)
        chi2.append(closure_test(y, p, by, bins=10, sample_weight=weight).chi2)
    assert np.mean(chi2) == pytest.approx(10, abs=4 * np.sqrt(20 / 200))


def test_the_error_of_two_independent_histograms_would_be_too_large():
    y, p, by = drawn()
    test = closure_test(y, p, by, bins=10)
    independent = np.histogram(by, test.edges, weights=y + p**2)[0]
    assert np.all(test.variance < 0.8 * independent)


def test_a_prediction_that_is_off_by_five_percent_is_found():
    y, p, by = drawn()
    assert closure_test(y, p, by).p_value > 0.01
    assert closure_test(y, 0.95 * p, by).p_value < 1e-3


def test_in_bins_of_the_prediction_it_is_a_test_of_calibration():
    y, p, _ = drawn()
    edges = np.linspace(0, 1, 11)
    overconfident = p**2 / (p**2 + (1 - p) ** 2)
    assert closure_test(y, p, p, bins=edges).p_value > 0.01
    test = closure_test(y, overconfident, overconfident, bins=edges)
    assert test.p_value < 1e-6
    assert test.calibration_error > closure_test(y, p, p, bins=edges).calibration_error


def test_bins_of_numpy_and_the_last_edge_is_inside():
    y, p, by = np.ones(5, int), np.full(5, 0.5), np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert closure_test(y, p, by, bins=2).total.tolist() == [2, 3]
    assert closure_test(y, p, by, bins=[1, 2, 4]).total.tolist() == [1, 3]


def test_values_beyond_the_edges_are_left_out_infinite_ones_too():
    by = np.array([-np.inf, -1.0, 0.5, 5.0, np.inf])
    test = closure_test(np.ones(5), np.full(5, 0.5), by, bins=EDGES)
    assert test.total.tolist() == [1, 0]


def test_bins_that_no_event_reaches_are_an_error_that_says_where_events_are():
    momentum = np.array([3.2, 4.1, 5.0])
    message = r"no event is in bins, 500 to 3000: by has values from 3\.2 to 5"
    with pytest.raises(ValueError, match=message):
        closure_test([0, 1, 1], np.full(3, 0.5), momentum, bins=[500, 1000, 3000])


def test_a_bin_with_little_variance_is_not_tested():
    y = np.repeat([1, 0, 1, 0], [1, 99, 40, 60])
    by, p = np.repeat([0.5, 1.5], 100), np.repeat([0.01, 0.4], 100)
    test = closure_test(y, p, by, bins=EDGES)
    assert test.tested.tolist() == [False, True]
    assert closure_test(y, p, by, bins=EDGES, min_variance=0.5).n_bins == 2
    # more than any variance, also where the largest float is less
    assert closure_test(y, p, by, bins=EDGES, min_variance=1e308).n_bins == 0


def test_the_least_variance_does_not_depend_on_the_scale_of_the_weights():
    y, p, by = drawn(400)
    plain = closure_test(y, p, by, min_variance=3.0)
    scaled = closure_test(y, p, by, min_variance=3.0, sample_weight=1e-4)
    assert 0 < plain.n_bins < 20
    assert scaled.tested.tolist() == plain.tested.tolist()
    assert scaled.chi2 == pytest.approx(plain.chi2)


def test_a_prediction_of_zero_that_is_wrong_does_not_go_unnoticed():
    y, by = np.repeat([1, 0], [30, 70]), np.full(100, 0.5)
    test = closure_test(y, np.zeros(100), by, bins=EDGES)
    assert test.tested.tolist() == [True, False]
    assert (test.pulls[0], test.chi2, test.p_value) == (np.inf, np.inf, 0.0)


def test_a_prediction_of_zero_or_one_that_is_right_has_no_pull():
    y = np.repeat([1, 0], 50)
    test = closure_test(y, y.astype(float), y + 0.5, bins=EDGES, sample_weight=0.1)
    assert test.pulls.tolist() == [0, 0]
    assert test.n_bins == 0
    assert np.isnan(test.chi2_per_bin)
    assert np.isnan(test.p_value)


def test_an_empty_bin_is_not_tested():
    y, p, by = drawn()
    test = closure_test(y, p, by, bins=[0, 1, 2, 3], min_variance=0)
    assert test.tested.tolist() == [True, True, False]
    assert test.pulls[2] == 0


def test_labels_of_any_kind():
    y, p, by = drawn()
    names = np.where(y == 1, "accepted", "lost")
    expected = closure_test(y, p, by).chi2
    assert closure_test(names, p, by, signal="accepted").chi2 == expected
    assert closure_test(y == 1, p, by).chi2 == expected
    with pytest.raises(ValueError, match=r"signal=1 is not in y_true; its classes are \['acc"):
        closure_test(names, p, by)


def test_a_sample_without_a_selected_event_is_compared_as_well():
    with pytest.warns(UserWarning, match="none of 200 events are selected, where 20 were expected"):
        test = closure_test(np.zeros(200), np.full(200, 0.1), np.full(200, 0.5), bins=EDGES)
    # 20 expected, variance 18
    assert test.pulls[0] == pytest.approx(-20 / np.sqrt(18))


def test_selected_events_alone_are_told_of_unless_the_probabilities_lead_to_them():
    by = np.full(200, 0.5)
    with pytest.warns(UserWarning, match="all of 200 events .* 160 were expected.* that were not"):
        closure_test(np.ones(200), np.full(200, 0.8), by, bins=EDGES)
    assert closure_test(np.ones(200), np.full(200, 0.97), by, bins=EDGES).n_bins == 1
    assert closure_test(np.zeros(200), np.zeros(200), by, bins=EDGES).n_bins == 0
    assert closure_test(np.ones(200), np.ones(200), by, bins=EDGES).n_bins == 0


def test_the_table_has_a_row_per_bin_and_the_text_the_result():
    test = closure_test(*drawn(), bins=EDGES)
    table = test.to_frame()
    assert table[["low", "high"]].to_numpy().tolist() == [[0, 1], [1, 2]]
    assert table["pulls"].tolist() == test.pulls.tolist()
    assert isinstance(test, ClosureTest)
    assert repr(test).startswith("ClosureTest(2 of 2 bins tested, chi2 / bin = ")


@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_bins_add_up_to_the_sums_over_all_events(seed, scale):
    y, p, by = drawn(50, seed)
    weight = scale * np.random.default_rng(seed).normal(size=50)
    test = closure_test(y, p, by, bins=[0, 0.3, 1.1, 2], sample_weight=weight)
    assert test.counts.sum() == pytest.approx(weight[y == 1].sum(), abs=1e-9)
    assert test.expected.sum() == pytest.approx((weight * p).sum(), abs=1e-9)
    assert test.variance.sum() == pytest.approx((weight**2 * p * (1 - p)).sum())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probability": [0.5, 1.2]}, r"must be in \[0, 1\]; 1 are not, the first is 1.2"),
        ({"probability": [0.5, np.nan]}, "1 are not, the first is nan"),
        ({"probability": [[0.5, 0.5]] * 2}, r"must have the shape \(2,\).*\(2, 2\); take the col"),
        ({"by": [0.5]}, r"by must have the shape \(2,\), one value per event, got \(1,\)"),
        ({"by": [0.5, np.nan]}, "by contains NaN: 1 of 2 values"),
        ({"by": [0.5, np.inf], "bins": 2}, "bins=2; .* needs finite values of by"),
        ({"bins": 0}, "bins=0; a number of bins must be >= 1"),
        ({"bins": [1, 1]}, r"bins=\[1, 1\]; it must be a number of bins or increasing edges"),
        ({"bins": [1, np.nan]}, "increasing edges"),
        ({"min_variance": -1}, "min_variance=-1; it must be a finite number >= 0"),
        ({"y_true": []}, "y_true must be a 1-D array"),
    ],
)
def test_what_cannot_be_compared_is_an_error(change, message):
    good = {"y_true": [0, 1], "probability": [0.5, 0.5], "by": [0.5, 1.5], "bins": EDGES}
    with pytest.raises(ValueError, match=message):
        closure_test(**(good | change))


def test_weights_that_are_not_finite_are_an_error():
    with pytest.raises(WeightError, match="sample_weight"):
        closure_test([0, 1], [0.5, 0.5], [0, 1], sample_weight=[1.0, np.nan])


@pytest.mark.parametrize("signal", ["1", b"1", [1, "1"]])
def test_a_signal_of_another_type_than_labels_that_are_numbers_is_an_error(signal):
    y, p, by = np.zeros(4, int), np.full(4, 0.5), np.arange(4)
    with pytest.raises(ValueError, match=r"signal=.* is not in y_true; its classes are \[0\]"):
        closure_test(y, p, by, bins=2, signal=signal)


@pytest.mark.parametrize("signal", [7, 0.5, [7, 8], np.int64(2)])
def test_a_number_that_is_no_label_of_several_is_an_error(signal):
    y, p, by = np.array([0, 1, 0, 1]), np.full(4, 0.5), np.arange(4)
    with pytest.raises(ValueError, match=r"signal=.* is not in y_true; its classes are \[0, 1\]"):
        closure_test(y, p, by, bins=2, signal=signal)
    # nothing was selected of these
    assert closure_test(0 * y, p, by, bins=2).counts.tolist() == [0, 0]
