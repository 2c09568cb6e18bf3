"""Maps of calibration: isotonic, logistic, beta, temperature, with weights of either sign."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, logit, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from skhep_nn.estimators._calibration import _priors
from skhep_nn.estimators._calibration._isotonic import _MOST_PLACES, IsotonicMap, pools
from skhep_nn.estimators._calibration._maps import BetaMap, LogisticMap, TemperatureMap

EPS = 1e-12


def drawn(n=4000, seed=0, negative=0.2):
    """Scores whose true probability is another function of them, and weights of either sign."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(1, 2, n)
    signal = rng.random(n) < expit(0.7 * logit(scores) - 0.5)
    weights = rng.uniform(0.5, 2, n) * np.where(rng.random(n) < negative, -1, 1)
    return scores, signal, weights


def test_pools_by_hand_with_a_negative_weight():
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    signal = np.array([False, True, False, False, True, True])
    weights = np.array([2.0, 1.0, -1.0, 3.0, 1.0, 2.0])
    # cumulated background 2 2 1 4 4 4 and signal 0 1 1 1 2 4: the first step goes to (2, 0),
    # no later one may end at (1, 1), so the next is to (4, 1)
    low, high, fraction = pools(scores, signal, weights)
    assert low.tolist() == [0.1, 0.2, 0.5]
    assert high.tolist() == [0.1, 0.4, 0.6]
    assert fraction == pytest.approx([0.0, 1 / 3, 1.0])


def test_events_of_negative_weight_alone_are_pooled_with_what_makes_up_for_them():
    scores = np.array([0.1, 0.2, 0.3, 0.4])
    signal = np.array([True, False, False, True])
    # a negative signal first: no fraction below 0; a negative background last: none above 1
    _, high, fraction = pools(scores, signal, np.array([-1.0, 2.0, 1.0, 3.0]))
    assert high.tolist() == [0.4]
    assert fraction == pytest.approx([2 / 5])
    signal = np.array([False, True, True, False])
    low, high, fraction = pools(scores, signal, np.array([4.0, 1.0, 1.0, -1.0]))
    assert (low.tolist(), high.tolist()) == ([0.1], [0.4])
    assert fraction == pytest.approx([2 / 5])


def test_positive_weights_give_the_isotonic_regression_of_scikit_learn():
    scores, signal, weights = drawn(negative=0)
    scores = np.round(scores, 2)
    expected = IsotonicRegression(out_of_bounds="clip").fit(scores, signal, weights)
    grid = np.linspace(0, 1, 1001)
    found = IsotonicMap.fitted(scores, signal, weights)
    np.testing.assert_allclose(found(grid), expected.predict(grid), atol=1e-12)


def test_a_pair_of_events_that_cancels_changes_no_pool():
    scores, signal, weights = drawn(negative=0)
    pair = [scores[7], scores[7]], [signal[7], signal[7]], [weights[7], -weights[7]]
    events = (scores, signal, weights)
    with_pair = [np.concatenate([one, other]) for one, other in zip(events, pair, strict=True)]
    for one, other in zip(pools(*events), pools(*with_pair), strict=True):
        np.testing.assert_allclose(one, other)


@given(st.integers(0, 10_000), st.integers(4, 60), st.floats(0, 0.45))
def test_fractions_rise_stay_probabilities_and_keep_the_sum_of_signal(seed, n, negative):
    scores, signal, weights = drawn(n, seed, negative)
    scores = np.round(scores, 1 if seed % 2 else 6)
    signal[:2] = True, False
    weights[0] += max(0.0, 0.1 - weights[signal].sum())
    weights[1] += max(0.0, 0.1 - weights[~signal].sum())
    found = IsotonicMap.fitted(scores, signal, weights)
    assert (np.diff(found.y) >= 0).all()
    assert found.y[0] >= 0
    assert found.y[-1] <= 1
    p = found(scores)
    assert np.dot(weights, p) == pytest.approx(weights[signal].sum(), abs=1e-9)


def test_more_scores_than_places_keep_the_sum_too():
    scores, signal, weights = drawn(2 * _MOST_PLACES)
    p = IsotonicMap.fitted(scores, signal, weights)(scores)
    assert np.dot(weights, p) == pytest.approx(weights[signal].sum(), rel=1e-9)


@pytest.mark.parametrize("kind", [LogisticMap, BetaMap])
def test_the_sum_of_weights_times_probabilities_is_that_of_signal(kind):
    scores, signal, weights = drawn()
    p = kind.fitted(scores, signal, weights, EPS)(scores)
    assert np.dot(weights, p) == pytest.approx(weights[signal].sum(), rel=1e-9)


def test_logistic_is_the_regression_of_scikit_learn_on_the_logit():
    scores, signal, weights = drawn(negative=0)
    z = logit(scores)[:, None]
    expected = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(z, signal, weights)
    found = LogisticMap.fitted(scores, signal, weights, EPS)
    assert found.slope == pytest.approx(expected.coef_[0, 0], abs=1e-4)
    assert found.intercept == pytest.approx(expected.intercept_[0], abs=1e-4)
    assert found.slope == pytest.approx(0.7, abs=0.1)
    assert found.intercept == pytest.approx(-0.5, abs=0.15)


