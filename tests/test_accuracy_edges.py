"""Edges where classes change: found where they are, none by chance, the same in other units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import accuracy_edges
from benchmarks.accuracy_edges import class_edges, feature_bins
from skhep_nn import DenseClassifier
from skhep_nn.preprocessing import _bin_edges
from skhep_nn.preprocessing._bin_edges import edges_of
from skhep_nn.preprocessing._quantiles import Distinct

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=4000)
COIN = RNG.random(4000)


def window(low, high, inside=0.8, outside=0.2):
    """Classes of the values, whose shares are others in a window."""
    is_inside = np.digitize(VALUES, [low, high]) == 1
    return np.where(np.where(is_inside, inside, outside) > COIN, 1, 0)


def test_edges_are_where_the_shares_of_the_classes_change():
    found = class_edges(VALUES, window(-0.5, 1.2), None, 2)
    np.testing.assert_allclose(found, [-0.5, 1.2], atol=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_a_feature_of_no_use_has_none(seed):
    classes = np.random.default_rng(seed).integers(0, 3, len(VALUES))
    assert len(class_edges(VALUES, classes, None, 8)) == 0


def test_one_class_has_none():
    assert len(class_edges(VALUES, np.zeros(len(VALUES), int), None, 8)) == 0


def test_of_three_classes_each_counts():
    classes = np.digitize(VALUES, [-1, 0.3])
    classes = np.where(RNG.random(4000) < 0.3, RNG.integers(0, 3, len(VALUES)), classes)
    np.testing.assert_allclose(class_edges(VALUES, classes, None, 2), [-1, 0.3], atol=0.05)


def test_few_events_have_fewer_than_many():
    classes = (0.5 + 0.4 * np.tanh(VALUES) > COIN).astype(int)
    few, many = (len(class_edges(VALUES[:n], classes[:n], None, 8)) for n in (200, 4000))
    assert 1 <= few < many


@given(st.floats(1e-3, 1e3), st.floats(-100, 100), st.floats(1e-6, 1e6))
def test_units_and_the_size_of_the_weights_do_not_matter(scale, shift, size):
    classes, weights = window(-0.5, 1.2), 0.5 + COIN
    expected = class_edges(VALUES, classes, weights, 4)
    found = class_edges(scale * VALUES + shift, 1 - classes, size * weights, 4)
    np.testing.assert_allclose((found - shift) / scale, expected, atol=1e-6)


def test_an_event_counts_by_the_size_of_its_weight():
    classes = window(-0.5, 1.2)
    rows = np.repeat(np.arange(4000), 1 + 3 * (VALUES > 0))
    weights = np.where(VALUES > 0, -4.0, 1.0)
    once = class_edges(VALUES, classes, weights, 2)
    np.testing.assert_allclose(once, class_edges(VALUES[rows], classes[rows], None, 2), atol=0.1)


def test_unequal_weights_tell_less():
    """One event in a hundred has nearly all the weight: forty events that tell nothing."""
    classes = window(-0.5, 1.2)
    assert len(class_edges(VALUES, classes, np.where(np.arange(4000) % 100, 1e-4, 1.0), 4)) <= 1


def test_bins_of_equal_numbers_are_parted_where_the_classes_change():
    classes = window(-0.5, 1.2)
    low, slope = (part[0] for part in feature_bins(VALUES[:, None], None, 16, classes, 4))
    cuts = class_edges(VALUES, classes, None, 4)
    edges = np.append(low, low[-1] + 1 / slope[-1])
    equal = edges_of(Distinct.of(VALUES), 16 - len(cuts))
    np.testing.assert_allclose(edges, np.union1d(equal, cuts), atol=1e-9)


def test_missing_values_have_no_class():
    values = np.where(np.arange(4000) % 3 == 0, np.nan, VALUES)[:, None]
    there = ~np.isnan(values[:, 0])
    classes = window(-0.5, 1.2)
    found = feature_bins(values, None, 16, classes, 4)
    expected = feature_bins(values[there], None, 16, classes[there], 4)
    np.testing.assert_array_equal(found, expected)


def test_few_values_and_features_of_no_use_keep_their_bins():
    columns = np.column_stack([RNG.poisson(0.5, 4000), RNG.normal(size=4000)]).astype(float)
    found = feature_bins(columns, None, 16, RNG.integers(0, 2, 4000), 4)
    np.testing.assert_array_equal(found, _bin_edges.feature_bins(columns, None, 16))


def test_only_networks_that_are_fitted_meanwhile_have_them():
    classes = window(-0.5, 1.2)
    X = VALUES[:, None]

    def low():
        network = DenseClassifier((4,), epochs=1, random_state=0, verbose=0).fit(X, classes)
        return np.asarray(network.model_.get_layer("features_bins").low)

    before = low()
    with accuracy_edges.used(4):
        inside = low()
    assert not np.array_equal(inside, before)
    np.testing.assert_array_equal(low(), before)
