"""From what the user passes as X to the arrays that a network reads, with the columns checked."""

from __future__ import annotations

import re
import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_array

from skhep_nn import _columns, _floats, _frames, _masks, _validation
from skhep_nn.estimators._fit._block_inputs import (
    check_as_in_fit,
    check_lengths,
    check_tokens,
    is_mapped_table,
    labels,
    of_array,
    of_blocks,
)
from skhep_nn.estimators._fit._targets import float_type
from skhep_nn.training._mapped import MappedRows

# Names of columns that hold event weights rather than features.
WEIGHT_LIKE = re.compile(r"(^|_)weights?$", re.IGNORECASE)


def read_inputs(estimator, X, *, reset):
    """The features of `X` for the network of `estimator`, as float arrays.

    Parameters
    ----------
    estimator : BaseClassifier
        Its ``weight_column`` and ``exclude`` name columns that are no features and that `X` may
        lack unless `reset`.
    X : DataFrame, array-like or EventBlocks
    reset : bool
        True in fit: the columns are learnt. False: they must be those of fit.

    Returns
    -------
    ndarray or dict of str to ndarray

    Raises
    ------
    ColumnError
        If a column is missing, unknown or in another place than in fit.
    ValueError
        If a feature is not a finite number.
    """
    X = as_table(estimator, X)
    at = _learn(estimator, X) if reset else estimator.columns_.present(X, _name(estimator))
    if not reset:
        _warn_of_names(estimator, X)
    if reset:
        vars(estimator).pop("block_kinds_", None)
    else:
        _check_entries(estimator, X)
    x = _features(estimator, X, at, reset=reset)
    if reset:
        estimator.X_shape_, estimator.X_dtype_ = _shape_and_dtype(x)
    return x


def as_table(estimator, X):
    """`X`, or an array of floats made from it if it has no columns or blocks of its own."""
    X = _unmasked(estimator, _columns.table(X))
    if _columns.is_frame(X) or _columns.is_blocks(X) or is_mapped_table(estimator, X):
        return X
    return _check_array(estimator, X)


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
    among = f"{per_column[column]} of {len(array)} events" + (f" from {first} on" if first else "")
    msg = (
        f"Input X contains {kind}: {names[column]} is {value} in event {first + event} "
        f"({among}{more}); {owner} needs finite features, "
        "see MinMaxScaler(missing_value=...) or an imputer"
    )
    raise ValueError(msg)


def _features(estimator, X, at, *, reset):
    """Arrays of the columns of `X` that are features; `at` is where its columns were in fit."""
    required = set(estimator.columns_.required)
    features = [n for n, fitted in enumerate(at) if fitted in required]
    if not features:
        msg = f"X has 0 feature(s) (shape={np.shape(X)}) while a minimum of 1 is required."
        raise ValueError(msg)
    if _columns.is_blocks(X):
        return _blocks(estimator, _columns.select(X, features), reset=reset)
    if is_mapped_table(estimator, X):
        chosen = of_array(X, features)
    else:
        chosen = X if len(features) == len(at) else _columns.select(X, features)
    if _columns.is_frame(X):
        chosen = _check_array(estimator, _numbers(chosen))
    names = [estimator.columns_.label(at[n]) for n in features]
    check_finite(chosen, names, _name(estimator))
    return chosen


def _shape_and_dtype(x):
    if isinstance(x, dict):
        shapes = {name: array.shape for name, array in x.items()}
        return shapes, {name: array.dtype for name, array in x.items()}
    return x.shape, x.dtype


def _learn(estimator, X):
    _validation.check_feature_names(estimator, X, reset=True)
    optional = [column for _, columns in _no_features(estimator) for column in columns]
    _check_named(estimator, X)
    estimator.columns_ = _columns.FittedColumns.of(X, dict.fromkeys(optional))
    estimator.n_features_in_ = estimator.columns_.n_columns
    _warn_of_weights(estimator)
    return list(range(estimator.columns_.n_columns))


def _warn_of_weights(estimator):
    """Warn of a feature that is called like a weight: it may give the labels away."""
    if estimator.weight_column is not None or estimator.columns_.names is None:
        return
    features = [str(estimator.columns_.names[at]) for at in estimator.columns_.required]
    for name in features:
        if WEIGHT_LIKE.search(name):
            warnings.warn(
                f"column {name!r} is used as a feature; if it holds event weights, say so by "
                f"weight_column={name!r}, if it is not for training by exclude=[{name!r}]",
                UserWarning,
                stacklevel=2,
            )


