"""Arrow arrays in the few types that columns have, and how those of several files join."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._values import kind_of


def is_list_type(kind):
    """Whether an Arrow type is one of lists."""
    return any(_is(kind, f"{name}list{view}") for name, view in LISTS)


LISTS = (("", ""), ("large_", ""), ("fixed_size_", ""), ("", "_view"), ("large_", "_view"))
BINARY = ("binary", "large_binary", "fixed_size_binary", "binary_view")
NEVER = ("struct", "map", "union", "time", "interval")


def why_not(kind):
    """Why no column can hold an Arrow type; None if one can."""
    inner = innermost(kind)
    is_never = any(_is(inner, name) for name in NEVER)
    return f"its type is {kind}" if is_never else None


def innermost(kind):
    """The type of what is in lists, extension types and dictionaries."""
    if isinstance(kind, pa.BaseExtensionType):
        return innermost(kind.storage_type)
    is_wrapped = is_list_type(kind) or _is(kind, "dictionary") or _is(kind, "run_end_encoded")
    return innermost(kind.value_type) if is_wrapped else kind


def simple(column):
    """An Arrow column of simple types: lists as large lists, bytes as text, no extension types.

    Packages register extension types when they are imported; without this, what a column is
    would depend on that.
    """
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [_simple(chunk) for chunk in chunks] or [_simple(pa.nulls(0, column.type))]
    return pa.chunked_array(parts, type=parts[0].type)


def joined_lists(parts, what):
    """Lists of several files in one type, e.g. of float32 and float64, or with missing ones."""
    arrays = [_arrow(part) for part in parts]
    for kind in _common([array.type for array in arrays], what):
        try:
            chunks = [chunk for array in arrays for chunk in array.cast(kind).chunks]
        except pa.ArrowInvalid:
            continue
        return pd.arrays.ArrowExtensionArray(pa.chunked_array(chunks, type=kind))
    msg = f"{what} holds lists of whole numbers that no one type holds exactly"
    raise FileFormatError(msg)


def _arrow(part):
    if kind_of(part) is None:
        return pa.chunked_array([pa.nulls(len(part))])
    return part.__arrow_array__() if _is_chunked(part) else pa.chunked_array([part._pa_array])


def _is_chunked(part):
    return isinstance(part.__arrow_array__(), pa.ChunkedArray)


def _common(kinds, what):
    """The types that may hold all of `kinds`, in the order in which they are tried."""
    kinds = list(dict.fromkeys(kind for kind in kinds if not _is(kind, "null")))
    if len(kinds) < 2:
        return kinds or [pa.null()]
    if all(map(is_list_type, kinds)):
        inner = _common([kind.value_type for kind in kinds], what)
        return [pa.large_list(kind) for kind in inner]
    if all(_is(kind, "integer") or _is(kind, "floating") for kind in kinds):
        dtype = np.result_type(*(kind.to_pandas_dtype() for kind in kinds))
        is_mixed = dtype.kind == "f" and all(_is(kind, "integer") for kind in kinds)
        return [pa.int64(), pa.uint64()] if is_mixed else [pa.from_numpy_dtype(dtype)]
    msg = f"{what} holds lists of {' and of '.join(map(str, kinds))}, which do not join"
    raise FileFormatError(msg)


def _simple(array):
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _simple(array.storage)
    if is_list_type(kind):
        return _large_list(array)
    return next((convert(array) for test, convert in CONVERT.items() if _is(kind, test)), array)


def _large_list(array):
    is_missing = array.is_null()
    lengths = _lengths(array)
    offsets = np.concatenate([[0], np.cumsum(np.where(is_missing, 0, lengths))])
    mask = is_missing if array.null_count else None
    values = _simple(array.flatten())
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), values, mask=mask)


def _lengths(array):
    if _is(array.type, "fixed_size_list"):
        return np.full(len(array), array.type.list_size)
    is_view = _is(array.type, "list_view") or _is(array.type, "large_list_view")
    lengths = array.sizes if is_view else compute.list_value_length(array).fill_null(0)
    return lengths.to_numpy(zero_copy_only=False)


def _runs(array):
    """Position in the values of an encoded array of each of its elements."""
    # not its values themselves: Arrow decodes few types, and not those that polars writes
    elements = array.offset + np.arange(len(array))
    return pa.array(np.searchsorted(array.run_ends.to_numpy(), elements, side="right"))


def _text(array):
    is_fixed = _is(array.type, "fixed_size_binary")
    text = (array.cast(pa.binary()) if is_fixed else array).cast(pa.large_string())
    return compute.utf8_rtrim(text, "\0") if is_fixed else text


def _numbers(array):
    # as floats they are the nearest ones; whole ones are exact, or an error
    return array.cast(pa.int64() if array.type.scale == 0 else pa.float64())


def _moment(array):
    is_date = _is(array.type, "date")
    return array.cast(pa.timestamp("s") if is_date else pa.timestamp(array.type.unit))


def _is(kind, name):
    test = getattr(pa.types, f"is_{name}", None)
    return test is not None and test(kind)


# what a type is: how its values become those of a simple one
CONVERT = {
    "dictionary": lambda array: _simple(array.dictionary).take(array.indices),
    "run_end_encoded": lambda array: _simple(array.values).take(_runs(array)),
    **dict.fromkeys(BINARY, _text),
    "string_view": lambda array: array.cast(pa.large_string()),
    "decimal": _numbers,
    "date": _moment,
    "timestamp": _moment,
}
