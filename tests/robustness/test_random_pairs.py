from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.metrics._roc_auc_error import influence
from skhep_nn.robustness._random_pairs import Pairs


def sample(seed, n_events=60):
    rng = np.random.default_rng(seed)
    mask = rng.random(n_events) < 0.4
    weights = rng.exponential(size=n_events) * np.where(rng.random(n_events) < 0.15, -1, 1)
    return mask, weights, rng.normal(mask.astype(float)).round(1)


@pytest.mark.parametrize("seed", [0, 1])
def test_what_events_do_not_explain_is_that_of_all_pairs(seed):
    mask, weights, scores = sample(seed)
    pairs = Pairs.drawn(mask, weights, np.random.RandomState(0))
    s, b = (np.array(scores[side])[:, None] for side in (mask, ~mask))
    w_s, w_b = (weights[side] / weights[side].sum() for side in (mask, ~mask))
    order = (s > b.T) + 0.5 * (s == b.T)
    area, rows, columns = w_s @ order @ w_b, order @ w_b, w_s @ order
    rest = order - rows[:, None] - columns + area
    expected = np.sum((np.outer(w_s, w_b) * rest) ** 2)
    found = pairs.variance(pairs.order(scores), area, influence(scores, mask, weights))
    # as many random pairs as there are have a statistical error of a few percent
    assert found == pytest.approx(expected, rel=0.1)


def test_nothing_is_left_of_values_that_events_explain():
    mask, weights, scores = sample(2)
    pairs = Pairs.drawn(mask, weights, np.random.RandomState(0))
    centred = np.where(mask, scores, -scores)
    for side in (mask, ~mask):
        centred[side] -= np.average(centred[side], weights=weights[side])
    values = 0.3 + centred[pairs.signal] + centred[pairs.background]
    totals = np.where(mask, weights[mask].sum(), weights[~mask].sum())
    assert pairs.variance(values, 0.3, weights * centred / totals) == pytest.approx(0, abs=1e-20)


def test_events_of_no_weight_are_in_no_pair():
    mask, weights, _ = sample(3)
    weights[::2] = 0
    weights[np.flatnonzero(mask)[0]] = weights[np.flatnonzero(~mask)[0]] = 5.0
    pairs = Pairs.drawn(mask, weights, np.random.RandomState(0))
    assert (weights[pairs.signal] != 0).all()
    assert mask[pairs.signal].all()
    assert not mask[pairs.background].any()
