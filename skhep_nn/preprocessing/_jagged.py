"""Lists of particles in their many containers, flattened without a loop over events."""

from __future__ import annotations

from collections.abc import Mapping, Set
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa

from skhep_nn import _masks
from skhep_nn._columns import is_blocks, is_frame
from skhep_nn._extras import require
from skhep_nn._floats import is_awkward
from skhep_nn.preprocessing._particles import Jagged

_FLAT = "a particle is a number, or as many numbers as the others"


def is_jagged(X):
    """Whether `X` holds lists of particles that have yet to be made rectangular."""
    if is_awkward(X) or isinstance(X, (pa.ListArray, pa.LargeListArray, pa.ChunkedArray, pa.Table)):
        return True
    if is_frame(X):
        return any(_is_list_column(X.iloc[:, at]) for at in range(X.shape[1]))
    if is_blocks(X) or not hasattr(X, "__len__"):
        return False
    if hasattr(X, "iloc"):
        return _is_list_column(X)
    return _is_list_array(X)


def flatten(X, owner):
    """`X`, for which `is_jagged` holds, as a `Jagged`.

    Raises
    ------
    ValueError
        If fields of one event have different lengths, or a value is missing or no number; the
        message names the field and the event.
    """
    if is_awkward(X):
        return _of_awkward(X, owner)
    if is_frame(X):
        names = tuple(map(str, X.columns))
        columns = [X.iloc[:, at] for at in range(len(names))]
        return _of_columns(columns, names, "frame", owner)
    if isinstance(X, pa.Table):
        return _of_columns(X.columns, tuple(X.column_names), "frame", owner)
    if getattr(X, "ndim", 1) == 2:
        return _of_columns(list(X.T), None, "object", owner)
    name = getattr(X, "name", None)
    names, container = ((str(name),), "frame") if name is not None else (None, "object")
    return _of_columns([X], names, container, owner)


def _is_list_array(X):
    if isinstance(X, np.ndarray):
        # 1-D and 2-D object arrays whose cells are lists
        return X.dtype == object and X.ndim < 3 and X.size > 0 and _is_list(_first(X.flat))
    if not isinstance(X, (list, tuple)) or len(X) == 0 or not _is_list(_first(X)):
        return False
    try:
        return np.asarray(X).dtype == object
    except ValueError:
        return True


def _is_list_column(column):
    arrow_type = getattr(column.dtype, "pyarrow_dtype", None)
    if arrow_type is not None:
        return pa.types.is_list(arrow_type) or pa.types.is_large_list(arrow_type)
    return column.dtype == object and len(column) > 0 and _is_list(_first(column))


def _first(cells):
    """The first cell that is not missing."""
    return next((cell for cell in cells if not _is_missing(cell)), None)


def _is_missing(cell):
    return (
        cell is None
        or cell is pd.NA
        or cell is np.ma.masked
        or (isinstance(cell, float) and np.isnan(cell))
    )


def _is_list(cell):
    return isinstance(cell, (list, tuple)) or (isinstance(cell, np.ndarray) and cell.ndim > 0)


def _of_awkward(X, owner):
    ak = require("awkward", "io")
    names = tuple(ak.fields(X)) or None
    parts = [X[name] for name in names] if names else [X]
    flat = []
    for name, part in zip(names or (0,), parts, strict=True):
        flat.append(_of_awkward_field(ak, part, name, owner))
    return _joined_fields(flat, names, "awkward", owner)


def _of_awkward_field(ak, part, name, owner):
    if part.ndim < 2:
        msg = f"{owner}: field {name!r} has one number per event, not a list of particles"
        raise ValueError(msg)
    _check_lists(ak.to_numpy(ak.is_none(part, axis=0)), name, owner)
    try:
        values = ak.to_numpy(ak.flatten(part, axis=1))
    except ValueError as error:
        msg = f"{owner}: the particles of field {name!r} are lists of several lengths; {_FLAT}"
        raise ValueError(msg) from error
    except TypeError as error:
        msg = f"{owner}: field {name!r} must hold numbers, got {part.type.content}"
        raise ValueError(msg) from error
    return ak.to_numpy(ak.num(part, axis=1)), _numbers(values, name, owner)


def _check_lists(missing, name, owner):
    """Raise ValueError if an event has no list, which is not the same as an empty one."""
    if missing.any():
        msg = (
            f"{owner}: the list of {missing.sum()} of {len(missing)} events is missing (None) in "
            f"column {name!r}, the first in event {int(np.argmax(missing))}; an event without "
            "particles has an empty list"
        )
        raise ValueError(msg)


def _of_columns(columns, names, container, owner):
    labels = names or range(len(columns))
    flat = [_of_column(c, name, owner) for c, name in zip(columns, labels, strict=True)]
    return _joined_fields(flat, names, container, owner)


