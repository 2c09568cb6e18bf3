"""Frames of polars, pyarrow and whatever narwhals knows, read as those of pandas."""

from __future__ import annotations

import types

import narwhals
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skhep_nn import _columns, _frames
from skhep_nn.exceptions import ColumnError


@pytest.fixture
def frame():
    return pd.DataFrame(
        {"pt": [1.5, np.nan], "n": np.array([2, 3], np.int16), "f": np.array([0.1, 0.2], "f4")}
    )


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas, narwhals.from_native])
def test_numbers_keep_type_and_bits(frame, convert):
    pd.testing.assert_frame_equal(_frames.as_pandas(convert(frame)), frame)


def test_a_record_batch_is_a_frame(frame):
    batch = pa.RecordBatch.from_pandas(frame)
    pd.testing.assert_frame_equal(_frames.as_pandas(batch), frame)


def test_a_narwhals_frame_is_what_it_wraps(frame):
    wrapped = narwhals.from_native(pl.from_pandas(frame))
    pd.testing.assert_frame_equal(_frames.as_pandas(wrapped), frame)


def test_a_pandas_frame_and_an_array_are_given_back_as_they_are(frame):
    array = frame.to_numpy()
    assert _frames.as_pandas(frame) is frame
    assert _frames.as_pandas(array) is array


def test_missing_values_are_nan_among_floats_and_missing_among_whole_numbers():
    table = pa.table({"a": [1.5, None], "n": [1, None], "b": [True, None], "none": [None, None]})
    out = _frames.as_pandas(table)
    assert [str(dtype) for dtype in out.dtypes] == ["float64", "Int64", "boolean", "float64"]
    assert np.isnan(_frames.column_values(out["n"])).tolist() == [False, True]


def test_lists_stay_arrow_lists():
    out = _frames.as_pandas(pl.DataFrame({"pt": [[1.0, 2.0], []]}))
    assert pa.types.is_large_list(out["pt"].dtype.pyarrow_dtype)
    fixed = pl.DataFrame({"p": pl.Series([[1.0, 2.0]], dtype=pl.Array(pl.Float64, 2))})
    assert pa.types.is_large_list(_frames.as_pandas(fixed)["p"].dtype.pyarrow_dtype)


def test_categories_and_decimals_are_read():
    table = pl.DataFrame(
        {
            "c": pl.Series(["tt", "ww"], dtype=pl.Categorical),
            "e": pl.Series(["tt", "ww"], dtype=pl.Enum(["ww", "tt"])),
            "d": pl.Series(["1.25", "2.50"]).cast(pl.Decimal(10, 2)),
        }
    )
    out = _frames.as_pandas(table)
    assert out["c"].tolist() == out["e"].tolist() == ["tt", "ww"]
    assert out["d"].tolist() == [1.25, 2.5]


def test_the_index_that_pandas_wrote_is_no_column(frame):
    table = pa.Table.from_pandas(frame.set_axis([5, 7], axis=0))
    assert "__index_level_0__" in table.column_names
    assert _columns.names(table) == ["pt", "n", "f"]


def test_a_table_goes_back_to_the_library_that_it_came_from(frame):
    for convert in (pl.from_pandas, pa.Table.from_pandas):
        native = convert(frame)
        assert type(_frames.like(native, frame)) is type(native)
    assert _frames.like(frame, frame) is frame
    assert _frames.like(frame.to_numpy(), frame) is frame


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([1, 2, 3]),
        pa.array([1, 2, 3]),
        pa.chunked_array([[1, 2], [3]]),
        pd.array([1, 2, 3], dtype="Int64"),
        pd.Series([1, 2, 3], dtype="int64[pyarrow]"),
        narwhals.from_native(pl.Series([1, 2, 3]), series_only=True),
    ],
    ids=lambda values: f"{type(values).__module__}.{type(values).__name__}",
)
def test_a_series_of_any_library_is_an_array(values):
    out = _frames.as_array(values)
    assert isinstance(out, np.ndarray)
    assert out.dtype == np.int64
    assert out.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series(["tt", "ww"]),
        pl.Series(["tt", "ww"], dtype=pl.Categorical),
        pa.array(["tt", "ww"]),
        pa.array(["tt", "ww"]).dictionary_encode(),
        pd.Series(["tt", "ww"], dtype="category"),
        pd.array(["tt", "ww"], dtype="string"),
    ],
    ids=lambda values: f"{type(values).__module__}.{type(values).__name__}",
)
def test_text_of_any_library_is_an_array_of_text(values):
    assert np.asarray(_frames.as_array(values)).tolist() == ["tt", "ww"]


