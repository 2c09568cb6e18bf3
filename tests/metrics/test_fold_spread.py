"""fold_spread: values by hand, errors and p-values by toys, folds of different networks found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skhep_nn.metrics import fold_spread, roc_auc, roc_auc_error
from skhep_nn.metrics._fold_spread import QUANTITIES

N_FOLDS = 5


def make_toy(rng, n_events=2000, negative=0.2):
    """Labels, Gaussian scores, folds and weights of which a part is negative."""
    y = rng.integers(0, 2, n_events)
    scores = rng.normal(0.4 + 0.2 * y, 0.15)
    weights = rng.uniform(0.5, 2.0, n_events) * np.where(rng.random(n_events) < negative, -1, 1)
    return y, scores, rng.integers(0, N_FOLDS, n_events), weights


def test_values_and_errors_are_those_of_the_events_of_the_fold():
    y, scores, folds, weights = make_toy(np.random.default_rng(0))
    found = fold_spread(y, scores, folds, sample_weight=weights, efficiency=0.3)
    assert found.quantities == list(QUANTITIES)
    cut = found.thresholds[0]
    assert weights[(y == 1) & (scores >= cut)].sum() >= 0.3 * weights[y == 1].sum()
    for fold in range(N_FOLDS):
        here = folds == fold
        for row, label in ((0, 1), (1, 0)):
            of_class = here & (y == label)
            w, x = weights[of_class], scores[of_class]
            mean = np.sum(w * x) / w.sum()
            error = np.sqrt(np.sum((w * (x - mean)) ** 2) * len(w) / (len(w) - 1)) / w.sum()
            assert found.values[row, fold] == pytest.approx(mean)
            assert found.errors[row, fold] == pytest.approx(error)
            passed = np.sum(w[x >= cut]) / w.sum()
            assert found.values[row + 3, fold] == pytest.approx(passed)
        part = y[here], scores[here], weights[here]
        assert found.values[2, fold] == pytest.approx(roc_auc(*part))
        assert found.errors[2, fold] == pytest.approx(roc_auc_error(*part))


def test_the_chi_square_is_that_of_a_common_mean():
    y, scores, folds, weights = make_toy(np.random.default_rng(1))
    found = fold_spread(y, scores, folds, sample_weight=weights)
    table = found.to_frame()
    for row in range(len(QUANTITIES)):
        v, e = found.values[row], found.errors[row]
        mean = np.average(v, weights=1 / e**2)
        chi2 = np.sum(((v - mean) / e) ** 2)
        assert table["mean"][row] == pytest.approx(mean)
        assert table["chi2"][row] == pytest.approx(chi2)
        assert found.p_values[row] == pytest.approx(stats.chi2.sf(chi2, N_FOLDS - 1))
    assert table["n_dof"].tolist() == [N_FOLDS - 1] * len(QUANTITIES)


def test_errors_cover_and_p_values_are_uniform_in_toys():
    rng = np.random.default_rng(2)
    inside, p_values = {row: [] for row in range(len(QUANTITIES))}, []
    for _ in range(150):
        y, scores, folds, weights = make_toy(rng, 1500)
        found = fold_spread(y, scores, folds, sample_weight=weights)
        p_values.append(found.p_values)
        above = stats.norm.sf(found.thresholds[0], [0.6, 0.4], 0.15)
        truth = (0.6, 0.4, stats.norm.cdf(0.2 / (0.15 * np.sqrt(2))), *above)
        for row, true in enumerate(truth):
            inside[row] += (np.abs(found.values[row] - true) < found.errors[row]).tolist()
    for row, hits in inside.items():
        three_sigma = 3 * np.sqrt(0.683 * 0.317 / len(hits))
        assert abs(np.mean(hits) - 0.683) < three_sigma, QUANTITIES[row]
    for row in range(len(QUANTITIES)):
        assert stats.kstest(np.array(p_values)[:, row], "uniform").pvalue > 1e-3, QUANTITIES[row]


def test_folds_of_one_network_are_comparable_and_others_are_not():
    y, scores, folds, weights = make_toy(np.random.default_rng(3), 20_000)
    assert fold_spread(y, scores, folds, sample_weight=weights).comparable
    moved = fold_spread(y, scores + 0.1 * (folds == 2), folds, sample_weight=weights)
    assert not moved.comparable
    lines = moved.differences()
    assert lines[0].startswith("mean score of signal: 0.5")
    # the AUC of the fold itself is the same as before
    assert not any(line.startswith("AUC") for line in lines)
    # a shift of one fold of five by d is a standard deviation of d / sqrt(5) between folds
    assert moved.excess[0] == pytest.approx(0.1 / np.sqrt(5), rel=0.1)


def test_a_difference_that_matters_to_nobody_is_no_reason_to_warn():
    y, scores, folds, weights = make_toy(np.random.default_rng(4), 600_000, negative=0)
    found = fold_spread(y, scores + 0.005 * (folds == 2), folds, sample_weight=weights)
    assert found.p_values[0] < 1e-6
    assert found.comparable


def test_several_classes_are_signal_in_turn():
    rng = np.random.default_rng(5)
    y = np.array(["W", "Z", "tt"])[rng.integers(0, 3, 900)]
    scores, folds = rng.dirichlet(np.ones(3), 900), rng.integers(0, 3, 900)
    found = fold_spread(y, scores, folds, classes=["W", "Z", "tt"])
    assert found.signals == [label for label in ("W", "Z", "tt") for _ in QUANTITIES]
    alone = fold_spread(y, scores[:, 2], folds, signal="tt")
    assert np.array_equal(found.values[10:], alone.values)
    assert "AUC ('tt' as signal): 0." in str(found)


def test_a_fold_with_few_events_is_not_judged():
    y, scores, folds, weights = make_toy(np.random.default_rng(6), 300)
    few = (y == 1) & (folds == 0) & (np.cumsum((y == 1) & (folds == 0)) > 5)
    found = fold_spread(y[~few], scores[~few], folds[~few], sample_weight=np.abs(weights[~few]))
    assert np.isnan(found.p_values).all()
    assert found.comparable
    none = (y == 1) & (folds == 0)
    found = fold_spread(y[~none], scores[~none], folds[~none])
    assert np.isnan(found.values[[0, 2, 3], 0]).all()
    assert np.isfinite(found.values[1, 0])


def test_folds_at_one_value_are_alike():
    y = np.arange(400) % 2
    found = fold_spread(y, y * 1.0, np.arange(400) // 100)
    assert found.values[2].tolist() == [1.0] * 4
    assert found.comparable
    assert found.to_frame()["chi2"].tolist() == [0.0] * 5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"folds": [0] * 8}, r"folds has the values \[0\]; a comparison needs two"),
        ({"folds": [0, 1]}, r"folds has the shape \(2,\)"),
        ({"folds": [0.5] * 8}, "folds: whole numbers are needed, got 0.5"),
        ({"efficiency": 1.0}, "efficiency=1.0; it must be a number between 0 and 1"),
        ({"signal": 2}, "signal=2 is not in y_true"),
        ({"classes": [0, 1]}, "one column for each of the 2 classes"),
        ({"y_score": [np.nan] * 8}, "y_score contains NaN: 8 of 8"),
        ({"y_score": [0.5] * 7}, "y_true has 8 events, but y_score has 7"),
    ],
)
def test_what_makes_no_sense_is_named(changed, message):
    arguments = {"y_true": [0, 1] * 4, "y_score": [0.1, 0.9] * 4, "folds": [0, 0, 1, 1] * 2}
    with pytest.raises(ValueError, match=message):
        fold_spread(**(arguments | changed))
