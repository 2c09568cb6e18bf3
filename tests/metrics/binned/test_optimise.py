"""optimise_binning against brute force, and what it promises of its bins."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import binned_significance, optimise_binning
from skhep_nn.metrics._binned._optimise import best_binnings

RULES = {"min_effective_background": 10.0, "systematic": 0.1}


def value(y, score, weight, inner, options):
    """Squared significance of a binning; None where a bin is not allowed."""
    least = options.get("min_effective_background", 10.0)
    bins = np.digitize(score, inner)
    for at in range(len(inner) + 1):
        b, s = weight[(bins == at) & (y == 0)], weight[(bins == at) & (y == 1)]
        if b.sum() <= 0 or b.sum() ** 2 < least * (b**2).sum() or s.sum() < 0:
            return None
    names = ("systematic", "simulation_error", "variations")
    more = {name: options[name] for name in names if name in options}
    edges = [-1, *inner, 2]
    found = binned_significance(y, score, weight, bins=edges, n_bootstrap=0, **more)
    return found.significance**2


@pytest.mark.parametrize("n_bins", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("options", [RULES, {"simulation_error": False}, {"systematic": 0.3}])
def test_no_other_choice_of_edges_is_better(n_bins, options, new_scored):
    y, score, weight = new_scored(600, seed=n_bins, negative=0.15)
    candidates = np.quantile(score, np.linspace(0.05, 0.95, 12))
    edges = optimise_binning(y, score, weight, n_bins=n_bins, candidates=candidates, **options)
    assert len(edges) == n_bins + 1
    assert (edges[0], edges[-1]) == (0.0, 1.0)
    assert set(edges[1:-1]) <= set(candidates)
    every = [
        value(y, score, weight, list(inner), options)
        for inner in combinations(candidates, n_bins - 1)
    ]
    best = max(one for one in every if one is not None)
    assert value(y, score, weight, edges[1:-1], options) == pytest.approx(best, rel=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 5))
def test_the_best_path_is_that_of_all_paths(seed, n_edges, most):
    rng = np.random.default_rng(seed)
    gains = np.where(rng.random((n_edges + 1, n_edges + 1)) < 0.3, -np.inf, 1.0)
    gains = np.where(np.tri(n_edges + 1, dtype=bool), -np.inf, gains * rng.random(gains.shape))
    found = best_binnings(gains, most)
    for k, (objective, inner) in enumerate(found, start=1):
        paths = [(0, *c, n_edges) for c in combinations(range(1, n_edges), k - 1)]
        sums = [sum(gains[a, b] for a, b in pairwise(p)) for p in paths]
        assert objective == pytest.approx(max(sums, default=-np.inf))
        if objective > -np.inf:
            path = [0, *inner, n_edges]
            total = sum(gains[a, b] for a, b in pairwise(path))
            assert total == pytest.approx(objective)


# expected events at four scores, and a rate of the background that is known to 30 %
SIGNAL, BACKGROUND = np.array([5.0, 10.0, 20.0, 10.0]), np.array([1000.0, 400.0, 100.0, 20.0])
RATE = 0.3


def two_bins(at):
    return (np.array([part[:at].sum(), part[at:].sum()]) for part in (SIGNAL, BACKGROUND))


def correlated(at):
    """q0 with one nuisance for both bins, minimised here."""
    s, b = two_bins(at)

    def deviance(theta):
        nu = b * (1 + RATE * theta)
        return 2 * np.sum(nu - s - b + (s + b) * np.log((s + b) / nu)) + theta**2

    return minimize_scalar(deviance, bounds=(-3, 3), method="bounded").fun


def linear(at):
    """s V^-1 s with V = diag(b) + f^2 b b^T, by the formula of Sherman and Morrison."""
    s, b = two_bins(at)
    return np.sum(s**2 / b) - RATE**2 * s.sum() ** 2 / (1 + RATE**2 * b.sum())


def test_a_normalisation_of_all_bins_is_measured_by_those_of_little_signal():
    y, score = np.repeat([0, 1], 4), np.tile([0.1, 0.4, 0.6, 0.9], 2)
    weight = np.r_[BACKGROUND, SIGNAL]
    options = {"n_bins": 2, "candidates": [0.3, 0.5, 0.8], "min_effective_background": 0}
    options["simulation_error"] = False
    variations = {"rate": (1 + RATE, 1 - RATE)}
    edges = optimise_binning(y, score, weight, variations=variations, **options)
    for by_hand in (correlated, linear):
        assert np.argmax([by_hand(at) for at in (1, 2, 3)]) == 1
    assert edges.tolist() == [0, 0.5, 1]
    found = binned_significance(
        y, score, weight, bins=edges, simulation_error=False, variations=variations, n_bootstrap=0
    )
    assert found.significance**2 == pytest.approx(correlated(2), rel=1e-6)
    # bins that each have an uncertainty of their own measure nothing for one another
    alone = optimise_binning(y, score, weight, systematic=RATE, **options)
    assert alone.tolist() == [0, 0.8, 1]


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.TemplateNoiseWarning")
@pytest.mark.parametrize("n_bins", [1, 2, 3, 4])
@pytest.mark.parametrize("negative", [0.0, 0.15])
def test_with_variations_no_other_choice_of_edges_is_better(n_bins, negative, new_scored):
    y, score, weight = new_scored(600, seed=n_bins, negative=negative)
    candidates = np.quantile(score, np.linspace(0.05, 0.95, 8))
    jes = {"y_score": np.clip(1.05 * score, 0, 1), "sample_weight": weight * (1 + 0.1 * score)}
    options = {"variations": {"rate": (1.3, 0.8), "jes": (jes, None)}, "systematic": 0.05}
    edges = optimise_binning(y, score, weight, n_bins=n_bins, candidates=candidates, **options)
    every = [
        value(y, score, weight, list(inner), options)
        for inner in combinations(candidates, n_bins - 1)
    ]
    best = max(one for one in every if one is not None)
    assert value(y, score, weight, edges[1:-1], options) == pytest.approx(best, rel=1e-6)


def test_a_variation_of_nothing_changes_no_edge(scored):
    expected = optimise_binning(*scored, **RULES)
    for variations in ({}, {"nothing": (1.0, 1.0)}):
        edges = optimise_binning(*scored, variations=variations, **RULES)
        np.testing.assert_array_equal(edges, expected)


def test_auto_knows_variations(scored):
    variations = {"rate": (1.2, 0.8)}

    def significance(n_bins):
        edges = optimise_binning(*scored, n_bins=n_bins, variations=variations)
        found = binned_significance(*scored, bins=edges, variations=variations, n_bootstrap=0)
        return len(edges) - 1, found.significance

    number, automatic = significance("auto")
    assert automatic >= 0.99 * max(significance(n)[1] for n in range(1, number + 6))
    assert significance(number - 1)[1] < automatic


def test_auto_is_the_fewest_bins_that_are_nearly_the_best(scored):
    def significance(n_bins):
        edges = optimise_binning(*scored, n_bins=n_bins, **RULES)
        found = binned_significance(*scored, bins=edges, systematic=0.1, n_bootstrap=0)
        return len(edges) - 1, found.significance

    number, automatic = significance("auto")
    best = max(significance(n)[1] for n in range(1, 21) if n <= number + 8)
    assert automatic >= 0.99 * best * (1 - 1e-9)
    assert significance(number - 1)[1] < 0.99 * best


def test_every_bin_keeps_the_rules_at_every_event(scored):
    y, score, weight = scored
    rules = {"min_effective_background": 60.0, "min_background": 40.0}
    edges = optimise_binning(*scored, simulation_error=False, **rules)
    bins = np.digitize(score, edges[1:-1])
    assert len(edges) > 3
    for at in range(len(edges) - 1):
        b = weight[(bins == at) & (y == 0)]
        assert b.sum() >= 40
        assert b.sum() ** 2 / (b**2).sum() >= 60
        assert weight[(bins == at) & (y == 1)].sum() >= 0


def test_equal_weights_meet_a_whole_number_of_effective_events():
    y, score = np.repeat([0, 1], [20, 4]), np.r_[np.repeat([0.1, 0.9], 10), [0.9] * 4]
    edges = optimise_binning(y, score, 0.1, n_bins=2, candidates=[0.5])
    assert edges.tolist() == [0, 0.5, 1]


def test_a_region_of_negative_background_is_joined_with_its_neighbour():
    y = np.repeat([0, 0, 0, 1], [100, 10, 100, 20])
    score = np.repeat([0.1, 0.5, 0.9, 0.9], [100, 10, 100, 20])
    weight = np.where(score == 0.5, -1.0, 1.0)
    edges = optimise_binning(
        y, score, weight, n_bins=2, candidates=[0.3, 0.7], min_effective_background=0
    )
    assert edges.tolist() in ([0, 0.3, 1], [0, 0.7, 1])
    message = "no binning has n_bins=3 with .*; 2 bins are possible"
    with pytest.raises(ValueError, match=message):
        optimise_binning(
            y, score, weight, n_bins=3, candidates=[0.3, 0.7], min_effective_background=0
        )


def test_no_binning_at_all_says_how_much_background_there_is(scored):
    message = r"no binning has min_effective_background=1e\+06.* effective background events in all"
    with pytest.raises(ValueError, match=message):
        optimise_binning(*scored, min_effective_background=1e6)


def test_outer_edges_hold_all_scores():
    rng = np.random.default_rng(0)
    y, score = np.repeat([0, 1], [300, 100]), rng.normal(np.repeat([-1.0, 1.0], [300, 100]))
    edges = optimise_binning(y, score, n_bins=3)
    assert (edges[0], edges[-1]) == (score.min(), score.max())
    assert (np.diff(edges) > 0).all()
    saturated = np.where(np.arange(400) % 5 == 0, np.where(y == 1, 1.0, 1.0), 0.5)
    edges = optimise_binning(y, saturated, n_bins=2)
    assert edges[1] == 1.0 < edges[2]
    infinite = np.where(score > 2, np.inf, score)
    assert np.isfinite(optimise_binning(y, infinite, n_bins=3)).all()
    constant = optimise_binning(y, np.full(400, 3.0))
    assert len(constant) == 2


def test_the_binning_does_not_depend_on_the_scale_of_the_score(scored):
    y, score, weight = scored
    edges = optimise_binning(y, score, weight, n_bins=4)
    scaled = optimise_binning(y, 8 * score - 4, weight, n_bins=4)
    np.testing.assert_array_equal(scaled[1:-1], 8 * edges[1:-1] - 4)


def test_yields_and_luminosity_count(scored):
    y, score, weight = scored
    yields = {0: 1200.0, 1: 20.0}
    edges = optimise_binning(y, score, weight, yields=yields, luminosity=3.0, systematic=0.2)
    factor = np.where(y == 1, 60 / weight[y == 1].sum(), 3600 / weight[y == 0].sum())
    same = optimise_binning(y, score, weight * factor, systematic=0.2)
    np.testing.assert_array_equal(edges, same)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_bins": 0}, "n_bins=0"),
        ({"n_bins": "few"}, "n_bins='few'"),
        ({"n_bins": 2.0}, "n_bins=2.0"),
        ({"n_bins": np.timedelta64(2, "s")}, "n_bins="),
        ({"candidates": np.timedelta64(2, "s")}, "candidates"),
        ({"candidates": 0}, "candidates=0"),
        ({"candidates": [np.nan]}, "finite scores"),
        ({"candidates": np.arange(3000.0)}, "at most 2000"),
        ({"systematic": -1}, "systematic=-1"),
        ({"min_background": np.inf}, "min_background=inf"),
        ({"min_effective_background": -1}, "min_effective_background=-1"),
        ({"simulation_error": None}, "simulation_error=None"),
        ({"variations": 3}, "variations=3; it must be a dict of name to"),
        ({"variations": {"rate": 1.2}}, "variation 'rate' is 1.2; it must be a pair"),
        ({"signal": "ttH"}, "signal='ttH' is not in y_true"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message, scored):
    with pytest.raises(ValueError, match=message):
        optimise_binning(*scored, **options)


def test_a_class_of_negative_yield_is_refused(scored):
    y, score, _ = scored
    with pytest.raises(WeightError, match="signal sums to -"):
        optimise_binning(y, score, np.where(y == 1, -1.0, 1.0))