def test_beta_is_the_minimum_that_scipy_finds():
    scores, signal, weights = drawn()

    def loss(values):
        a, b, c = values
        score = a * np.log(scores) - b * np.log1p(-scores) + c
        return np.dot(weights, np.logaddexp(0, score) - signal * score)

    expected = minimize(loss, [1.0, 1.0, 0.0], bounds=[(0, None), (0, None), (None, None)])
    found = BetaMap.fitted(scores, signal, weights, EPS)
    assert [found.a, found.b, found.c] == pytest.approx(expected.x, abs=1e-2)
    assert loss([found.a, found.b, found.c]) <= expected.fun + 1e-9


def test_beta_does_not_fall_where_the_best_one_would():
    scores, signal, weights = drawn()
    found = BetaMap.fitted(scores, ~signal, weights, EPS)
    assert (found.a, found.b) == (0.0, 0.0)
    share = weights[~signal].sum() / weights.sum()
    assert found(np.array([0.1, 0.9])) == pytest.approx([share, share])


def test_the_temperature_that_made_scores_too_sure_is_found_with_weights_of_either_sign():
    rng = np.random.default_rng(0)
    logits = 2 * rng.normal(size=(20_000, 3))
    codes = np.array([rng.choice(3, p=row) for row in softmax(logits, axis=1)])
    weights = rng.choice([1.0, -0.5], 20_000, p=[0.8, 0.2])
    sure = softmax(2.5 * logits, axis=1)
    found = TemperatureMap.fitted(sure, codes, weights, 1e-30, np.ones(3))
    assert found.temperature == pytest.approx(2.5, rel=0.05)
    np.testing.assert_allclose(found(sure).sum(axis=1), 1)
    one = TemperatureMap(1.0, 1e-30)
    np.testing.assert_allclose(one(sure), sure, atol=1e-12)


def test_a_temperature_without_end_is_an_error():
    p = np.array([[0.9, 0.1], [0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    with pytest.raises(ValueError, match=r"falls up to 0.01: scores that are all right"):
        TemperatureMap.fitted(p, np.array([0, 1, 0, 1]), np.ones(4), EPS, np.ones(2))
    with pytest.raises(ValueError, match=r"falls up to 100: scores that say nothing"):
        TemperatureMap.fitted(p, np.array([1, 0, 1, 0]), np.ones(4), EPS, np.ones(2))


def test_a_loss_without_minimum_is_an_error():
    scores = np.array([0.01, 0.4, 0.6, 0.99, 0.5, 0.5])
    signal = np.array([False, False, True, True, False, True])
    # what is extreme weighs less than nothing
    weights = np.array([-1.0, 1.5, 1.5, -1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="has no minimum: negative weights outweigh"):
        LogisticMap.fitted(scores, signal, weights, EPS)


def test_scores_that_part_the_classes_are_no_error():
    scores, signal = np.array([0.1, 0.2, 0.7, 0.8]), np.array([False, False, True, True])
    for kind in (LogisticMap, BetaMap, IsotonicMap):
        p = kind.fitted(scores, signal, np.ones(4), EPS)(scores)
        assert p == pytest.approx([0, 0, 1, 1], abs=1e-6)


def test_probabilities_move_to_another_prior_by_the_rule_of_bayes():
    # of densities f1 and f0 at a point: p = f1 s / (f1 s + f0 b)
    f1, f0 = 0.8, 0.3
    at = {
        fraction: f1 * fraction / (f1 * fraction + f0 * (1 - fraction)) for fraction in (0.5, 0.01)
    }
    p = np.array([[1 - at[0.5], at[0.5]]])
    moved = _priors.moved(p, np.array([0.5, 0.5]), np.array([0.99, 0.01]))
    assert moved[0] == pytest.approx([1 - at[0.01], at[0.01]])
    back = _priors.moved(moved, np.array([0.99, 0.01]), np.array([0.5, 0.5]))
    assert back[0] == pytest.approx(p[0])
    assert _priors.moved(p, np.array([0.5, 0.5]), np.array([0.5, 0.5])) is p


def test_certain_events_stay_certain_at_any_prior():
    p = np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_array_equal(_priors.moved(p, np.array([0.5, 0.5]), np.array([0.9, 0.1])), p)


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, np.nan, [0.5], [0.5, -0.5], {"a": 1.0}, [0, 1]])
def test_what_is_no_prior_is_an_error(value):
    with pytest.raises(ValueError, match="prior"):
        _priors.given(value, np.array(["a", "b"]), "prior")


def test_a_prior_may_be_a_number_shares_or_named_shares():
    classes = np.array(["a", "b"])
    for value in (0.25, [3.0, 1.0], {"b": 1.0, "a": 3.0}, np.float32(0.25)):
        assert _priors.given(value, classes, "prior") == pytest.approx([0.75, 0.25])
