"""Columns by name or position, in tables of every kind, and which of them may be absent later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_matrix

from skhep_nn import EventWeightBalancer, _columns, train_validation_test_split
from skhep_nn._columns import FittedColumns
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError
from skhep_nn.metrics import closure_test, figure_of_merit, roc_auc


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


def test_columns_in_an_order_are_those_named_and_nothing_else():
    table = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "c"])
    found = _columns.in_order(table, ["c", "missing", "b", "c"])
    assert found.columns.tolist() == ["c", "b"]
    assert found.to_numpy().tolist() == [[3, 2]]


def test_a_column_that_is_wanted_twice_comes_once():
    table = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "c"])
    assert _columns.in_order(table, ["c", "a", "c"]).columns.tolist() == ["c", "a"]


def test_columns_that_are_in_order_already_are_the_table_itself(frame):
    assert _columns.in_order(frame, [*frame.columns, "further"]) is frame


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


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_columns_of_other_libraries_are_found_taken_and_replaced(frame, convert):
    X = convert(frame)
    assert _columns.names(X) == ["pt", "weight", "eta"]
    assert _columns.position(X, "weight") == 1
    assert _columns.take(X, "weight").tolist() == [0.5, 0.25]
    assert _columns.names(_columns.drop(X, "weight")) == ["pt", "eta"]
    replaced = _columns.replace(X, "weight", np.array([7.0, 8.0]))
    assert type(replaced) is type(X)
    assert _columns.take(replaced, "weight").tolist() == [7.0, 8.0]
    assert _columns.take(_columns.rows(X, [1]), "pt").tolist() == [2.0]
    with pytest.raises(ColumnError, match="in the same order"):
        FittedColumns.of(X).present(X.select(["eta", "weight", "pt"]), "Scaler")


def test_integers_are_names_where_a_name_is_an_integer():
    frame = pd.DataFrame([[1.0, 2.0, 3.0, 4.0]], columns=[0, 2, 3, 4])
    assert _columns.take(frame, 2).tolist() == [2.0]
    for absent in (1, -1):
        assert not _columns.has(frame, absent)
        with pytest.raises(ColumnError, match=r"not a column of X.*integers are names in it"):
            _columns.take(frame, absent)


@pytest.mark.parametrize("use", [_columns.names, _columns.table, FittedColumns.of])
@pytest.mark.parametrize("convert", [lambda X: X, pa.Table.from_pandas])
def test_a_name_that_comes_twice_is_an_error(use, convert):
    table = pa.table([[1.0], [2.0], [3.0]], names=["weight", "pt", "weight"])
    X = table if convert is pa.Table.from_pandas else table.to_pandas()
    with pytest.raises(ColumnError, match="column 'weight' occurs 2 times"):
        use(X)


def test_a_position_counts_among_the_columns_of_fit(frame):
    array = frame.to_numpy()
    fitted = FittedColumns.of(array, [1, 2])
    assert fitted.take(array, 1, "weight_column", "Net").tolist() == [0.5, 0.25]
    with pytest.raises(ColumnError, match=r"weight_column=1 .* X, which has 1 columns; .* were 3"):
        fitted.take(array[:, :1], 1, "weight_column", "Net")


def test_a_position_in_a_frame_is_the_column_that_had_it_in_fit(frame):
    fitted = FittedColumns.of(frame, [0, 1])
    assert fitted.take(frame[["weight", "eta"]], 1, "weight_column", "Net").tolist() == [0.5, 0.25]
    with pytest.raises(ColumnError, match="weight_column=1 is not a column of X"):
        fitted.take(frame[["pt", "eta"]], 1, "weight_column", "Net")


def test_a_position_in_an_array_counts_also_where_fit_had_names(frame):
    fitted = FittedColumns.of(frame, [0])
    assert fitted.take(frame.to_numpy(), 0, "weight_column", "Net").tolist() == [1.0, 2.0]
    with pytest.raises(ColumnError, match="weight_column=0 is not a column of X"):
        fitted.take(frame[["weight", "eta"]].to_numpy(), 0, "weight_column", "Net")
    with pytest.raises(ColumnError, match="is a name, but X is an array"):
        fitted.take(frame.to_numpy(), "weight", "weight_column", "Net")


@pytest.mark.parametrize(
    "use",
    [
        lambda X: _columns.take(X, 0),
        lambda X: _columns.select(X, [0]),
        lambda X: _columns.replace(X, 0, [1.0, 2.0]),
    ],
)
def test_a_sparse_matrix_is_an_error_that_says_what_to_pass(use):
    with pytest.raises(TypeError, match=r"sparse matrix.*pass a dense array, X.toarray\(\)"):
        use(csr_matrix(np.eye(2)))


def test_rows_of_different_length_are_no_table():
    with pytest.raises(ColumnError, match="X must be a table or an array of events"):
        _columns.n_columns([[1], [1, 2]])


@pytest.mark.parametrize("form", [pd.Series, np.asarray, list], ids=["Series", "array", "list"])
def test_values_in_place_of_a_name_are_an_error_that_says_so_and_is_short(frame, form):
    with pytest.raises(ColumnError, match=r"^weight_column is the name of a column.*; got 900 of"):
        _columns.take(frame, form(np.arange(900.0)), "weight_column")


@pytest.mark.parametrize("form", [pd.Series, np.asarray, list], ids=["Series", "array", "list"])
@pytest.mark.parametrize("name", ["mode", "weight_column"])
def test_an_error_about_a_parameter_shows_the_beginning_of_a_long_value(frame, form, name):
    balancer = EventWeightBalancer(**{name: form(np.arange(900.0))})
    with pytest.raises(ValueError, match=rf"'{name}' parameter of EventWeightBal.*Got ") as error:
        balancer.fit(frame, [0, 1])
    assert len(str(error.value)) < 500
    assert ("got 900 of them; these are sample_weight of fit" in str(error.value)) == (
        name == "weight_column"
    )


LONG = {
    "signal": (roc_auc, {"y_true": [0, 1], "y_score": [0, 1], "signal": "x" * 900}),
    "kind": (figure_of_merit, {"s": 1, "b": 1, "kind": [0, 1] * 900}),
    "bins": (
        closure_test,
        {"y_true": [0, 1], "probability": [0, 1], "by": [0, 1], "bins": [0] * 900},
    ),
    "fractions": (train_validation_test_split, {"events": np.eye(2), "fractions": [0, 1] * 900}),
}


@pytest.mark.parametrize("name", LONG)
def test_an_error_about_an_argument_shows_the_beginning_of_a_long_value(name):
    function, arguments = LONG[name]
    with pytest.raises(ValueError, match=f"{name}=") as error:
        function(**arguments)
    assert len(str(error.value)) < 400


def test_labels_given_to_the_split_are_told_where_they_belong(frame):
    with pytest.raises(ValueError, match=r"fractions=.*labels are a column of events, and process"):
        train_validation_test_split(frame, [0, 1])


def test_a_column_that_a_column_transformer_renamed_is_named():
    X = pd.DataFrame({"s__pt": [1.0], "remainder__weight": [1.0]})
    with pytest.raises(ColumnError, match=r"it is called 'remainder__weight', .*verbose_feature"):
        _columns.position(X, "weight", "weight_column")


def test_an_array_of_a_scaler_has_no_names_and_a_cure():
    with pytest.raises(ColumnError, match=r"set_output\(transform='pandas'\)"):
        _columns.position(np.ones((2, 3)), "weight", "weight_column")
