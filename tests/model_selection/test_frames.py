"""Splits of frames that are not of pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skhep_nn.model_selection import LeaveOneMassOut, train_validation_test_split


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_parts_are_of_the_library_that_they_came_in_and_those_of_pandas(convert):
    events = pd.DataFrame({"process": ["tt", "ww"] * 50, "weight": np.linspace(1, 2, 100)})
    events["event"] = np.arange(100) // 2 + 2**60
    options = {"event_number": "event", "random_state": 0}
    native = convert(events)
    expected = train_validation_test_split(events, **options)
    found = train_validation_test_split(native, **options)
    for part, of_pandas in zip(found, expected, strict=True):
        assert type(part) is type(native)
        for name in events:
            np.testing.assert_array_equal(np.asarray(part[name]), of_pandas[name].to_numpy())
    plain = train_validation_test_split(native, weight_column=None, random_state=0)
    assert [type(part) for part in plain] == [type(native)] * 3


def test_processes_may_be_a_series_of_any_library():
    events = pd.DataFrame({"weight": np.ones(40)})
    process = ["tt", "ww"] * 20
    expected = train_validation_test_split(events, process_column=process, random_state=0)
    for series in (pl.Series, pa.array):
        found = train_validation_test_split(events, process_column=series(process), random_state=0)
        for part, of_list in zip(found, expected, strict=True):
            pd.testing.assert_frame_equal(part, of_list)


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_the_masses_of_a_frame_are_left_out_one_by_one(convert):
    X = pd.DataFrame({"x": range(9), "mass": [500, 500, 750, 1000, *[np.nan] * 5]})
    y = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0])
    splitter = LeaveOneMassOut(random_state=0)
    expected = list(splitter.split(X, y))
    found = list(splitter.split(convert(X), pl.Series(y)))
    assert splitter.masses(convert(X), pa.array(y)).tolist() == [500, 750, 1000]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one[1], other[1])
