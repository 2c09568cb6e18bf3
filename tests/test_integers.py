"""Whole numbers that name something: exact, or an error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn import _integers

TYPES = [("float16", 2**11), ("float32", 2**24), ("float64", 2**53)]


@pytest.mark.parametrize(("dtype", "limit"), TYPES)
@pytest.mark.parametrize("sign", [1, -1])
def test_floats_are_exact_below_the_limit_of_their_own_type(dtype, limit, sign):
    values = np.array([0, sign * (limit - 1)], dtype)
    assert _integers.exact(values, "n").tolist() == [0, sign * (limit - 1)]


@pytest.mark.parametrize(("dtype", "limit"), TYPES)
@pytest.mark.parametrize("sign", [1, -1])
def test_floats_from_the_limit_on_may_be_rounded_and_are_an_error(dtype, limit, sign):
    # limit + 1 has become limit: which of the two was meant cannot be seen
    values = np.array([0, sign * (limit + 1)], "float64").astype(dtype)
    message = rf"column 'n': .*{dtype}.* exact only below 2\*\*{limit.bit_length() - 1}.* event 1"
    with pytest.raises(ValueError, match=message):
        _integers.exact(values, "column 'n'")


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "uint64", ">i4", "<u8"])
def test_integers_keep_their_type_in_the_byte_order_of_the_machine(dtype):
    found = _integers.exact(np.array([1, 2], dtype), "n")
    assert found.dtype == np.dtype(dtype).newbyteorder("=")
    assert found.dtype.isnative
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize("value", [2**53 + 1, 2**63 - 1, -(2**63)])
def test_python_integers_stay_exact(value):
    assert _integers.exact([value, 1], "n").tolist() == [value, 1]
    assert _integers.exact(np.array([value, 1], dtype=object), "n").tolist() == [value, 1]


def test_large_unsigned_numbers_stay_unless_signed_ones_are_needed():
    values = np.array([2**64 - 1], "uint64")
    assert _integers.exact(values, "n").tolist() == [2**64 - 1]
    assert _integers.exact([np.uint64(2**64 - 1)], "n").tolist() == [2**64 - 1]
    assert _integers.exact(np.array([2**64 - 1], object), "n").tolist() == [2**64 - 1]
    with pytest.raises(ValueError, match="18446744073709551615, beyond int64 in event 0"):
        _integers.exact(values, "n", signed=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, np.nan], "NaN in event 1"),
        ([np.inf, 1.0], "infinity in event 0"),
        ([1.0, 1.5, 2.5], r"1\.5 in event 1 \(2 such values\)"),
        ([1, None], r"missing value .* event 1"),
        ([1, pd.NA], r"missing value .* event 1"),
        (pd.Series([1, None], dtype="Int64"), "NaN"),
        ([2**64], "beyond 64 bits"),
        ([-1, 2**63], "beyond|exact"),
        ([[1, 2], [3, np.nan]], "NaN in event 1"),
        (np.ma.masked_equal([1, 2], 2), r"masked, the first in event 1"),
    ],
)
def test_what_is_no_whole_number_is_an_error_that_says_where(values, message):
    with pytest.raises(ValueError, match=message):
        _integers.exact(values, "column 'n'")


@pytest.mark.parametrize(
    "values",
    [[True], ["1"], [b"1"], [1j], np.array(["2020"], "M8[s]"), np.array([1], "m8[s]"), [object()]],
)
def test_what_is_no_number_is_a_type_error(values):
    with pytest.raises(TypeError, match="column 'n': whole numbers are needed"):
        _integers.exact(values, "column 'n'")


def test_a_masked_array_without_a_masked_value_is_an_array_like_others():
    assert _integers.exact(np.ma.MaskedArray([1, 2], mask=[False, False]), "n").tolist() == [1, 2]


@pytest.mark.parametrize("shape", [(0,), (0, 3), ()])
def test_empty_and_single_values_keep_their_shape(shape):
    assert _integers.exact(np.zeros(shape), "n").shape == shape
    assert _integers.exact(np.zeros(shape, dtype=object), "n").shape == shape