def _check_named(estimator, X):
    for role, columns in _no_features(estimator):
        for column in columns:
            _columns.position(X, column, role)


def _no_features(estimator):
    """Pairs of the parameter that names columns which are no features, and these columns."""
    named = {"weight_column": estimator.weight_column, "exclude": estimator.exclude}
    named |= estimator._further_columns()
    return [(role, _columns.as_list(columns)) for role, columns in named.items()]


def _warn_of_names(estimator, X):
    fitted, given = estimator.columns_.names, _columns.names(X)
    if (fitted is None) != (given is None):
        _validation.check_feature_names(estimator, X, reset=False)


def _numbers(frame):
    """`frame` in NumPy's types, unless a column cannot be a feature: it is named with a cure."""
    for name, dtype in frame.dtypes.items():
        if getattr(dtype, "kind", "O") in "biuf":
            continue
        try:
            if getattr(dtype, "kind", "O") == "V":
                _floats.check_type(dtype, name, TypeError)
            _frames.as_floats(frame[name])
        except (TypeError, ValueError):
            value = frame[name].iloc[0] if len(frame) else None
            msg = (
                f"column {name!r} is not numeric (dtype {dtype}, first value {value!r}); "
                f"encode it, or name it in exclude=[{name!r}]"
            )
            raise ValueError(msg) from None
    return _frames.with_numpy_numbers(frame)


def _check_entries(estimator, X):
    """Raise if X is a table instead of blocks, or its sequences have another length than in fit."""
    fitted = estimator.X_shape_
    if isinstance(fitted, dict) and not _columns.is_blocks(X):
        msg = (
            f"X must be EventBlocks with the blocks {list(fitted)} of the fit of "
            f"{_name(estimator)}, got {type(X).__name__} of shape {X.shape}"
        )
        raise TypeError(msg)
    if isinstance(fitted, dict) or _columns.is_frame(X) or _columns.is_blocks(X):
        return
    if len(X.shape) != len(fitted) or X.shape[1:-1] != tuple(fitted[1:-1]):
        cure = "; pad sequences to the length that they had there" if len(fitted) > 2 else ""
        msg = (
            f"X has shape {X.shape}, in the fit of {_name(estimator)} it had {tuple(fitted)}{cure}"
        )
        raise ValueError(msg)


def _unmasked(estimator, X):
    if isinstance(X, np.ma.MaskedArray) and X.ndim > 2 and np.ma.getmaskarray(X).any():
        msg = (
            f"X is a masked array, whose mask {_name(estimator)} would lose; pass "
            "EventBlocks({'track': X}), or make the blocks with BlockTransformer"
        )
        raise ValueError(msg)
    return _masks.unmasked(X, "X")


def as_numbers(X):
    """`X`, unless it is a frame or sparse, as an array whose objects are numbers.

    Raises
    ------
    TypeError, ValueError
        If they are none.
    """
    if getattr(getattr(X, "dtype", None), "kind", "f") in "Mm":
        _floats.check_type(X.dtype, "X")
    if issparse(X) or _columns.is_frame(X):
        return X
    return _floats.plain_objects(_floats.as_array(X, "X"), "X")


def _check_array(estimator, X):
    X = as_numbers(X)
    # a number beyond float32 becomes infinite here, and an error that names its column later
    with np.errstate(over="ignore"):
        return check_array(
            X,
            dtype=float_type(),
            allow_nd=estimator._allow_nd,
            ensure_all_finite=False,
            estimator=estimator,
            input_name="X",
        )


def _blocks(estimator, blocks, *, reset):
    owner = _name(estimator)
    if reset:
        estimator.block_kinds_ = dict(blocks.kinds)
        estimator.block_shapes_ = {name: blocks.event_shape(name) for name in blocks.kinds}
    elif not hasattr(estimator, "block_shapes_"):
        msg = f"X holds the blocks {blocks.keys()}, and {owner} was fitted on a table"
        raise ValueError(msg)
    else:
        check_as_in_fit(estimator, blocks, owner)
    x = of_blocks(blocks, owner, only_table=not estimator._allow_nd)
    called = labels(x, blocks.keys())
    for name, array in x.items() if isinstance(x, dict) else [(None, x)]:
        check_finite(array, called if name is None else called[name], owner)
    check_tokens(blocks.kinds, x)
    check_lengths(blocks)
    return x


def _name(estimator):
    return type(estimator).__name__
