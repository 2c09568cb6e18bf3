from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn.networks._hidden import as_layers, per_layer, rates

RAGGED = [[1], [1, 2]]


@pytest.mark.parametrize(
    "value", [[3, 4], (3, 4), np.array([3, 4]), pd.Series([3, 4]), range(3, 5)], ids=repr
)
def test_layers_are_of_any_list(value):
    assert as_layers(value, "units") == [3, 4]


def test_one_number_is_one_layer():
    assert as_layers(np.int64(3), "units") == [3]
    assert per_layer(0.5, 2, "dropout") == [0.5, 0.5]


@pytest.mark.parametrize(
    "value", [RAGGED, [RAGGED], [np.timedelta64(1, "s")], {1, 2}, {"a": 1}, "12", [True], None]
)
def test_what_is_no_number_of_units_is_named(value):
    with pytest.raises(ValueError, match="units must be a positive integer, or one per layer; got"):
        as_layers(value, "units")


@pytest.mark.parametrize("value", [RAGGED, [np.timedelta64(0, "s"), 0.1], {0.1}, [None, 0.1]])
def test_what_is_no_fraction_to_drop_is_named(value):
    with pytest.raises(ValueError, match="dropout must be a fraction from 0 to below 1"):
        rates(value, 2)
