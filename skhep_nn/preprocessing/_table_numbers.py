"""The features of a table as numbers, and numbers put back into the table that they came from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skhep_nn import _columns, _floats, _frames
from skhep_nn.exceptions import ColumnError


def read(X, positions, min_events=0):
    """Columns of `X` at `positions` as an array of float32 or float64, perhaps sharing memory.

    Raises
    ------
    ColumnError
        Naming a column of a DataFrame that does not hold numbers.
    """
    features = X if len(positions) == _columns.n_columns(X) else _columns.select(X, positions)
    _check_types(features)
    is_frame = _columns.is_frame(features)
    try:
        return check_array(
            _frames.with_numpy_numbers(features)
            if is_frame
            else _floats.plain_objects(features, "X"),
            dtype=[np.float64, np.float32],
            ensure_all_finite=False,
            allow_nd=True,
            ensure_min_samples=min_events,
        )
    except (TypeError, ValueError, OverflowError) as error:
        _blame_column(features, error)
        raise


def slices(values, size=2**17):
    """Slices of events, of about `size` numbers each: what fits in a processor's cache."""
    step = max(1, size // max(1, int(np.prod(values.shape[1:]))))
    return [slice(start, start + step) for start in range(0, len(values), step)]


def dtypes(X, positions):
    """The type that each column gets when it is scaled: float32 stays, all else is float64."""
    if _columns.is_frame(X):
        return [_scaled_dtype(X.dtypes.iloc[at]) for at in positions]
    return [_scaled_dtype(X.dtype)] * len(positions)


def write(X, positions, values, added=None, added_names=(), added_dtypes=()):
    """A table as `X` with `values` at `positions` and the columns `added` behind; `X` stays."""
    if _columns.is_frame(X):
        return _write_frame(X, positions, values, added, added_names, added_dtypes)
    return _write_array(X, positions, values, added)


def _check_types(features):
    """Raise ColumnError for dates, time differences and complex numbers, which a cast mangles."""
    if not _columns.is_frame(features):
        if features.dtype.kind in "Mm":
            _floats.check_type(features.dtype, "X", ColumnError)
        return
    if not features.shape[1]:
        # scikit-learn's wording
        msg = f"X: 0 feature(s) (shape={features.shape}) while a minimum of 1 is required."
        raise ColumnError(msg)
    for at, (name, dtype) in enumerate(features.dtypes.items()):
        if getattr(dtype, "kind", "O") in "MmcV" or _holds_odd_objects(features.iloc[:, at]):
            raise ColumnError(_no_numbers(name, features.iloc[:, at]))


def _holds_odd_objects(column):
    if column.dtype != object:
        return False
    odd = (np.datetime64, np.timedelta64, np.ndarray)
    return any(isinstance(value, odd) for value in column)


def _no_numbers(name, column):
    first = f"{_frames.first_odd(column)!r:.60}" if len(column) else "none"
    return (
        f"column {name!r} does not hold numbers (type {column.dtype}, the first value is "
        f"{first}); name it in exclude to let it pass untouched"
    )


def _scaled_dtype(dtype):
    plain = getattr(dtype, "numpy_dtype", dtype)
    return np.dtype(np.float32 if plain == np.float32 else np.float64)


def _blame_column(features, error):
    if not _columns.is_frame(features):
        return
    for at, name in enumerate(features.columns):
        try:
            _frames.as_floats(features.iloc[:, at])
        except (TypeError, ValueError, OverflowError):
            raise ColumnError(_no_numbers(name, features.iloc[:, at])) from error


def _write_frame(X, positions, values, added, added_names, added_dtypes):
    place = {at: k for k, at in enumerate(positions)}
    types = dtypes(X, positions)
    columns = [
        pd.Series(values[:, place[at]].astype(types[place[at]]), index=X.index)
        if at in place
        else X.iloc[:, at]
        for at in range(X.shape[1])
    ]
    for k, dtype in enumerate(added_dtypes):
        columns.append(pd.Series(added[:, k].astype(dtype), index=X.index))
    out = pd.concat(columns, axis=1)
    out.columns = X.columns.append(pd.Index(added_names)) if len(added_names) else X.columns
    return out


def _write_array(X, positions, values, added):
    dtype = _scaled_dtype(X.dtype)
    if len(positions) < X.shape[-1]:
        values = _among_untouched(X, positions, values, dtype)
    if added is not None and added.shape[-1]:
        values = np.concatenate([values, added], axis=-1, dtype=values.dtype)
    return values if values.dtype == object else values.astype(dtype, copy=False)


def _among_untouched(X, positions, values, dtype):
    out = np.array(X, dtype=dtype if X.dtype.kind in "biuf" else object)
    if X.dtype.kind in "iu":
        _check_integers_survive(X, out, positions)
    out[..., positions] = values
    return out


def _check_integers_survive(X, out, positions):
    untouched = [at for at in range(X.shape[-1]) if at not in positions]
    if not np.array_equal(out[..., untouched].astype(X.dtype), X[..., untouched]):
        msg = (
            f"an array of {X.dtype} holds integers in an excluded column that {out.dtype} cannot; "
            "pass a DataFrame, where each column keeps its own type"
        )
        raise ColumnError(msg)
