"""Edges of bins of features: equal numbers of events, few values, rounding."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from skhep_nn.preprocessing._bin_edges import LEAST_WIDTH, edges_of, feature_bins
from skhep_nn.preprocessing._quantiles import Distinct

RNG = np.random.default_rng(0)


def edges(values, n_bins=4, weights=None):
    return edges_of(Distinct.of(np.asarray(values, float), weights), n_bins)


def test_bins_hold_equal_numbers_of_events():
    values = RNG.standard_cauchy(4000)
    found = edges(values, 16)
    assert len(found) == 17
    assert np.histogram(values, found)[0] == pytest.approx(250, abs=1)
    assert (found[0], found[-1]) == (values.min(), values.max())


def test_events_count_by_the_size_of_their_weights():
    values = np.arange(1.0, 101.0)
    weights = np.where(values <= 50, -3.0, 1.0)
    np.testing.assert_allclose(edges(values, 4, weights), [1, 17, 34, 50, 100], atol=1)


@pytest.mark.parametrize("n_events", [320, 336, 400])
def test_the_unit_of_the_weights_moves_no_edge(n_events):
    values = np.random.default_rng(0).normal(size=n_events)
    expected = edges_of(Distinct.of(values), 16)
    for factor in (0.1, 7 / 3, 1e-6, *np.random.default_rng(1).random(50)):
        np.testing.assert_array_equal(
            edges_of(Distinct.of(values, np.full(n_events, factor)), 16), expected
        )


def test_a_value_that_is_frequent_has_one_edge():
    values = np.where(np.arange(1000) < 700, 0.0, np.arange(1000) / 100)
    found = edges(values, 10)
    assert (np.diff(found) > 0).all()
    assert np.count_nonzero(found == 0) == 1


def test_few_values_have_the_bins_of_a_normal_distribution():
    found = edges(RNG.poisson(0.5, 1000), 2)
    np.testing.assert_allclose(found, norm.ppf([0.01, 0.5, 0.99]) / 1.349, atol=1e-12)


@pytest.mark.parametrize("values", [[], [3.0, 3.0], [np.nan, 3.0]])
def test_a_column_with_one_value_has_no_bin(values):
    assert len(edges(values)) <= 1
    low, slope = feature_bins(np.reshape(values, (-1, 1)).astype(float), None, 4)
    assert not slope.any()
    assert not low.any()


def test_bins_are_wide_against_rounding():
    found = edges(np.concatenate([RNG.normal(0, 1e-6, 900), RNG.normal(0, 1, 100)]), 16)
    assert np.diff(found).min() >= LEAST_WIDTH
    assert len(found) > 2


def test_bins_that_a_column_does_not_have_are_flat():
    values = np.column_stack([RNG.normal(size=200), np.repeat(np.arange(20.0), 10)])
    values[values[:, 1] < 15, 1] = 0
    values[:, 1] += (np.arange(200) % 7 == 0) * np.arange(200) / 200
    low, slope = feature_bins(values, None, 8)
    assert low.shape == slope.shape == (2, 8)
    assert (slope[0] > 0).all()
    real = slope[1] > 0
    assert 1 <= real.sum() < 8
    # each begins where the one before ends
    ends = low[1][real] + 1 / slope[1][real]
    np.testing.assert_allclose(low[1][real][1:], ends[:-1])
