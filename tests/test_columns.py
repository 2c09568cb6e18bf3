"""Columns by name or position, in tables of every kind, and which of them may be absent later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn import _columns
from skhep_nn._columns import FittedColumns
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError


@pytest.fixture
def frame():
    return pd.DataFrame({"pt": [1.0, 2.0], "weight": [0.5, 0.25], "eta": [3.0, 4.0]})


def test_a_column_is_taken_by_name_or_position(frame):
    assert _columns.take(frame, "weight").tolist() == [0.5, 0.25]
    assert _columns.take(frame, 1).tolist() == [0.5, 0.25]
    assert _columns.take(frame.to_numpy(), 1).tolist() == [0.5, 0.25]
    assert _columns.take(frame.to_numpy(), -1).tolist() == [3.0, 4.0]


def test_an_integer_name_wins_over_a_position():
    frame = pd.DataFrame([[1.0, 2.0]], columns=[1, 0])
    assert _columns.take(frame, 1).tolist() == [1.0]


def test_a_block_is_a_column_of_blocks():
    blocks = EventBlocks({"jet": np.zeros((2, 3)), "weight": np.array([1.0, 2.0])})
    assert _columns.take(blocks, "weight").tolist() == [1.0, 2.0]
    assert _columns.names(_columns.drop(blocks, "weight")) == ["jet"]
    replaced = _columns.replace(blocks, "weight", np.array([3.0, 4.0]))
    assert replaced["weight"].tolist() == [3.0, 4.0]
    assert blocks["weight"].tolist() == [1.0, 2.0]


def test_replacing_a_column_leaves_the_table_alone(frame):
    before = frame.copy()
    out = _columns.replace(frame, "weight", np.array([7.0, 8.0]))
    assert out["weight"].tolist() == [7.0, 8.0]
    assert list(out.columns) == list(frame.columns)
    pd.testing.assert_frame_equal(frame, before)


def test_replacing_keeps_float32_and_makes_floats_of_integers():
    values = np.array([0.5, 1.5])
    assert _columns.replace(np.ones((2, 2), np.float32), 0, values).dtype == np.float32
    assert _columns.replace(np.ones((2, 2), np.int64), 0, values)[:, 0].tolist() == [0.5, 1.5]


def test_dropping_passes_over_columns_that_are_not_there(frame):
    assert list(_columns.drop(frame, ["weight", "process"]).columns) == ["pt", "eta"]
    assert _columns.drop(frame, None) is frame


def test_a_name_for_an_array_is_an_error_that_says_what_to_pass():
    with pytest.raises(ColumnError, match=r"weight_column='weight' is a name, but X is an array"):
        _columns.take(np.zeros((2, 2)), "weight", role="weight_column")


def test_a_misspelt_column_is_an_error_that_names_the_nearest(frame):
    with pytest.raises(ColumnError, match=r"did you mean 'weight'\?"):
        _columns.take(frame, "wieght")


def test_a_position_out_of_range_is_an_error():
    with pytest.raises(ColumnError, match=r"column=5: X has 2 columns"):
        _columns.take(np.zeros((2, 2)), 5)


def test_optional_columns_may_be_absent_and_required_ones_may_not(frame):
    fitted = FittedColumns.of(frame, ["weight"])
    assert fitted.required == [0, 2]
    assert fitted.present(frame, "Scaler") == [0, 1, 2]
    assert fitted.present(frame[["pt", "eta"]], "Scaler") == [0, 2]
    with pytest.raises(ColumnError, match=r"yet now missing:\n- eta"):
        fitted.present(frame[["pt", "weight"]], "Scaler")


def test_a_new_or_reordered_column_is_an_error_that_names_it(frame):
    fitted = FittedColumns.of(frame, ["weight"])
    with pytest.raises(ColumnError, match=r"unseen at fit time:\n- phi"):
        fitted.present(frame.assign(phi=0.0), "Scaler")
    with pytest.raises(ColumnError, match="must be in the same order"):
        fitted.present(frame[["eta", "pt"]], "Scaler")


def test_an_array_may_lack_all_optional_columns_or_none(frame):
    fitted = FittedColumns.of(frame.to_numpy(), [1])
    assert fitted.present(np.zeros((1, 3)), "Scaler") == [0, 1, 2]
    assert fitted.present(np.zeros((1, 2)), "Scaler") == [0, 2]
    with pytest.raises(ColumnError, match=r"X has 4 features, but Scaler is expecting 3"):
        fitted.present(np.zeros((1, 4)), "Scaler")
