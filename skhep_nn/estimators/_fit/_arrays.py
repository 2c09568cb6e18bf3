"""Tables as arrays of floats: what may be one, and whether its numbers are finite."""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_array

from skhep_nn import _columns, _floats, _frames, _masks
from skhep_nn.estimators._fit._block_inputs import is_mapped_table
from skhep_nn.estimators._fit._targets import float_type
from skhep_nn.training._mapped import MappedRows


def as_table(X, owner, *, allow_nd):
    """`X`, or an array of floats made from it if it has no columns or blocks of its own.

    Parameters
    ----------
    X : DataFrame, array-like or EventBlocks
    owner : str
    allow_nd : bool
        Whether arrays may have more than two axes.
    """
    X = _unmasked(_columns.table(X), owner)
    if _columns.is_frame(X) or _columns.is_blocks(X) or is_mapped_table(X, allow_nd=allow_nd):
        return X
    return as_floats(X, owner, allow_nd=allow_nd)


def as_numbers(X):
    """`X`, unless it is a frame or sparse, as an array whose objects are numbers.

    Raises
    ------
    TypeError, ValueError
        If they are none.
    """
    X = _masks.unmasked(X, "X")
    if getattr(getattr(X, "dtype", None), "kind", "f") in "Mm":
        _floats.check_type(X.dtype, "X")
    if issparse(X) or _columns.is_frame(X):
        return X
    return _floats.plain_objects(_floats.as_array(X, "X"), "X")


def any_table(X, owner):
    """`X` if it is a frame or blocks, else an array of any type, for estimators that hand it on.

    Raises
    ------
    TypeError, ValueError
        If it is neither, values are masked or rows are of different lengths.
    """
    X = _columns.table(X)
    if _columns.is_frame(X) or _columns.is_blocks(X):
        return X
    X = _masks.unmasked(X, "X")
    # says of ragged rows that they are none
    _columns.n_columns(X)
    return check_array(
        X, dtype=None, ensure_all_finite=False, allow_nd=True, estimator=owner, input_name="X"
    )


def as_floats(X, owner, *, allow_nd):
    """`X` as an array of floats, with two axes unless `allow_nd`."""
    X = as_numbers(X)
    # a number beyond float32 becomes infinite here, and an error that names its column later
    with np.errstate(over="ignore"):
        return check_array(
            X,
            dtype=float_type(),
            allow_nd=allow_nd,
            ensure_all_finite=False,
            estimator=owner,
            input_name="X",
        )


def numbers(frame):
    """`frame` in NumPy's types, unless a column cannot be a feature: it is named with a cure."""
    for name, dtype in frame.dtypes.items():
        if getattr(dtype, "kind", "O") in "biuf":
            continue
        try:
            if getattr(dtype, "kind", "O") == "V":
                _floats.check_type(dtype, name, TypeError)
            _frames.as_floats(frame[name])
        except (TypeError, ValueError):
            value = _frames.first_odd(frame[name])
            msg = (
                f"column {name!r} is not numeric (dtype {dtype}, first value {value!r:.60}); "
                f"{_cure(value)}, or name it in exclude=[{name!r}]"
            )
            raise ValueError(msg) from None
    return _frames.with_numpy_numbers(frame)


def _cure(value):
    if not isinstance(value, (list, tuple, np.ndarray)):
        return "encode it"
    return "pad its lists to an array by SequencePadder in a BlockTransformer, before the network"


def check_finite(array, names, owner):
    """Raise if `array` has NaN or infinity, naming the columns (of the last axis).

    Raises
    ------
    ValueError
    """
    if array.dtype.kind != "f":
        return
    pieces = array.chunks() if isinstance(array, MappedRows) else [(0, array)]
    for first, piece in pieces:
        # the sum of finite numbers may overflow; it is not finite for certain if one of them is not
        with np.errstate(over="ignore", invalid="ignore"):
            suspicious = not np.isfinite(np.sum(piece))
        if suspicious:
            _check_each(piece if piece.ndim > 1 else piece[:, None], first, names, owner)


def _check_each(array, first, names, owner):
    """Raise if a number is not finite; `first` is the number of the first event."""
    bad = ~np.isfinite(array)
    per_column = bad.reshape(-1, array.shape[-1]).sum(axis=0)
    column = int(np.argmax(per_column > 0))
    if not per_column[column]:
        return
    event = int(np.argwhere(bad[..., column])[0][0])
    value = array[..., column][bad[..., column]][0]
    kind = "NaN" if np.isnan(value) else "infinity or a value too large for float32"
    others = int((per_column > 0).sum()) - 1
    more = f", and {others} more columns" if others else ""
    n_events = int(bad[..., column].reshape(len(array), -1).any(axis=1).sum())
    among = f"{n_events} of {len(array)} events" + (f" from {first} on" if first else "")
    msg = (
        f"Input X contains {kind}: {names[column]} is {value} in event {first + event} "
        f"({among}{more}); {owner} needs finite features, "
        "see MinMaxScaler(missing_value=...) or an imputer"
    )
    raise ValueError(msg)


def _unmasked(X, owner):
    if isinstance(X, np.ma.MaskedArray) and X.ndim > 2 and np.ma.getmaskarray(X).any():
        msg = (
            f"X is a masked array, whose mask {owner} would lose; pass "
            "EventBlocks({'track': X}), or make the blocks with BlockTransformer"
        )
        raise ValueError(msg)
    return _masks.unmasked(X, "X")
