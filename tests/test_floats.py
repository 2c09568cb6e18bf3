"""Real numbers of the user: numbers, or an error."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from skhep_nn import _floats
from skhep_nn.exceptions import WeightError


def str_of_type(values):
    return f"{type(values).__name__} of {getattr(values, 'dtype', '')}"


@pytest.mark.parametrize(
    "values",
    [
        np.array(["2020"], "M8[D]"),
        np.array([1], "m8[s]"),
        pd.Series(pd.to_datetime(["2020-01-01"])),
        pd.Series(pd.to_datetime(["2020-01-01"], utc=True)),
        np.array([np.datetime64("2020")], dtype=object),
        np.array([np.timedelta64(1, "s")], dtype=object),
        [datetime.date(2020, 1, 1)],
        [pd.Timestamp("2020")],
        [pd.Timedelta(1)],
        [1j],
        np.array([1j], dtype=object),
        ["1"],
        [b"1"],
        np.array(["1"], dtype=object),
        np.array([1, "1"], dtype=object),
        np.zeros(1, [("x", "f8")]),
        [[1.0], [1.0, 2.0]],
        {"x": 1},
        object(),
        [object()],
        [10**400],
    ],
    ids=str_of_type,
)
def test_what_is_no_real_number_is_an_error(values):
    with pytest.raises(WeightError, match="w must be"):
        _floats.real(values, "w", WeightError)


@pytest.mark.parametrize(
    "values",
    [[1, 2], (1.0, 2.0), np.float32([1, 2]), np.array([True]), pd.Series([1, 2], dtype="Int64")],
)
def test_numbers_become_float64(values):
    found = _floats.real(values, "w")
    assert found.dtype == np.float64
    assert found.tolist() == [float(value) for value in values]


@pytest.mark.parametrize(
    "values",
    [[1.0, None], np.array([1, pd.NA], dtype=object), pd.Series([1, None], dtype="Int64")],
)
def test_what_is_missing_is_nan(values):
    np.testing.assert_array_equal(_floats.real(values, "w"), [1.0, np.nan])


def test_masked_values_are_an_error():
    with pytest.raises(WeightError, match=r"w is a masked array, 1 of its 2 .* event 1"):
        _floats.real(np.ma.masked_equal([1, 2], 2), "w", WeightError)


def test_one_number_is_a_float():
    assert _floats.one(np.int8(3), "cut") == 3.0
    for value in ([1.0], "1", 1j, object()):
        with pytest.raises(ValueError, match="cut"):
            _floats.one(value, "cut")
