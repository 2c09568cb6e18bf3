"""The columns of X that hold the mass hypothesis, and the values there."""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns, _frames
from skhep_nn.estimators._fit._targets import float_type
from skhep_nn.exceptions import ColumnError

# How a user of an ordinary scorer gets out of the missing mass of background.
WAYS_OUT = (
    "a prediction needs a hypothesis for every event: use at(...) for one value, "
    "predict_proba_scan for several, or the scorer make_parametric_auc_scorer, which reads "
    "background at the mass of each signal"
)

# What training is told instead.
FINITE_SIGNAL = "every signal event needs its mass; background events need none"
NEEDED = "training and validation need it, with NaN for background"


def positions_of(X, parameter):
    """Position in `X` of each column that `parameter` names.

    Raises
    ------
    ColumnError
        If there is none, an unknown one, one twice, or no feature besides.
    """
    columns = _columns.as_list(parameter)
    check_features(X, columns)
    if not columns:
        msg = f"parameter={parameter!r} names no column of X"
        raise ColumnError(msg)
    found = [_columns.position(X, column, "parameter") for column in columns]
    for number, at in enumerate(found):
        if at in found[:number]:
            name = at if _columns.names(X) is None else _columns.names(X)[at]
            msg = f"parameter={parameter!r} names column {name!r} twice"
            raise ColumnError(msg)
    return found


def values_of(learnt, X, owner, hint=WAYS_OUT):
    """Values of the parameter of each event; NaN where there are none.

    Parameters
    ----------
    learnt : Learnt, or classifier that has learnt its columns
    X : DataFrame, array or blocks
    owner : str
    hint : str
        What to do about a missing column.

    Returns
    -------
    ndarray of shape (n_events, n_parameters)

    Raises
    ------
    ColumnError
        If a column is missing or does not hold numbers.
    """
    at = learnt.columns_.present(X, owner)
    missing = [column for column in learnt._parameter_columns if column not in at]
    if missing:
        raise ColumnError(_missing(learnt.columns_, missing[0], len(at), owner, hint))
    found = [numbers_at(X, at.index(column)) for column in learnt._parameter_columns]
    return as_read(np.concatenate([_as_rows(values) for values in found], axis=1))


def as_read(values):
    """`values` in the precision of the network; what is beyond that is infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(float_type())


def check_features(X, columns):
    """Raise if `X` has the parameter's columns and nothing else.

    Raises
    ------
    ColumnError
    """
    n_columns = _columns.n_columns(X)
    if n_columns <= len(columns):
        msg = (
            f"X has {n_columns} feature(s) (shape={np.shape(X)}), and the parameter {columns} is "
            "none; a minimum of 1 is required besides"
        )
        raise ColumnError(msg)


def names_of(X, positions):
    """What each parameter is called: its column, or its block and place there."""
    names, found = _columns.names(X), []
    for at in positions:
        name = at if names is None else names[at]
        width = _as_rows(numbers_at(X, at)).shape[1]
        found += [name] if width == 1 else [f"{name}[{number}]" for number in range(width)]
    return found


def processes_of(settings, learnt, X):
    """Name of the process of each event, empty where it has none.

    Raises
    ------
    ValueError
        If no column is named for it.
    """
    if settings.process_column is None:
        msg = 'batch_sampler="process" needs process_column, the column with the processes'
        raise ValueError(msg)
    import pandas as pd

    column, owner = settings.process_column, settings.owner
    values = learnt.columns_.take(X, column, "process_column", owner)
    return np.where(pd.isna(values), "", values.astype(str))


def numbers_at(X, at):
    """Numbers of the column (or block) at position `at`.

    Raises
    ------
    ColumnError
        If they are no numbers.
    """
    if _columns.is_frame(X):
        try:
            return _frames.as_floats(X.iloc[:, at])
        except (TypeError, ValueError):
            name = X.columns[at]
    else:
        name = at if _columns.names(X) is None else _columns.names(X)[at]
        values = np.asarray(X[name]) if _columns.is_blocks(X) else np.asarray(X)[..., at]
        if values.dtype.kind in "biuf":
            return values
    msg = f"column {name!r} of the parameter must hold numbers (NaN where an event has none)"
    raise ColumnError(msg)


def check_hypotheses(values, names, which, hint):
    """Raise if a value is no finite number.

    Parameters
    ----------
    values : ndarray of shape (n_events, n_parameters)
    names : list
        Of the parameters.
    which : str
        Of what the events are, e.g. ``"signal events"``.
    hint : str
        What to do about it.

    Raises
    ------
    ValueError
        Naming the column.
    """
    bad = ~np.isfinite(values)
    if not bad.any():
        return
    column = int(np.argmax(bad.any(axis=0)))
    event = int(np.flatnonzero(bad[:, column])[0])
    kind = "NaN" if np.isnan(values[event, column]) else "infinity"
    msg = (
        f"Input X contains {kind}: column {names[column]!r} has no finite value in "
        f"{int(bad[:, column].sum())} of {len(values)} {which}, the first is event {event} "
        f"({values[event, column]}); {hint}"
    )
    raise ValueError(msg)


def outside(values, low, high):
    """Number of events outside the range in each parameter."""
    low, high = as_read(low), as_read(high)
    return ((values < low) | (values > high)).sum(axis=0)


def _missing(columns, column, n_given, owner, hint):
    if columns.names is not None:
        return f"X has no column {columns.names[column]!r}; {hint}"
    # scikit-learn's checks ask for this wording
    return (
        f"X has {n_given} features, but {owner} is expecting {columns.n_columns} features "
        f"as input: it lacks those of the parameter; {hint}"
    )


def _as_rows(values):
    return values.reshape(len(values), int(np.prod(values.shape[1:])))
