from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve as unweighted_curve

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import calibration_curve, closure_test


def drawn(n=5000, seed=0):
    """Labels, the true probability and weights, one in five of them negative."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 2, n)
    weights = rng.choice([0.5, 1.0, 2.0, -1.0], n, p=[0.3, 0.3, 0.2, 0.2])
    return (rng.random(n) < p).astype(int), p, weights


def test_fractions_errors_and_effective_numbers_by_hand():
    y, p = [1, 0, 0, 1, 1], [0.1, 0.2, 0.4, 0.7, 0.8]
    curve = calibration_curve(y, p, [1.0, 3.0, -1.0, 2.0, 1.0], bins=[0.0, 0.5, 1.0])
    assert curve.total.tolist() == [3.0, 3.0]
    assert curve.fraction == pytest.approx([1 / 3, 1.0])
    assert curve.probability == pytest.approx([(0.1 + 0.6 - 0.4) / 3, (1.4 + 0.8) / 3])
    # 3/2 (1 (2/3)^2 + 9 (1/3)^2 + 1 (1/3)^2) / 9
    assert curve.error[0] == pytest.approx(np.sqrt(1.5 * (4 + 9 + 1) / 9 / 9))
    assert curve.effective_events == pytest.approx([9 / 11, 9 / 5])


def test_a_bin_without_a_class_has_the_error_of_one_event_of_it():
    y, p = [1, 0, 0, 1, 1], [0.1, 0.2, 0.4, 0.7, 0.8]
    curve = calibration_curve(y, p, [1.0, 3.0, -1.0, 2.0, 1.0], bins=[0.0, 0.5, 1.0])
    # background weighs sqrt((9 + 1) / 2)
    assert curve.error[1] == pytest.approx(np.sqrt(5) / 3)


def test_without_weights_it_is_the_curve_of_scikit_learn():
    y, p, _ = drawn()
    edges = np.linspace(0, 1, 6)
    curve = calibration_curve(y, p, bins=edges)
    fraction, probability = unweighted_curve(y, p, n_bins=5)
    np.testing.assert_allclose(curve.fraction, fraction)
    np.testing.assert_allclose(curve.probability, probability)


def test_in_bins_of_equal_numbers_of_unit_weights_it_is_that_of_quantiles():
    y, p, _ = drawn(1000)
    curve = calibration_curve(y, p, bins=10)
    assert curve.effective_events.tolist() == [100.0] * 10
    fraction, _ = unweighted_curve(y, p, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(curve.fraction, fraction)


def test_bins_have_equal_effective_numbers_with_weights_of_either_sign():
    y, p, weights = drawn(20_000)
    weights = np.where(p > 0.5, 0.01 * weights, weights)
    curve = calibration_curve(y, p, weights, bins=8)
    assert len(curve.fraction) == 8
    assert curve.effective_events.max() / curve.effective_events.min() < 1.1
    assert np.all(curve.total > 0)


def test_of_few_events_there_are_fewer_bins():
    y, p, _ = drawn(95)
    assert len(calibration_curve(y, p, bins=20).fraction) == 9
    assert len(calibration_curve(y, p, bins=20, min_effective_events=200).fraction) == 1
    assert len(calibration_curve(y, p, bins=20, min_effective_events=0).fraction) == 20


def test_equal_predictions_are_not_parted():
    y, _, _ = drawn(1000)
    p = np.repeat([0.0, 0.3, 0.3, 1.0], 250)
    curve = calibration_curve(y, p, bins=4)
    assert curve.probability == pytest.approx([0.0, 0.3, 1.0])
    assert calibration_curve(y, np.full(1000, 0.4), bins=4).probability == pytest.approx([0.4])


def test_edges_serve_the_closure_test():
    y, p, weights = drawn()
    curve = calibration_curve(y, p, weights, bins=6)
    test = closure_test(y, p, p, bins=curve.edges, sample_weight=weights)
    np.testing.assert_allclose(test.counts / test.total, curve.fraction)
    np.testing.assert_allclose(test.expected / test.total, curve.probability)


def test_given_edges_leave_events_out_and_empty_bins_have_no_number():
    y, p = [1, 0, 1, 0], [0.05, 0.2, 0.3, 0.9]
    curve = calibration_curve(y, p, bins=[0.1, 0.5, 0.7, 0.8])
    assert curve.fraction[0] == 0.5
    assert np.isnan(curve.fraction[1:]).all()
    assert np.isnan(curve.error[1:]).all()
    assert curve.effective_events.tolist() == [2.0, 0.0, 0.0]


def test_the_scale_of_weights_changes_nothing():
    y, p, weights = drawn()
    one, other = (calibration_curve(y, p, scale * weights) for scale in (1, 1e-6))
    np.testing.assert_allclose(one.fraction, other.fraction)
    np.testing.assert_allclose(one.error, other.error)
    np.testing.assert_array_equal(one.edges, other.edges)


@given(st.integers(0, 1000), st.integers(1, 40), st.integers(2, 300))
def test_every_event_is_in_one_bin_of_a_positive_sum(seed, bins, n_events):
    y, p, weights = drawn(n_events, seed)
    y[:2] = 0, 1
    weights[0] += max(0.0, 1.0 - weights.sum())
    curve = calibration_curve(y, np.round(p, 2), weights, bins=bins)
    assert curve.total.sum() == pytest.approx(weights.sum())
    assert np.all(curve.total > 0)
    assert len(curve.fraction) <= bins
    assert np.dot(curve.fraction, curve.total) == pytest.approx(np.sum(weights[y == 1]))


def test_the_table_has_a_row_per_bin():
    table = calibration_curve(*drawn(), bins=5).to_frame()
    assert [*table.columns[:4]] == ["low", "high", "probability", "fraction"]
    assert table.shape == (5, 7)
    assert repr(calibration_curve(*drawn(), bins=5)) == "CalibrationCurve(5 bins)"


@pytest.mark.parametrize("signal", ["b", ["b", "c"]])
def test_each_of_several_classes_has_its_curve(signal):
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1, 1], 3000)
    y = np.array(["b", "c", "light"])[[rng.choice(3, p=row) for row in p]]
    of_signal = p[:, 0] if signal == "b" else p[:, :2].sum(axis=1)
    curve = calibration_curve(y, of_signal, signal=signal)
    expected = calibration_curve(np.isin(y, signal), of_signal, signal=True)
    np.testing.assert_array_equal(curve.fraction, expected.fraction)
    pulls = (curve.fraction - curve.probability) / curve.error
    assert np.abs(pulls).max() < 4
    with pytest.raises(ValueError, match=r"take the column of the signal"):
        calibration_curve(y, p, signal="b")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([0, 1], [0.5, 1.5]), ValueError, "must be in .0, 1.; 1 are not, the first is 1.5"),
        (([0, 1], [0.5, np.nan]), ValueError, "the first is nan"),
        (([0, 1], [0.5, 0.5], [1.0, -2.0]), WeightError, "sums to -1; a fraction of events needs"),
        (([0, 0], [0.5, 0.5]), ValueError, "signal=1 is not in y_true"),
        (([0, 1], [0.5, 0.5, 0.5]), ValueError, r"shape \(2,\), one per event"),
    ],
)
def test_what_is_no_prediction_is_an_error(arguments, error, words):
    with pytest.raises(error, match=words):
        calibration_curve(*arguments)


@pytest.mark.parametrize("bins", [0, -1, True, 1.5, [0.5], [1.0, 0.0], 10**6, "auto"])
def test_what_is_no_bins_is_an_error(bins):
    with pytest.raises(ValueError, match="bins"):
        calibration_curve(*drawn(100), bins=bins)


@pytest.mark.slow
def test_errors_cover_in_68_percent_of_toys():
    edges, inside = np.array([0.0, 0.1, 0.3, 0.6, 1.0]), []
    truth = calibration_curve(*drawn(2_000_000, 1), bins=edges).fraction
    for seed in range(500):
        curve = calibration_curve(*drawn(2000, 10 + seed), bins=edges)
        inside.append(np.abs(curve.fraction - truth) < curve.error)
    allowed = 3 * np.sqrt(0.683 * 0.317 / 500)
    np.testing.assert_allclose(np.mean(inside, axis=0), 0.683, atol=allowed)
