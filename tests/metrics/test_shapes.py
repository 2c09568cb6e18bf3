"""Bins, counts and shapes."""

from __future__ import annotations

import numpy as np

from skhep_nn.metrics import _shapes


def test_the_middle_of_a_bin_is_found_where_the_sum_of_its_edges_overflows():
    np.testing.assert_array_equal(_shapes.centers(np.array([0.0, 1.0, 4.0])), [0.5, 2.5])
    np.testing.assert_array_equal(_shapes.centers(np.array([1e308, 1.5e308])), [1.25e308])
