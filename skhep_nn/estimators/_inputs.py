"""From what the user passes as X to the arrays that a network reads, with the columns checked."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_array

from skhep_nn import _columns, _validation
from skhep_nn.estimators._targets import float_type


def read_inputs(estimator, X, *, reset):
    """The features of `X` for the network of `estimator`, as float arrays.

    Parameters
    ----------
    estimator : KerasClassifier
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
    if not _columns.is_frame(X) and not _columns.is_blocks(X):
        X = _check_array(estimator, X)
    at = _learn(estimator, X) if reset else estimator.columns_.present(X, _name(estimator))
    if not reset:
        _warn_of_names(estimator, X)
    features = [n for n, fitted in enumerate(at) if fitted in estimator.columns_.required]
    if not features:
        msg = f"X has 0 feature(s) (shape={np.shape(X)}) while a minimum of 1 is required."
        raise ValueError(msg)
    if _columns.is_blocks(X):
        return _blocks(estimator, _columns.select(X, features))
    chosen = X if len(features) == len(at) else _columns.select(X, features)
    if _columns.is_frame(X):
        chosen = _check_array(estimator, _numbers(estimator, chosen))
    names = [estimator.columns_.label(at[n]) for n in features]
    check_finite(chosen, names, _name(estimator))
    return chosen


def check_finite(array, names, owner):
    """Raise if `array` has NaN or infinity, naming the columns (of the last axis).

    Raises
    ------
    ValueError
    """
    total = np.sum(array, dtype=np.float64) if array.dtype.kind == "f" else 0.0
    if np.isfinite(total):
        return
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
    msg = (
        f"Input X contains {kind}: {names[column]} is {value} in event {event} "
        f"({per_column[column]} of {len(array)} events{more}); {owner} needs finite features, "
        "see MinMaxScaler(missing_value=...) or an imputer"
    )
    raise ValueError(msg)


def _learn(estimator, X):
    _validation.check_feature_names(estimator, X, reset=True)
    optional = [*_columns.as_list(estimator.weight_column), *_columns.as_list(estimator.exclude)]
    _check_named(estimator, X)
    estimator.columns_ = _columns.FittedColumns.of(X, dict.fromkeys(optional))
    estimator.n_features_in_ = estimator.columns_.n_columns
    return list(range(estimator.columns_.n_columns))


def _check_named(estimator, X):
    for role in ("weight_column", "exclude"):
        for column in _columns.as_list(getattr(estimator, role)):
            _columns.position(X, column, role)


def _warn_of_names(estimator, X):
    fitted, given = estimator.columns_.names, _columns.names(X)
    if (fitted is None) != (given is None):
        _validation.check_feature_names(estimator, X, reset=False)


def _numbers(estimator, frame):
    """`frame`, unless a column cannot be a feature: text is named with what to do about it."""
    for name, dtype in frame.dtypes.items():
        if getattr(dtype, "kind", "O") in "biuf":
            continue
        try:
            frame[name].astype("float64")
        except (TypeError, ValueError):
            value = frame[name].iloc[0] if len(frame) else None
            msg = (
                f"column {name!r} is not numeric (dtype {dtype}, first value {value!r}); "
                f"encode it, or name it in exclude=[{name!r}]"
            )
            raise ValueError(msg) from None
    return frame


def _check_array(estimator, X):
    return check_array(
        X,
        dtype=float_type(),
        allow_nd=estimator._allow_nd,
        ensure_all_finite=False,
        estimator=estimator,
        input_name="X",
    )


def _blocks(estimator, blocks):
    arrays = {name: np.asarray(blocks[name]) for name in blocks.keys()}  # noqa: SIM118
    for name, array in arrays.items():
        if array.dtype.kind == "f":
            labels = [f"block {name!r}, feature {n}" for n in range(array.shape[-1])]
            check_finite(array, labels, _name(estimator))
    return arrays


def _name(estimator):
    return type(estimator).__name__