def test_whole_numbers_that_no_type_holds_with_a_missing_one_are_an_error():
    column = pd.Series([2**53 + 1, None], dtype="Int64", name="event")
    with pytest.raises(ColumnError, match=r"column 'event' has 1 whole numbers beyond 2\*\*53"):
        _frames.column_values(column)
    assert _frames.column_values(column[:1]).tolist() == [2**53 + 1]


def test_dates_and_complex_numbers_are_no_numbers():
    for column in (pd.Series(pd.to_datetime(["2020-01-01"])), pd.Series([1j])):
        with pytest.raises(TypeError, match="no type of real numbers"):
            _frames.as_floats(column)


def test_a_number_beyond_floats_is_no_number():
    with pytest.raises(ValueError, match="a number is beyond float64"):
        _frames.as_floats(pd.Series([10**400]))


def test_a_lazy_frame_is_an_error_that_says_how_to_collect(frame):
    with pytest.raises(TypeError, match=r"polars LazyFrame.*not in memory; pass X.collect\(\)"):
        _columns.table(pl.from_pandas(frame).lazy())


def _fake_dask(frame):
    """What a Dask DataFrame shows of itself."""
    cls = type("DataFrame", (), {"__module__": "dask.dataframe.dask_expr._collection"})
    out = cls()
    out.columns, out.npartitions, out.dask = frame.columns, 2, types.SimpleNamespace()
    out.iloc, out.shape, out.compute = None, (None, 3), lambda: frame
    return out


def test_a_dask_frame_is_an_error_that_says_compute_or_build_cache(frame):
    with pytest.raises(TypeError, match=r"dask DataFrame.*X.compute\(\).*build_cache"):
        _columns.table(_fake_dask(frame))


@pytest.mark.parametrize(
    "X",
    [
        {"pt": np.zeros(2), "eta": np.zeros(2)},
        [{"pt": 1.0}, {"pt": 2.0}],
        np.zeros(2, dtype=[("pt", float), ("eta", float)]),
        np.rec.fromarrays([[1.0], [2.0]], names="pt,eta"),
    ],
    ids=["dict", "list of dicts", "structured", "recarray"],
)
def test_named_columns_that_are_no_table_are_an_error_with_the_line_to_write(X):
    with pytest.raises(TypeError, match=r"pass the DataFrame pd.DataFrame\(X\)"):
        _columns.table(X)
    assert "pt" in pd.DataFrame(X)


def test_awkward_records_are_an_error_with_the_line_to_write():
    ak = pytest.importorskip("awkward")
    X = ak.Array([{"pt": 1.0, "eta": 2.0}, {"pt": 3.0, "eta": 4.0}])
    with pytest.raises(TypeError, match=r"DataFrame pd.DataFrame\(\{f: X\[f\] for f in X.fields\}"):
        _columns.table(X)
    assert list(pd.DataFrame({f: X[f] for f in X.fields})) == ["pt", "eta"]


@pytest.mark.parametrize("events", [[[1.0, 2.0], [3.0]], [[{"pt": 1.0}], []]])
def test_awkward_lists_are_an_error_that_names_what_pads_them(events):
    ak = pytest.importorskip("awkward")
    with pytest.raises(TypeError, match=r"awkward array of lists.*SequencePadder.*DataFrame"):
        _columns.table(ak.Array(events))


def test_a_regular_awkward_array_is_an_array():
    ak = pytest.importorskip("awkward")
    X = ak.Array([[1.0, 2.0], [3.0, 4.0]])
    assert _columns.table(X) is X


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        (["1.5", "bad", "2"], "bad"),
        ([None, "x"], "x"),
        ([1, 2], 1),
        (pd.Series(["a", "b"], dtype="category"), "a"),
        (pd.Series([pd.Timestamp("2020")]), pd.Timestamp("2020")),
        ([[1.0], [2.0]], [1.0]),
        (pd.Series([[1.0]], dtype=pd.ArrowDtype(pa.list_(pa.float64()))), [1.0]),
        (["1", "2"], "1"),
        ([], None),
    ],
)
def test_the_first_value_that_is_no_number_is_found(values, odd):
    column = values if isinstance(values, pd.Series) else pd.Series(values, dtype=object)
    assert _frames.first_odd(column) == odd
