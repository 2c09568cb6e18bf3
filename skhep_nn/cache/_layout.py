"""What is cached as named arrays, and what comes back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn import _columns
from skhep_nn._floats import as_array
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError

ARRAY, BLOCKS = "array", "blocks"
# Name of the only array of a cache that is no blocks.
ONLY = "X"


def as_blocks(X, dtype=None, exclude=()):
    """`X` as `EventBlocks`, and whether it was an array.

    The columns of a DataFrame become blocks of one number per event. `dtype` and `exclude` are
    those of the cache: whole numbers with missing ones among them are stored as floats, which must
    hold them.

    Returns
    -------
    tuple of (layout, EventBlocks)

    Raises
    ------
    ColumnError
        If a column or block is neither numbers nor booleans.
    """
    # who applies a model to files reads manifests, too, and needs no SciPy
    from scipy.sparse import issparse

    if issparse(X):
        msg = (
            "a sparse matrix cannot be mapped from disk; pass a dense array, X.toarray() (of "
            "scikit-learn's encoders: sparse_output=False)"
        )
        raise TypeError(msg)
    X = _columns.table(X)
    if _columns.is_frame(X) and all(isinstance(name, str) for name in X.columns):
        kept = {name: None if name in exclude else dtype for name in X.columns}
        return BLOCKS, EventBlocks({name: _numbers(X[name], kept[name]) for name in X.columns})
    if _columns.is_blocks(X):
        for name in X.keys():  # noqa: SIM118
            _check_numeric(name, X[name].dtype, X[name])
        return BLOCKS, X
    array = _floats(X if isinstance(X, np.ndarray) else as_array(X, "X"))
    if not array.ndim:
        msg = f"X must be a table or an array of events, got {X!r:.60}"
        raise ColumnError(msg)
    _check_numeric(ONLY, array.dtype, array)
    return ARRAY, EventBlocks({ONLY: array}, {ONLY: "features"})


def type_of(dtype):
    """The `dtype` in which a cache is to be stored, or None for those of the data.

    Raises
    ------
    ValueError
        If it is no type of floating-point numbers.
    """
    try:
        found = None if dtype is None else np.dtype(dtype)
    except (TypeError, ValueError):
        found = np.dtype("O")
    if found is not None and found.kind != "f":
        msg = f"dtype={dtype!r:.60} must be a type of floating-point numbers, or None"
        raise ValueError(msg)
    return found


def pieces(blocks, chunk_size):
    """The events of `blocks` in dicts of arrays in memory, at least one."""
    for start in range(0, max(1, len(blocks)), chunk_size):
        rows = slice(start, start + chunk_size)
        yield {name: np.asarray(array[rows]) for name, array in blocks.items()}


def stored_type(name, dtype, kind, wanted, exclude):
    """Type in which a block is stored: `wanted` for features that are no whole numbers."""
    dtype = np.dtype(dtype)
    if wanted is None or dtype.kind != "f" or kind.name == "weight" or name in exclude:
        return dtype
    return np.dtype(wanted)


def converted(name, values, dtype):
    """`values` in the type in which their block is stored.

    Raises
    ------
    ColumnError
        If a number does not fit in it.
    """
    if values.dtype == dtype:
        return values
    if not np.can_cast(values.dtype, dtype, "same_kind"):
        msg = (
            f"block {name!r} holds {values.dtype} here and {dtype} in the events before; "
            "give it one type"
        )
        raise ColumnError(msg)
    with np.errstate(over="ignore"):
        out = values.astype(dtype)
    lost = np.isinf(out) & np.isfinite(values) if dtype.kind == "f" else out != values
    if lost.any():
        msg = (
            f"block {name!r}: {values[lost][0]} does not fit in {dtype} ({lost.sum()} such "
            "values); pass dtype=None to keep the types of the data"
        )
        raise ColumnError(msg)
    return out


def _floats(array):
    """Objects as the numbers that they are, if they are."""
    if array.dtype != object:
        return array
    try:
        return array.astype(np.float64)
    except ValueError:
        return array
    except (TypeError, OverflowError) as error:
        # what is missing in a column of pandas' own types; scikit-learn's checks want others as is
        if pd.isna(array).any():
            return array
        first = f"{array.flat[0]!r:.60}"
        msg = f"X holds objects that are no numbers, {first} the first of them ({error})"
        raise TypeError(msg) from None


def _numbers(column, stored=None):
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        return _numbers(column.sparse.to_dense(), stored)
    if isinstance(dtype, np.dtype):
        _check_numeric(column.name, dtype, column)
        return column.to_numpy()
    kind = getattr(dtype, "kind", "O")
    if kind not in "biuf":
        _check_numeric(column.name, None, column)
    # a whole number that is missing has no other way than NaN
    missing = column.isna().any()
    if missing and kind in "iu":
        _check_exact(column, np.dtype(stored or np.float64))
    return column.to_numpy(dtype="float64" if missing else dtype.numpy_dtype, na_value=np.nan)


def _check_exact(column, stored):
    there = column.dropna()
    largest = max(abs(int(there.max())), abs(int(there.min()))) if len(there) else 0
    if largest > 2 ** (np.finfo(stored).nmant + 1):
        msg = (
            f"column {column.name!r} has missing values among whole numbers up to {largest}, which "
            f"{stored} does not hold exactly; fill or drop what is missing, or leave the column out"
        )
        raise ColumnError(msg)


def _check_numeric(name, dtype, values):
    if dtype is None or dtype.kind not in "biuf":
        shown = getattr(values, "iloc", values)
        first = f", first value {shown[0]!r:.60}" if len(values) else ""
        what = getattr(values, "dtype", dtype)
        msg = (
            f"column {name!r} holds {what}{first}, which cannot be mapped from disk; encode it "
            "(lists: SequencePadder), or leave it out"
        )
        raise ColumnError(msg)
