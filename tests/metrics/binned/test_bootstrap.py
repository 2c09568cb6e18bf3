"""Statistical errors by bootstrap against resampling event by event and against toys."""

from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.metrics import binned_significance
from skhep_nn.metrics._binned import _bootstrap
from skhep_nn.metrics._binned._events import binned_events

EDGES = np.array([0.0, 0.3, 0.6, 0.8, 1.0])
PLAIN = {"processes": None, "signal": 1, "yields": None, "luminosity": 1.0, "bins": EDGES}


def varied(score):
    return np.clip(score + 0.05, 0, 1), np.clip(score - 0.05, 0, 1)


def replicas_of(y, score, weight, number):
    up, down = varied(score)
    events = binned_events(
        y, score, weight, variations={"tes": (up, down), "rate": (1.1, None)}, **PLAIN
    )
    rng = np.random.default_rng(12345)
    return [np.array([n, *p[0], *p[1]]) for n, p in _bootstrap.replicas(events, number, rng)]


def test_replicas_vary_as_events_do_that_are_taken_a_random_number_of_times(new_scored):
    y, score, weight = new_scored(20_000, negative=0.2)
    found = np.array(replicas_of(y, score, weight, 2000)).reshape(2000, 5, 2, 4)
    side = [np.histogram(score[y == c], EDGES, weights=weight[y == c] ** 2)[0] for c in (1, 0)]
    # the variance of a sum of weights is the sum of their squares, for weights of either sign
    np.testing.assert_allclose(found[:, 0].var(axis=0), side, rtol=0.3)
    # the same events stand in both: the difference varies by those that moved
    up, _ = varied(score)
    for at, c in ((0, 1), (1, 0)):
        before, after = (np.digitize(s[y == c], EDGES[1:-1]) for s in (score, up))
        w2 = np.where(before != after, weight[y == c] ** 2, 0.0)
        expected = np.bincount(before, w2, 4) + np.bincount(after, w2, 4)
        difference = found[:, 1, at] - found[:, 0, at]
        np.testing.assert_allclose(difference.var(axis=0), expected, rtol=0.35)
    # a factor and what mirrors it move with the nominal template exactly
    np.testing.assert_allclose(found[:, 3], 1.1 * found[:, 0], rtol=1e-9)
    np.testing.assert_allclose(found[:, 4], 0.9 * found[:, 0], rtol=1e-9)


def test_a_binned_replica_is_a_replica_of_the_events(new_scored):
    y, score, weight = new_scored(6000, negative=0.2)
    options = {"bins": EDGES, "systematic": 0.05}
    found = binned_significance(
        y, score, weight, variations={"tes": varied(score)}, n_bootstrap=1000, **options
    )
    rng, values = np.random.default_rng(1), []
    for _ in range(300):
        w = weight * rng.poisson(1.0, len(weight))
        one = binned_significance(
            y, score, w, variations={"tes": varied(score)}, n_bootstrap=0, **options
        )
        values.append(one.significance)
    assert found.standard_error == pytest.approx(_bootstrap.spread(values), rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("with_variation", [False, True])
def test_the_error_covers_in_68_percent_of_the_toys(with_variation, new_scored):
    options = {"bins": EDGES, "systematic": 0.05, "simulation_error": False}

    def result(y, score, weight, **more):
        pair = {"tes": varied(score)} if with_variation else None
        return binned_significance(y, score, weight, variations=pair, **options, **more)

    many = new_scored(1_000_000, seed=99, negative=0.1)
    n_toys, n_events = 500, 8_000
    truth = result(*many[:2], many[2] * n_events / 1_000_000, n_bootstrap=0).significance
    inside = 0
    for seed in range(n_toys):
        # as many events as a generator happens to make
        n = np.random.default_rng(seed).poisson(n_events)
        toy = result(*new_scored(n, seed=seed, negative=0.1), n_bootstrap=60)
        inside += abs(toy.significance - truth) < toy.standard_error
    error = np.sqrt(0.6827 * (1 - 0.6827) / n_toys)
    assert inside / n_toys == pytest.approx(0.6827, abs=3 * error)


def test_a_bin_of_few_events_does_not_move_the_error():
    values = [*np.linspace(-1, 1, 999), 1e9]
    assert _bootstrap.spread(values) == pytest.approx(0.683, abs=0.01)
    assert np.isnan(_bootstrap.spread([1.0]))
