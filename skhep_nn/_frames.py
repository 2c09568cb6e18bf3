"""Tables and columns of other libraries as pandas and NumPy have them, and tables turned back.

A frame is a pandas DataFrame, a pyarrow Table, or what narwhals knows (polars, Modin, cuDF, ...).
Each public function that takes a table makes it a pandas DataFrame here; inside the package a
frame is one of pandas. None of these libraries is imported before something of it comes in.
"""

from __future__ import annotations

import functools
import importlib

import numpy as np

from skhep_nn.exceptions import ColumnError

# float64 holds every whole number up to here
_EXACT = 2**53
# what holds a plan of events rather than events, by the library that it comes from
_HOW_TO_COLLECT = {
    "dask": "pass X.compute(); more events than memory holds go from files through build_cache",
    "polars": "pass X.collect()",
    "duckdb": "pass X.df()",
    "pyspark": "pass X.toPandas()",
    "sqlframe": "pass X.toPandas()",
    "ibis": "pass X.to_pandas()",
}
_PLAIN = (np.ndarray, np.generic, list, tuple, dict, str, bytes, float, int, type(None))


def as_pandas(X):
    """`X` as a pandas DataFrame if it is a frame of another library, else `X` itself.

    Numbers keep their type and their bits. Whole numbers and booleans with missing values get
    pandas' nullable types, lists stay Arrow lists. What pandas wrote as the index of an Arrow
    table is no column.

    Raises
    ------
    TypeError
        If `X` is a frame whose events are not in memory (polars LazyFrame, Dask, DuckDB, ...).
    """
    if _is_own(X):
        return X
    if _library(X) == "narwhals":
        return as_pandas(X.to_native())
    _check_in_memory(X)
    if _is_arrow(X, "RecordBatch"):
        X = _pyarrow().Table.from_batches([X])
    if _is_arrow(X, "Table"):
        return _of_arrow(_without_index(X))
    nw = _narwhals()
    frame = nw.from_native(X, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        raise TypeError(_not_in_memory(X, frame.implementation.value))
    if not isinstance(frame, nw.DataFrame):
        return X
    like_pandas = frame.implementation.is_pandas_like()
    return frame.to_pandas() if like_pandas else _of_arrow(frame.to_arrow())


def native(frame):
    """A pandas `frame` of numbers in the byte order of the machine, in columns that are not sparse.

    Of columns of another order pandas takes no rows, and of sparse ones scikit-learn makes a
    sparse matrix, in which nothing can be missing.

    Raises
    ------
    ColumnError
        If a column holds records.
    """
    import pandas as pd

    foreign = {}
    for at, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, pd.SparseDtype):
            foreign[frame.columns[at]] = dtype.subtype
            continue
        if not isinstance(dtype, np.dtype) or (dtype.isnative and dtype.kind != "V"):
            continue
        if dtype.kind == "V":
            msg = f"column {frame.columns[at]!r} holds records ({dtype}), which are no numbers"
            raise ColumnError(msg)
        foreign[frame.columns[at]] = dtype.newbyteorder("=")
    return frame.astype(foreign) if foreign else frame


def as_lists(X):
    """`X` as `as_pandas` gives it; a Series of lists of another library as an Arrow array."""
    X = as_pandas(X)
    return X if _is_own(X) else _arrow_of_series(X)


def like(X, frame):
    """The pandas `frame` as a frame of the library that `X` is of; as it is if `X` is none."""
    if _is_own(X) or not hasattr(frame, "iloc"):
        return frame
    pa, nw = _pyarrow(), _narwhals()
    if _is_arrow(X, "Table", "RecordBatch"):
        return pa.Table.from_pandas(frame, preserve_index=False)
    native = nw.from_native(X, pass_through=True)
    if not isinstance(native, nw.DataFrame):
        return frame
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return nw.from_arrow(table, backend=native.implementation).to_native()


def as_array(values):
    """One-dimensional `values` of any library (Series, Arrow array) as a NumPy array.

    What is no Series of a library is given back as it is: lists, arrays, DataFrames.
    """
    if isinstance(values, _PLAIN):
        return values
    if _library(values) == "pandas":
        return _of_pandas(values)
    values = _arrow_of_series(values)
    if _is_arrow(values, "Array"):
        values = _pyarrow().chunked_array([values])
    return column_values(_series(values)) if _is_arrow(values, "ChunkedArray") else values


def with_numpy_numbers(frame):
    """The pandas `frame` with nullable and Arrow-backed numbers in NumPy's types."""
    at = [n for n, dtype in enumerate(frame.dtypes) if _is_extension_number(dtype)]
    if not at:
        return frame
    columns = [frame.iloc[:, n] for n in range(frame.shape[1])]
    for n in at:
        columns[n] = column_values(columns[n])
    out = _pandas().DataFrame(dict(enumerate(columns)), index=frame.index)
    out.columns = frame.columns
    return out


def as_floats(column):
    """A pandas Series of numbers of any type, also of categories or objects, as float64.

    Raises
    ------
    TypeError, ValueError
        If they are no real numbers: text, dates, complex numbers, beyond float64.
    """
    kind = getattr(column.dtype, "kind", "O")
    if kind in "mMc":
        msg = f"{column.dtype} is no type of real numbers"
        raise TypeError(msg)
    if kind in "biuf":
        return column_values(column).astype(np.float64, copy=False)
    try:
        return column.astype("float64").to_numpy()
    except OverflowError as error:
        msg = f"a number is beyond float64: {error}"
        raise ValueError(msg) from error