def _of_column(column, name, owner):
    """Counts and flat values, (n_particles,) or (n_particles, n_fields), of one list column."""
    cells = _cells(column)
    if isinstance(cells, pa.Array):
        return _of_arrow(cells, name, owner)
    n_events = len(cells)
    _check_lists(np.fromiter(map(_is_missing, cells), bool, n_events), name, owner)
    try:
        counts = np.fromiter(map(_length, cells), np.int64, n_events)
    except TypeError:
        bad = next(at for at, cell in enumerate(cells) if not _is_list_like(cell))
        found = cells[bad].item() if isinstance(cells[bad], np.generic) else cells[bad]
        msg = f"{owner}: column {name!r} has {found!r:.60} in event {bad}, not a list of particles"
        raise ValueError(msg) from None
    return counts, _numbers(_chained(cells, counts, name, owner), name, owner)


def _is_list_like(cell):
    try:
        _length(cell)
    except TypeError:
        return False
    return True


def _length(cell):
    if isinstance(cell, (str, bytes, Mapping, Set)):
        # of these, letters and keys would be particles
        msg = "not a list"
        raise TypeError(msg)
    return len(cell)


def _cells(column):
    """An Arrow array where the column is one, else an object array or list of lists."""
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks()
    if hasattr(getattr(column, "dtype", None), "pyarrow_dtype"):
        arrow = pa.array(column)
        return arrow.combine_chunks() if isinstance(arrow, pa.ChunkedArray) else arrow
    return column.to_numpy() if hasattr(column, "iloc") else column


def _chained(cells, counts, name, owner):
    if any(map(_masks.is_masked, cells)):
        event = next(at for at, cell in enumerate(cells) if _masks.is_masked(cell))
        raise ValueError(_masks.message(cells[event], f"{owner}: column {name!r}, event {event}"))
    filled = np.flatnonzero(counts)
    if not len(filled):
        return np.zeros(0)
    try:
        if not isinstance(cells[filled[0]], np.ndarray):
            return np.array(list(chain.from_iterable(cells)))
        if len(filled) < len(cells):
            # an empty list says nothing about type and fields
            cells = [cells[event] for event in filled]
        return np.concatenate(cells)
    except ValueError as error:
        msg = f"{owner}: the lists of column {name!r} do not all have the same fields: {error}"
        raise ValueError(msg) from error


def _of_arrow(array, name, owner):
    _check_lists(np.asarray(array.is_null()), name, owner)
    if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
        msg = f"{owner}: column {name!r} has {array.type} per event, not a list of particles"
        raise ValueError(msg)
    offsets = np.asarray(array.offsets)
    values = array.flatten()
    if pa.types.is_list(values.type) or pa.types.is_fixed_size_list(values.type):
        widths = np.unique(np.asarray(values.value_lengths()))
        if len(widths) > 1:
            msg = f"{owner}: the particles of column {name!r} have {widths.tolist()} fields"
            raise ValueError(msg)
        inner = _arrow_numbers(values.flatten(), name, owner)
        return np.diff(offsets), inner.reshape(len(values), -1)
    return np.diff(offsets), _arrow_numbers(values, name, owner)


def _arrow_numbers(values, name, owner):
    if values.null_count:
        msg = f"{owner}: column {name!r} has {values.null_count} missing values (null)"
        raise ValueError(msg)
    return _numbers(values.to_numpy(zero_copy_only=False), name, owner)


def _numbers(values, name, owner):
    if np.ma.isMaskedArray(values) and np.ma.is_masked(values):
        msg = f"{owner}: field {name!r} has {np.ma.count_masked(values)} missing values (None)"
        raise ValueError(msg)
    values = np.ma.getdata(values)
    if values.ndim > 2:
        msg = f"{owner}: the particles of field {name!r} have shape {values.shape[1:]}; {_FLAT}"
        raise ValueError(msg)
    if values.dtype.kind not in "biuf":
        msg = f"{owner}: field {name!r} must hold numbers, got {values.dtype}"
        raise ValueError(msg)
    return values


def _joined_fields(flat, names, container, owner):
    counts = flat[0][0]
    for at, (other, _) in enumerate(flat[1:], start=1):
        if not np.array_equal(counts, other):
            event = int(np.flatnonzero(counts != other)[0])
            first, second = (names[0], names[at]) if names else (0, at)
            msg = (
                f"{owner}: event {event} has {counts[event]} entries in field {first!r} and "
                f"{other[event]} in {second!r}; all fields of a sequence need the same length"
            )
            raise ValueError(msg)
    values = [v.reshape(len(v), _width(v))[:, k] for _, v in flat for k in range(_width(v))]
    if names is not None and len(values) != len(names):
        names = tuple(
            f"{n}_{k}" for n, (_, v) in zip(names, flat, strict=True) for k in range(_width(v))
        )
    return Jagged(counts, values, names, container)


def _width(values):
    return 1 if values.ndim == 1 else int(np.prod(values.shape[1:]))
