"""Masked arrays: accepted without a masked value, refused with one."""

from __future__ import annotations

import numpy as np
import pytest

from skhep_nn import _masks
from skhep_nn.exceptions import WeightError


def test_a_masked_array_without_a_masked_value_becomes_a_plain_one():
    plain = _masks.unmasked(np.ma.MaskedArray([1.0, 2.0]), "sample_weight")
    assert type(plain) is np.ndarray
    assert plain.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("values", [[1, 2], (1, 2), np.arange(3), 1.0, None, "text"])
def test_what_has_no_mask_passes_as_it_is(values):
    assert _masks.unmasked(values, "x") is values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ma.masked_equal([1, 2, 2], 2), "w is a masked array, 2 of its 3 values .* event 1"),
        (np.ma.masked_equal([[1, 2], [3, 4]], 4), "1 of its 4 values are masked, .* event 1"),
        ([np.ma.masked_equal([1, 2], 2), np.array([1, 2])], "1 of its 4 values .* event 0"),
        ([1.0, np.ma.masked], "1 of its 2 values are masked, the first in event 1"),
        (np.ma.masked, "1 of its 1 values"),
        (np.array([1, np.ma.masked], dtype=object), "1 of its 2 values .* event 1"),
        (np.array([[1, 2], [np.ma.masked, 1]], dtype=object), "1 of its 4 values .* event 1"),
    ],
)
def test_masked_values_are_counted_and_the_first_is_named(values, message):
    with pytest.raises(WeightError, match=rf"{message}"):
        _masks.unmasked(values, "w", WeightError)