def first_odd(column):
    """The first value of a pandas Series that is no number, or where each is one the first."""
    if not len(column):
        return None
    try:
        known = _pandas().to_numeric(column, errors="coerce")
        odd = known.isna() & column.notna()
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return column.iloc[0]
    return column[odd.to_numpy()].iloc[0] if odd.any() else column.iloc[0]


def column_values(column):
    """A pandas Series as a NumPy array.

    Numbers and booleans of nullable and Arrow-backed types become those of NumPy; a missing one
    is NaN.

    Raises
    ------
    ColumnError
        If whole numbers beyond 2**53 stand beside missing values, which no type of NumPy holds.
    """
    if not _is_extension_number(column.dtype):
        return column.to_numpy()
    dtype = column.dtype.numpy_dtype
    if not column.isna().any():
        return column.to_numpy(dtype=dtype)
    if dtype.kind in "iu":
        _check_exact(column)
    return column.to_numpy(dtype=dtype if dtype.kind == "f" else np.float64, na_value=np.nan)


def _is_extension_number(dtype):
    numeric = getattr(dtype, "kind", "O") in "biuf" and hasattr(dtype, "numpy_dtype")
    return numeric and not isinstance(dtype, np.dtype)


def _library(X):
    return type(X).__module__.partition(".")[0]


def _is_own(X):
    """Whether `X` is certainly no frame of another library."""
    return isinstance(X, _PLAIN) or _library(X) in ("pandas", "skhep_nn", "scipy")


def _is_arrow(X, *types):
    """Whether `X` is of one of these types of pyarrow."""
    if _library(X) != "pyarrow":
        return False
    return isinstance(X, tuple(getattr(_pyarrow(), name) for name in types))


def _arrow_of_series(values):
    """A Series of a library that narwhals knows as an Arrow array, else `values` as they are."""
    if _is_arrow(values, "Array", "ChunkedArray"):
        return values
    if _library(values) == "narwhals":
        return _arrow_of_series(values.to_native())
    nw = _narwhals()
    native = nw.from_native(values, series_only=True, pass_through=True)
    if not isinstance(native, nw.Series):
        return values
    found = native.to_arrow()
    return found if _is_arrow(found, "ChunkedArray") else _pyarrow().chunked_array([found])


def _of_pandas(values):
    pd = _pandas()
    if isinstance(values, pd.api.extensions.ExtensionArray):
        values = pd.Series(values)
    return column_values(values) if isinstance(values, pd.Series) else values


def _check_in_memory(X):
    is_dask = _library(X) in ("dask", "dask_expr") or hasattr(X, "__dask_graph__")
    # not its arrays, which NumPy computes when it reads them
    if is_dask and hasattr(X, "columns"):
        raise TypeError(_not_in_memory(X, "dask"))


def _not_in_memory(X, library):
    cure = _HOW_TO_COLLECT.get(library, "collect its events into a DataFrame first")
    return f"X is a {library} {type(X).__name__}, whose events are not in memory; {cure}"


def _without_index(table):
    """`table` without the columns that pandas wrote as its index."""
    index = (table.schema.pandas_metadata or {}).get("index_columns", ())
    gone = [name for name in index if isinstance(name, str) and name in table.column_names]
    return table.drop_columns(gone) if gone else table


def _of_arrow(table):
    columns = dict(enumerate(map(_series, table.columns)))
    frame = _pandas().DataFrame(columns, index=range(len(table)))
    frame.columns = table.column_names
    return frame


def _series(column):
    """An Arrow column as a pandas Series."""
    pa, pd, kind = _pyarrow(), _pandas(), column.type
    if pa.types.is_fixed_size_list(kind):
        column = column.cast(pa.large_list(kind.value_type))
    if pa.types.is_dictionary(kind) and pa.types.is_unsigned_integer(kind.index_type):
        # as polars has them, and older releases of pyarrow do not read them
        column = column.cast(pa.dictionary(pa.int64(), kind.value_type, kind.ordered))
    if pa.types.is_decimal(kind) or pa.types.is_null(kind):
        column = column.cast(pa.float64())
    if pa.types.is_nested(column.type):
        return pd.Series(column, dtype=pd.ArrowDtype(column.type))
    masked = _masked_types()
    if column.null_count and kind in masked:
        return column.to_pandas(types_mapper=masked.get)
    return column.to_pandas()


@functools.cache
def _masked_types():
    """The nullable type of pandas for whole numbers and booleans of Arrow."""
    pa, pd = _pyarrow(), _pandas()
    names = [f"{sign}Int{n}" for sign in ("", "U") for n in (8, 16, 32, 64)]
    types = {getattr(pa, name.lower())(): getattr(pd, f"{name}Dtype")() for name in names}
    return {**types, pa.bool_(): pd.BooleanDtype()}


def _check_exact(column):
    known = column.dropna()
    n_beyond = int(((known > _EXACT) | (known < -_EXACT)).sum())
    if n_beyond:
        msg = (
            f"column {column.name!r} has {n_beyond} whole numbers beyond 2**53 and "
            f"{len(column) - len(known)} missing values, which no type of NumPy holds together"
        )
        raise ColumnError(msg)


def _pandas():
    return importlib.import_module("pandas")


def _pyarrow():
    return importlib.import_module("pyarrow")


def _narwhals():
    return importlib.import_module("narwhals.stable.v2")
