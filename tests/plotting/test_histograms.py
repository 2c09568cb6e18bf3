from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.metrics import _cut_errors
from skhep_nn.plotting import _histograms

EDGES = np.array([0.0, 1.0, 3.0])


def test_errors_are_the_square_root_of_the_sum_of_squared_weights():
    histogram = _histograms.filled(
        np.array([0.5, 0.5, 2.0, 2.0]), np.array([1.0, 3.0, 5.0, -1.0]), EDGES
    )
    contents, errors = _histograms.shape(histogram)
    # sums 4 and 4 of 8; squares 1 + 9 and 25 + 1
    assert contents == pytest.approx([0.5, 0.5])
    assert errors == pytest.approx([np.sqrt(10) / 8, np.sqrt(26) / 8])


def test_a_density_has_unit_area_in_bins_of_any_width():
    histogram = _histograms.filled(np.array([0.5, 2.0, 2.5]), np.array([2.0, 1.0, 1.0]), EDGES)
    contents, errors = _histograms.shape(histogram, density=True)
    assert contents == pytest.approx([0.5, 0.25])
    assert errors == pytest.approx([2 / 4, np.sqrt(2) / 8])


def test_values_beyond_the_edges_and_the_last_edge_itself_are_in_the_end_bins():
    values = np.array([-np.inf, -5.0, 0.0, 3.0, 4.0, np.inf])
    assert _histograms.filled(values, np.ones(6), EDGES).values().tolist() == [3.0, 3.0]


def test_whole_numbers_get_bins_centred_on_them():
    edges = _histograms.edges_of(np.array([2.0, 5.0, 3.0]), np.ones(3), 30)
    assert edges.tolist() == [1.5, 2.5, 3.5, 4.5, 5.5]


def test_many_whole_numbers_share_bins_of_the_same_number_of_them():
    edges = _histograms.edges_of(np.arange(100.0), np.ones(100), 30)
    assert set(np.diff(edges)) == {4.0}
    assert edges[0] == -0.5
    assert edges[-1] == 99.5


def test_a_tail_is_left_out_of_the_axis_by_weight_and_not_by_number():
    values = np.append(np.linspace(0, 1, 1000), 50.5)
    light = np.append(np.ones(1000), 1.0)
    heavy = np.append(np.ones(1000), 500.0)
    assert _histograms.edges_of(values, light, 10)[-1] < 1.01
    assert _histograms.edges_of(values, heavy, 10)[-1] == 50.5


def test_a_variable_without_tails_is_drawn_whole():
    values = np.linspace(-2.5, 2.5, 1001) + 0.001
    edges = _histograms.edges_of(values, np.ones(1001), 10)
    assert edges[[0, -1]] == pytest.approx([-2.499, 2.501])


@pytest.mark.parametrize("constant", [0.25, -3.5e20, 1e-9])
def test_a_constant_variable_has_an_axis_around_it(constant):
    edges = _histograms.edges_of(np.full(5, constant), np.ones(5), 4)
    assert (np.diff(edges) > 0).all()
    assert edges[0] < constant < edges[-1]


def test_no_value_at_all_still_has_an_axis():
    assert _histograms.edges_of(np.array([]), np.array([]), 2).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("bins", [0, -3, [1.0], [1.0, 1.0], [0.0, np.nan], [[0.0, 1.0]], 2.5])
def test_bins_that_are_not_bins_are_an_error(bins):
    with pytest.raises(ValueError, match="it must be a number >= 1 or increasing edges"):
        _histograms.check_bins(bins)


@given(passed=st.integers(0, 50), failed=st.integers(0, 50))
def test_the_error_of_an_efficiency_is_binomial_for_unit_weights(passed, failed):
    n = passed + failed + 1
    efficiency = passed / n
    error = _cut_errors.efficiency_error(efficiency, passed, n, n)
    assert error == pytest.approx(np.sqrt(efficiency * (1 - efficiency) / n), abs=1e-12)


def test_the_error_of_a_weighted_efficiency_is_that_of_passed_and_failed():
    # passed 2 + 1, failed 4: e = 3/7, variance (F^2 sum_p w^2 + P^2 sum_f w^2) / T^4
    error = _cut_errors.efficiency_error(3 / 7, 5.0, 7.0, 21.0)
    assert error == pytest.approx(np.sqrt(4**2 * 5 + 3**2 * 16) / 7**2)


@pytest.mark.parametrize("bins", [2**64, np.timedelta64(3, "s"), 0, 10_000_000])
def test_a_number_of_bins_that_is_none_is_an_error(bins):
    with pytest.raises(ValueError, match="bins="):
        _histograms.check_bins(bins)
