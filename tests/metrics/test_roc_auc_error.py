from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import roc_auc, roc_auc_error


def sample(seed, n_signal=300, n_background=500, n_negative=0):
    rng = np.random.default_rng(seed)
    y = np.repeat([1, 0], [n_signal, n_background])
    scores = rng.normal(size=len(y)) + 1.2 * y
    weights = rng.exponential(size=len(y)) + 0.1
    weights[rng.choice(len(y), n_negative, replace=False)] *= -0.5
    return y, scores, weights


def bootstrap_error(y, scores, weights, n_trials=400):
    """Spread of the AUC of events drawn with replacement, class by class."""
    rng, rows = np.random.default_rng(1), [np.flatnonzero(y == label) for label in (0, 1)]
    values = []
    for _ in range(n_trials):
        drawn = np.concatenate([rng.choice(part, len(part)) for part in rows])
        values.append(roc_auc(y[drawn], scores[drawn], weights[drawn]))
    return np.std(values)


def test_it_is_the_estimate_of_delong_for_unit_weights():
    # placements: signal 0.35 -> 1/2, 0.8 -> 1; background 0.1 -> 1, 0.4 -> 1/2; area 3/4;
    # each class has the sample variance 2 (1/4)^2 / (2 - 1), and a mean of 2 events half of it
    expected = np.sqrt(2 * (1 / 8) / 2)
    assert roc_auc_error([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) == pytest.approx(expected)


def test_ties_count_one_half():
    # signal 1 -> (1/2 + 0) / 2 ... : below 1: half of the tie; below 2: both
    y, scores = [0, 0, 1, 1], [1, 1, 1, 2]
    # signal parts 1/2, 1, area 3/4; background parts: half of the tie and the 2 above: 3/4, 3/4
    assert roc_auc_error(y, scores) == pytest.approx(np.sqrt(2 * (1 / 4) ** 2 / 2))


@pytest.mark.parametrize("n_negative", [0, 80])
def test_it_is_the_spread_of_a_bootstrap_with_weights_of_either_sign(n_negative):
    y, scores, weights = sample(0, n_negative=n_negative)
    # 400 trials know the spread to 3.5 %
    assert roc_auc_error(y, scores, weights) == pytest.approx(
        bootstrap_error(y, scores, weights), rel=0.12
    )


def test_it_covers_the_true_area():
    n_inside = 0
    for seed in range(200):
        y, scores, weights = sample(seed)
        # Phi(1.2 / sqrt 2)
        distance = roc_auc(y, scores, weights) - 0.80193
        n_inside += abs(distance) < roc_auc_error(y, scores, weights)
    # 68.3 % with a binomial error of 3.3 %
    assert 0.58 < n_inside / 200 < 0.78


def test_the_scale_of_the_weights_does_not_matter():
    y, scores, weights = sample(2)
    scaled = weights * np.where(y == 1, 1e-3, 50)
    assert roc_auc_error(y, scores, scaled) == pytest.approx(roc_auc_error(y, scores, weights))


def test_four_times_the_events_halve_it():
    small, large = (sample(3, n, 2 * n) for n in (400, 1600))
    ratio = roc_auc_error(*small) / roc_auc_error(*large)
    assert ratio == pytest.approx(2, rel=0.15)


def test_an_event_of_no_weight_does_not_count():
    y, scores, weights = sample(4)
    more = np.append(y, 1), np.append(scores, -50), np.append(weights, 0)
    assert roc_auc_error(*more) == pytest.approx(roc_auc_error(y, scores, weights))


def test_a_single_event_of_a_class_has_no_error():
    assert np.isnan(roc_auc_error([0, 0, 1], [0.1, 0.2, 0.3]))


def test_perfect_separation_has_no_spread():
    assert roc_auc_error([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]) == 0


def test_the_signal_may_be_any_label():
    y, scores, weights = sample(5)
    names = np.where(y == 1, "X", "QCD")
    expected = roc_auc_error(y, scores, weights)
    assert roc_auc_error(names, scores, weights, signal="X") == expected
    assert roc_auc_error(names, -scores, weights, signal="QCD") == pytest.approx(expected)


def test_a_class_that_sums_to_nothing_is_an_error():
    with pytest.raises(WeightError, match="sample_weight of the signal sums to -1"):
        roc_auc_error([0, 1, 1], [0.1, 0.2, 0.3], [1, 1, -2])
